"""Stand-ins, in the judge's process, for objects and classes that stay in the program's process.

What a handle answers is the program's word, so a handle never meets an expected value: it equals no
plain data, ``in`` compares here, item by item, and a method of what a function returned does not judge
what the tests hand to it. Two handles may meet: tests of classes compare, add and order objects that the
program itself made.

A class of the program becomes a class here, with the same name, bases and special methods, so that
``type``, ``isinstance``, ``hasattr`` and ``is`` answer as they would in one process.
"""

import dis
import types
from collections.abc import Callable, Sequence
from typing import Any

from onelayer.envs.sandbox.questions import is_asked_about

TESTS_FILE = "<tests>"
"""what tracebacks call the source of the tests"""

Ask = Callable[..., Any]

READABLE = frozenset(
    f"__{name}__"
    for name in (
        *("name", "qualname", "doc", "module", "dict", "annotations", "wrapped", "init"),
        *("code", "defaults", "kwdefaults", "self", "func", "members"),
    )
)
"""Attributes with two underscores that tests may read. No protocols beside these: numpy would read memory
of this process at an address that a program's ``__array_interface__`` names."""

GENUINE: dict[str, type] = {
    "generator": types.GeneratorType,
    "coroutine": types.CoroutineType,
    "async_generator": types.AsyncGeneratorType,
    "function": types.FunctionType,
    "method": types.MethodType,
}
"""What ``isinstance`` takes a handle for, by the name of its class over there."""


class Handle:
    """An object of the program. What is asked of it is asked over there."""

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


def _ask_of(handle: Handle, operation: str, *arguments: Any, **how: Any) -> Any:
    return handle._Handle__ask(operation, *arguments, **how)


def _is_hidden(name: str) -> bool:
    return name[:2] == "__" == name[-2:] and name not in READABLE


class HandleType(type):
    """A class of the program, as tests see it."""

    def __new__(cls, name: str, bases: Any, namespace: Any) -> Any:
        """Refuse to make a class; ``class_of_program`` makes those that there are."""
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


def class_of_program(
    ask: Ask,
    number: int,
    name: str,
    bases: Sequence[type],
    special: Sequence[str],
    doc: Any,
    fields: Any,
) -> HandleType:
    """Return a class that stands for one of the program's.

    Args:
        ask: asks the program.
        number: the class's over there.
        name: of the class.
        bases: those of its bases that the program defines.
        special: names of its special methods.
        doc: its docstring, if it has one.
        fields: names of its fields, if it is a dataclass.

    Raises:
        TypeError: the bases don't go together.
    """
    namespace = {method: METHODS[method] for method in special if method in METHODS}
    namespace |= {"__slots__": (), "__module__": "program", "_HandleType__ask": staticmethod(ask)}
    namespace |= {"_HandleType__number": number, "_HandleType__named": False}
    if name in GENUINE:
        genuine = GENUINE[name]
        namespace["__class__"] = property(lambda self: genuine)
        if name == "coroutine":
            namespace |= {"send": _send, "throw": _throw, "close": lambda self: None}
        namespace["__doc__"] = Handle.__dict__["__doc__"]
    else:
        namespace["__doc__"] = doc if isinstance(doc, str) else None
    if isinstance(fields, list):
        namespace["__dataclass_fields__"] = {str(name): _field(str(name)) for name in fields}
    return type.__new__(HandleType, name, tuple(bases) or (Handle,), namespace)


def _field(name: str) -> Any:
    import dataclasses

    found: Any = dataclasses.field()
    found.name, found.type = name, Any
    found._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
    return found


def mark_as_named(kind: HandleType) -> None:
    """Note that the tests call this class by a name that is written as one."""
    type.__setattr__(kind, "_HandleType__named", True)


def number_of_class(kind: HandleType) -> int:
    """Return the number by which the program's process knows a class."""
    return kind._HandleType__number  # type: ignore[no-any-return]


def _call(self: Any, *arguments: Any, **keywords: Any) -> Any:
    attribute = self._Handle__attribute
    result = _ask_of(
        self, "call", self, list(arguments), keywords, ends=attribute in ("send", "throw")
    )
    if attribute and not is_made(self) and is_asked_about(attribute, arguments, keywords, result):
        raise TypeError(
            f"the tests ask {attribute} of an object that a function of the program returned, and hand it a "
            "value: what it answers would be no test"
        )
    return result


def _contains(self: Any, item: Any) -> bool:
    if is_made(self):
        return bool(_ask_of(self, "contains", self, item))
    if not hasattr(type(self), "__next__"):
        raise TypeError(f"a {type(self).__name__} object of the program is no container of data")
    return any(own is item or own == item for own in self)


