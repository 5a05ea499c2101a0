"""Stand-ins, in the judge's process, for objects and classes that stay in the program's process.

A handle passes on the program's answers, so an expected value must never be compared in the program's
process. A handle equals no plain data; ``in`` compares here, item by item; and a method of an object that a
function returned may not judge values that the tests pass to it. Two handles may be compared: tests of
classes compare, add and order objects that the program itself made.

A class of the program becomes a class here, see ``handle_classes``.
"""

from collections.abc import Callable
from typing import Any

TESTS_FILE = "<tests>"
"""file name of the tests' source in tracebacks"""

Ask = Callable[..., Any]

READABLE = frozenset(
    f"__{name}__"
    for name in (
        *("name", "qualname", "doc", "module", "dict", "annotations", "wrapped", "init"),
        *("code", "defaults", "kwdefaults", "self", "func", "members"),
    )
)
"""Attributes with two underscores that tests may read. Other protocols are excluded: numpy would read this
process's memory at an address that a program's ``__array_interface__`` names."""


class Handle:
    """An object of the program; its operations are carried out in the program's process."""

    __slots__ = ("__ask", "__attribute", "__made", "__number", "__weakref__")

    def __init__(self, ask: Ask, number: int, made: bool, attribute: str = ""):
        object.__setattr__(self, "_Handle__ask", ask)
        object.__setattr__(self, "_Handle__number", number)
        object.__setattr__(self, "_Handle__made", made)
        object.__setattr__(self, "_Handle__attribute", attribute)

    def __getattr__(self, name: str) -> Any:
        if _is_hidden(name):
            raise AttributeError(f"{name} of an object of the program is not available to tests")
        return self.__ask("getattr", self, name, made=self.__made, attribute=name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self.__ask("delattr", self, name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Handle) and bool(self.__ask("operator", "eq", self, other))

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, Handle):
            return True
        return bool(self.__ask("operator", "ne", self, other))

    def __hash__(self) -> int:
        return int(self.__ask("hash", self))

    def __bool__(self) -> bool:
        return bool(self.__ask("bool", self))

    def __str__(self) -> str:
        return str(self.__ask("str", self))

    def __repr__(self) -> str:
        return str(self.__ask("repr", self))

    def __format__(self, specification: str) -> str:
        return str(self.__ask("format", self, specification))

    def __dir__(self) -> Any:
        return [str(name) for name in self.__ask("dir", self)]

    def __copy__(self) -> Any:
        return self.__ask("copy", self, made=self.__made)

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__ask("deepcopy", self, made=self.__made)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("an object of the program can't be pickled by the tests")


Handle.__doc__ = property(lambda self: self.__getattr__("__doc__"))  # type: ignore[assignment]


def number_of(handle: Handle) -> int:
    """Return the number by which the program's process knows an object."""
    return handle._Handle__number  # type: ignore[no-any-return]


def is_made(handle: Handle) -> bool:
    """Return whether the tests made this object themselves, by calling a class that they name."""
    return handle._Handle__made  # type: ignore[no-any-return]


def ask_of(handle: Handle, operation: str, *arguments: Any, **how: Any) -> Any:
    """Ask for an operation on an object; see ``bench.Bench.ask``."""
    return handle._Handle__ask(operation, *arguments, **how)


def _is_hidden(name: str) -> bool:
    return name[:2] == "__" == name[-2:] and name not in READABLE


class HandleType(type):
    """A class of the program, as tests see it."""

    def __new__(cls, name: str, bases: Any, namespace: Any) -> Any:
        """Refuse to make a class, which only ``class_of_program`` may do."""
        own = next(b.__name__ for b in bases if isinstance(b, HandleType))
        raise TypeError(f"tests can't derive a class from {own}, which the program defines")

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:  # noqa: D102 (as for a magic method)
        return _ask_class(cls, "call", list(arguments), keywords, made=_is_named(cls))

    def __getattr__(cls, name: str) -> Any:
        if _is_hidden(name):
            raise AttributeError(f"{name} of a class of the program is not available to tests")
        return _ask_class(cls, "getattr", name, made=True, attribute=name)

    def __setattr__(cls, name: str, value: Any) -> None:
        _ask_class(cls, "setattr", name, value)

    def __delattr__(cls, name: str) -> None:
        _ask_class(cls, "delattr", name)

    def __iter__(cls) -> Any:
        return _ask_class(cls, "iter", made=True)

    def __len__(cls) -> int:
        return int(_ask_class(cls, "len"))

    def __getitem__(cls, key: Any) -> Any:
        return _ask_class(cls, "getitem", key, made=True)

    def __contains__(cls, item: Any) -> bool:
        return any(own is item or own == item for own in cls)

    def __bool__(cls) -> bool:
        return True

    def __dir__(cls) -> Any:
        return [str(name) for name in _ask_class(cls, "dir")]

    def __repr__(cls) -> str:
        return f"<class {cls.__name__!r} of the program>"


def _ask_class(kind: Any, operation: str, *arguments: Any, **how: Any) -> Any:
    return kind._HandleType__ask(operation, kind, *arguments, **how)


def _is_named(kind: Any) -> bool:
    return kind._HandleType__named  # type: ignore[no-any-return]


def mark_as_named(kind: HandleType) -> None:
    """Note that the tests have a capitalized name for this class: by calling it they make objects."""
    type.__setattr__(kind, "_HandleType__named", True)


def number_of_class(kind: HandleType) -> int:
    """Return the number by which the program's process knows a class."""
    return kind._HandleType__number  # type: ignore[no-any-return]
