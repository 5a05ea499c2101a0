"""Stand-ins, in the judge's process, for objects that stay in the program's process.

What a handle answers is the program's word, so a handle never meets an expected value: it equals no
plain data, no arithmetic mixes the two, and ``in`` compares here, item by item. Two handles may meet:
tests of classes compare, add and order objects that the program itself made.
"""

from collections.abc import Callable
from typing import Any

Ask = Callable[..., Any]


OPERATORS = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("lshift", "rshift", "and", "or", "xor"),
)


SPECIAL_ATTRIBUTES = frozenset(
    f"__{name}__"
    for name in (
        "name",
        "qualname",
        "doc",
        "module",
        "dict",
        "annotations",
        "wrapped",
        "call",
        "init",
    )
)
"""No protocols beside these: numpy would read memory of this process at an address that a program's
``__array_interface__`` names."""


class Handle:
    """An object of the program. What is asked of it is asked over there."""

    __slots__ = ("_ask", "_name", "_number")

    def __init__(self, ask: Ask, number: int, name: str):
        object.__setattr__(self, "_ask", ask)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__" == name[-2:] and name not in SPECIAL_ATTRIBUTES:
            raise AttributeError(f"{name} of an object of the program is not available to tests")
        return self._ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._ask("delattr", self, name)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._ask("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        self._ask("delitem", self, key)

    def __iter__(self) -> Any:
        return self._ask("iter", self)

    def __next__(self) -> Any:
        return self._ask("next", self)

    def __contains__(self, item: Any) -> bool:
        return any(own is item or own == item for own in self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Handle) and bool(self._ask("operator", "eq", self, other))

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, Handle):
            return True
        return bool(self._ask("operator", "ne", self, other))

    def __hash__(self) -> int:
        return int(self._ask("hash", self))

    def __bool__(self) -> bool:
        return bool(self._ask("bool", self))

    def __len__(self) -> int:
        return int(self._ask("len", self))

    def __str__(self) -> str:
        return str(self._ask("str", self))

    def __repr__(self) -> str:
        return str(self._ask("repr", self))

    def __format__(self, specification: str) -> str:
        return str(self._ask("format", self, specification))

    def __int__(self) -> int:
        return int(self._ask("int", self))

    def __index__(self) -> int:
        return int(self._ask("operator", "index", self))

    def __float__(self) -> float:
        return float(self._ask("float", self))

    def __complex__(self) -> complex:
        return complex(self._ask("complex", self))

    def __round__(self, digits: int | None = None) -> Any:
        return self._ask("round", self, *(() if digits is None else (digits,)))

    def __reversed__(self) -> Any:
        return iter(self._ask("reversed", self))

    def __enter__(self) -> Any:
        return self._ask("enter", self)

    def __exit__(self, *_: object) -> None:
        self._ask("exit", self)

    def __await__(self) -> Any:
        return self._ask("await", self)
        yield  # a generator, as the protocol wants

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Handle) and bool(self._ask("isinstance", instance, self))

    def __subclasscheck__(self, kind: Any) -> bool:
        return isinstance(kind, Handle) and bool(self._ask("issubclass", kind, self))

    def __mro_entries__(self, bases: Any) -> Any:
        raise TypeError(f"tests can't derive a class from {self._name}, which the program defines")


class CallableHandle(Handle):
    """A function, a class or a callable object of the program."""

    __slots__ = ()

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:  # noqa: D102 (as for a magic method)
        return self._ask("call", self, list(arguments), keywords)


def _binary(name: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        if not isinstance(other, Handle):
            return NotImplemented  # plain data stays here: it may be what the tests expect
        return self._ask("operator", name, self, other)

    return method


def _unary(name: str) -> Callable[[Handle], Any]:
    return lambda self: self._ask("operator", name, self)


for _name in ("lt", "le", "gt", "ge"):
    setattr(Handle, f"__{_name}__", _binary(_name))
for _name in OPERATORS:
    _function = _name + "_" if _name in ("and", "or") else _name
    setattr(Handle, f"__{_name}__", _binary(_function))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Handle, f"__{_name}__", _unary(_name))