def _iter(self: Any) -> Any:
    items = _ask_of(self, "iter", self, made=is_made(self))
    return _counted(self, items) if _claims_a_length(self) else items


def _getitem(self: Any, key: Any) -> Any:
    try:
        return _ask_of(self, "getitem", self, key, made=is_made(self))
    except IndexError:  # which ends a loop, where there is no __iter__
        if isinstance(key, int) and _claims_a_length(self) and 0 <= key < len(self):
            raise TypeError(f"an object of length {len(self)} gives no item {key}") from None
        raise


def _claims_a_length(handle: Any) -> bool:
    """Return whether an object that a function returned has a length: it must keep to it."""
    return not is_made(handle) and any("__len__" in vars(base) for base in type(handle).__mro__)


def _counted(handle: Any, items: Any) -> Any:
    """Pass items on; an object that says it has more than it gives would end the tests' loop early."""
    count = 0
    for item in items:
        count += 1
        yield item
    if count < len(handle):
        raise TypeError(
            f"an object of the program has length {len(handle)} and gives {count} items"
        )


# Raised and not left to Python by NotImplemented, which is true to a test that calls the method itself.
_MIXED = "an object of the program, of type {}, knows no {!r} with data of the tests, of type {}"


def _binary(name: str, reflected: bool = False) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        # Plain data stays here: it may be what the tests expect. An object that the tests made is no answer.
        if not isinstance(other, Handle) and not is_made(self):
            raise TypeError(_MIXED.format(type(self).__name__, name, type(other).__name__))
        operands = (other, self) if reflected else (self, other)
        return _ask_of(self, "operator", name, *operands, made=is_made(self))

    return method


def _ordered(name: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        if not isinstance(other, Handle):
            raise TypeError(_MIXED.format(type(self).__name__, name, type(other).__name__))
        return _ask_of(self, "operator", name, self, other)

    return method


def _unary(name: str) -> Callable[[Handle], Any]:
    return lambda self: _ask_of(self, "operator", name, self, made=is_made(self))


def _asked(operation: str, kind: Any = None) -> Callable[..., Any]:
    """Return a method that asks for an operation, and has the answer be of a type."""

    def method(self: Handle, *arguments: Any) -> Any:
        answer = _ask_of(self, operation, self, *arguments, made=is_made(self))
        return answer if kind is None else kind(answer)

    return method


def _await(self: Handle) -> Any:
    return _ask_of(self, "await", self)
    yield  # a generator, as the protocol wants


async def _anext(self: Handle) -> Any:
    return _ask_of(self, "anext", self, made=is_made(self))


def _send(self: Handle, value: Any) -> Any:
    raise StopIteration(_ask_of(self, "await", self))


def _throw(self: Handle, error: Any, *_: Any) -> Any:
    raise error


def _exit(self: Handle, kind: Any, error: Any, trace: Any) -> bool:
    """Tell a context manager how its block ended; it swallows what the tests raised on purpose only."""
    swallows = bool(_ask_of(self, "exit", self, error))
    return swallows and error is not None and _raised_on_purpose(error)


def _raised_on_purpose(error: BaseException) -> bool:
    """Return whether a ``raise`` of the tests is what ended a block, and not a failure of the program."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or isinstance(error, AssertionError):
        return False
    code = trace.tb_frame.f_code
    return (
        code.co_filename == TESTS_FILE
        and dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
    )


_ARITHMETIC = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("lshift", "rshift", "and", "or", "xor"),
)

METHODS: dict[str, Any] = {
    "__call__": _call,
    "__contains__": _contains,
    "__await__": _await,
    "__anext__": _anext,
    "__exit__": _exit,
    "__getitem__": _getitem,
    "__setitem__": _asked("setitem"),
    "__delitem__": _asked("delitem"),
    "__iter__": _iter,
    "__next__": _asked("next"),
    "__aiter__": _asked("aiter"),
    "__len__": _asked("len", int),
    "__int__": _asked("int", int),
    "__float__": _asked("float", float),
    "__complex__": _asked("complex", complex),
    "__round__": _asked("round"),
    "__reversed__": _asked("reversed", iter),
    "__enter__": _asked("enter"),
    "__index__": lambda self: int(_ask_of(self, "operator", "index", self)),
    **{f"__{name}__": _unary(name) for name in ("neg", "pos", "abs", "invert")},
    **{f"__{name}__": _ordered(name) for name in ("lt", "le", "gt", "ge")},
}
"""The special methods that a class of the program may have here."""

for _name in _ARITHMETIC:
    _function = _name + "_" if _name in ("and", "or") else _name
    METHODS[f"__{_name}__"] = _binary(_function)
    METHODS[f"__r{_name}__"] = _binary(_function, reflected=True)
