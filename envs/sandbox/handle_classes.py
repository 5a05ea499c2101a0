"""Classes of the judge's process that stand for the program's classes.

They have the same names, bases and special methods, so that ``type``, ``isinstance``, ``hasattr`` and ``is``
answer as they would in one process.
"""

import dataclasses
import dis
import types
from collections.abc import Callable, Sequence
from typing import Any

from onelayer.envs.sandbox.handles import TESTS_FILE, Ask, Handle, HandleType, ask_of, is_made
from onelayer.envs.sandbox.questions import is_asked_about

GENUINE: dict[str, type] = {
    "generator": types.GeneratorType,
    "coroutine": types.CoroutineType,
    "async_generator": types.AsyncGeneratorType,
    "function": types.FunctionType,
    "method": types.MethodType,
}
"""name of a class in the program's process -> the type that ``isinstance`` takes its handles for"""


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
        number: the number of the class in the program's process.
        name: the name of the class.
        bases: those of its bases that the program defines.
        special: names of its special methods.
        doc: its docstring, if it has one.
        fields: names of its fields, if it is a dataclass.

    Raises:
        TypeError: Python can't make a class of these bases.
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
    found: Any = dataclasses.field()
    found.name, found.type = name, Any
    found._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
    return found


def _call(self: Any, *arguments: Any, **keywords: Any) -> Any:
    attribute = self._Handle__attribute
    result = ask_of(
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
        return bool(ask_of(self, "contains", self, item))
    if not hasattr(type(self), "__next__"):
        raise TypeError(f"a {type(self).__name__} object of the program is no container of data")
    return any(own is item or own == item for own in self)


def _iter(self: Any) -> Any:
    items = ask_of(self, "iter", self, made=is_made(self))
    return _counted(self, items) if _claims_a_length(self) else items


def _getitem(self: Any, key: Any) -> Any:
    try:
        return ask_of(self, "getitem", self, key, made=is_made(self))
    except IndexError:  # would end a loop, where there is no __iter__
        if isinstance(key, int) and _claims_a_length(self) and 0 <= key < len(self):
            raise TypeError(f"an object of length {len(self)} gives no item {key}") from None
        raise


def _claims_a_length(handle: Any) -> bool:
    """Return whether a function returned the object and it has a length, which its items must match."""
    return not is_made(handle) and any("__len__" in vars(base) for base in type(handle).__mro__)


def _counted(handle: Any, items: Any) -> Any:
    """Pass items on; raise if there are fewer than the length, since that ends the tests' loop early."""
    count = 0
    for item in items:
        count += 1
        yield item
    if count < len(handle):
        raise TypeError(
            f"an object of the program has length {len(handle)} and gives {count} items"
        )


# Raised instead of returning NotImplemented, which is true for a test that calls the method itself.
_MIXED = "an object of the program, of type {}, knows no {!r} with data of the tests, of type {}"


def _binary(name: str, reflected: bool = False) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        # Plain data may be what the tests expect, so it is sent only to objects that the tests made.
        if not isinstance(other, Handle) and not is_made(self):
            raise TypeError(_MIXED.format(type(self).__name__, name, type(other).__name__))
        operands = (other, self) if reflected else (self, other)
        return ask_of(self, "operator", name, *operands, made=is_made(self))

    return method


def _ordered(name: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        if not isinstance(other, Handle):
            raise TypeError(_MIXED.format(type(self).__name__, name, type(other).__name__))
        return ask_of(self, "operator", name, self, other)

    return method


def _unary(name: str) -> Callable[[Handle], Any]:
    return lambda self: ask_of(self, "operator", name, self, made=is_made(self))


def _delegated(operation: str, kind: Any = None) -> Callable[..., Any]:
    """Return a method that asks for an operation and requires an answer of a type."""

    def method(self: Handle, *arguments: Any) -> Any:
        answer = ask_of(self, operation, self, *arguments, made=is_made(self))
        return answer if kind is None else kind(answer)

    return method


def _await(self: Handle) -> Any:
    return ask_of(self, "await", self)
    yield  # makes this a generator, as the protocol requires


async def _anext(self: Handle) -> Any:
    return ask_of(self, "anext", self, made=is_made(self))


def _send(self: Handle, value: Any) -> Any:
    raise StopIteration(ask_of(self, "await", self))


def _throw(self: Handle, error: Any, *_: Any) -> Any:
    raise error


def _exit(self: Handle, kind: Any, error: Any, trace: Any) -> bool:
    """Tell a context manager how its block ended; it can suppress only what the tests raised on purpose."""
    swallows = bool(ask_of(self, "exit", self, error))
    return swallows and error is not None and _raised_on_purpose(error)


def _raised_on_purpose(error: BaseException) -> bool:
    """Return whether a ``raise`` statement of the tests ended a block, and not a failure of the program."""
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
    "__setitem__": _delegated("setitem"),
    "__delitem__": _delegated("delitem"),
    "__iter__": _iter,
    "__next__": _delegated("next"),
    "__aiter__": _delegated("aiter"),
    "__len__": _delegated("len", int),
    "__int__": _delegated("int", int),
    "__float__": _delegated("float", float),
    "__complex__": _delegated("complex", complex),
    "__round__": _delegated("round"),
    "__reversed__": _delegated("reversed", iter),
    "__enter__": _delegated("enter"),
    "__index__": lambda self: int(ask_of(self, "operator", "index", self)),
    **{f"__{name}__": _unary(name) for name in ("neg", "pos", "abs", "invert")},
    **{f"__{name}__": _ordered(name) for name in ("lt", "le", "gt", "ge")},
}
"""The special methods that a class of the program may have here."""

for _name in _ARITHMETIC:
    _function = _name + "_" if _name in ("and", "or") else _name
    METHODS[f"__{_name}__"] = _binary(_function)
    METHODS[f"__r{_name}__"] = _binary(_function, reflected=True)
