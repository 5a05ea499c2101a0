"""Objects of the tests' own classes that the program made.

Programs may build such objects, for example the nodes of a tree that tests pass in. But the program chose
what is in them: if the class has a lenient ``==`` (a value and a tolerance, say), such an object could equal
any answer. So it never equals plain data, and when two objects of a class are compared, the method of the
tests' object is called.
"""

import copy
import enum
import types
from collections.abc import Callable, Mapping
from typing import Any

from onelayer.envs.sandbox.codec import CodecError
from onelayer.envs.sandbox.handles import Handle

Decode = Callable[[Any], Any]

COMPARING = frozenset(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
CALCULATING = frozenset(
    f"__{prefix}{name}__"
    for prefix in ("", "r", "i")
    for name in (
        *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow"),
        *("lshift", "rshift", "and", "or", "xor"),
    )
)
_NO_ANSWERS = frozenset(
    f"__{name}__"
    for name in ("init", "new", "setattr", "hash", "getattr", "getattribute", "getitem", "get")
)
_SHIFT = 1_000_003


class Borrowed:
    """The classes that the tests' setup defines, and the objects of them that the program sent."""

    def __init__(self, decode: Decode):
        self.classes: dict[str, type] = {}
        self._decode = decode
        self._sent: dict[int, Any] = {}  # id -> object, kept alive so that its id is not used again
        self._doubting = False

    def share(self, namespace: Mapping[str, Any]) -> None:
        """Take over the classes that the tests define, not those that they import."""
        for name, kind in namespace.items():
            if isinstance(kind, type) and kind.__module__ == "__main__" and name == kind.__name__:
                if name not in self.classes:
                    self._guard(kind)
                self.classes[name] = kind

    def instance(self, name: Any, message: Any) -> Any:
        """Return an object of a class of the tests as a program describes it.

        Raises:
            CodecError: there is no such class, or it does not have these attributes.
        """
        kind = self.classes.get(str(name))
        attributes = self._decode(message)
        if kind is None or not isinstance(attributes, dict):
            raise CodecError("no object of a class of the tests")
        if issubclass(kind, enum.Enum):
            return kind[attributes["_name_"]]
        for attribute, value in attributes.items():
            hides = callable(getattr(kind, str(attribute), None))
            if hides or (isinstance(value, Handle) and callable(value)):
                raise CodecError(f"an attribute {attribute!r} that is a function")
        instance: Any = object.__new__(kind)
        vars(instance).update(attributes)
        self._sent[id(instance)] = instance
        return instance

    def exception(self, name: Any) -> type[Exception] | None:
        """Return the exception that the tests define under a name."""
        kind = self.classes.get(str(name))
        if kind is None or not issubclass(kind, Exception):
            return None
        return None if issubclass(kind, StopIteration | StopAsyncIteration) else kind

    def _is_sent(self, value: Any) -> bool:
        return id(value) in self._sent

    def _guard(self, kind: type) -> None:
        for name, function in list(vars(kind).items()):
            if isinstance(function, types.FunctionType):
                if name in COMPARING:
                    setattr(kind, name, self._comparing(name, function))
                elif name in CALCULATING:
                    setattr(kind, name, self._calculating(function))
                elif name not in _NO_ANSWERS:
                    setattr(kind, name, self._answering(name, function))

    def _comparing(self, name: str, function: Any) -> Any:
        def compare(one: Any, other: Any) -> Any:
            if self._is_sent(one) == self._is_sent(other):
                return function(one, other)
            if type(one) is not type(other):
                # The tests' object may judge the program's object, but not the reverse.
                return _refusal(name, other) if self._is_sent(one) else function(one, other)
            if not self._is_sent(one):
                sent, own, ask = other, one, function
            else:
                mirrored = getattr(type(one), _MIRRORED[name])
                if not hasattr(mirrored, "__wrapped__"):
                    return function(one, other)
                sent, own, ask = one, other, mirrored.__wrapped__
            answer = ask(own, sent)
            doubtful = name == "__eq__" and answer and not self._doubting
            return False if doubtful and self._equals_anything(ask, own, sent) else answer

        compare.__wrapped__ = function  # type: ignore[attr-defined]
        return compare

    def _equals_anything(self, equal: Any, own: Any, sent: Any) -> bool:
        """Return whether the program's object also equals a copy of ``own`` with all its values changed."""
        self._doubting = True
        try:
            other = copy.copy(own)
            changed = {name: _changed(value) for name, value in vars(own).items()}
            vars(other).update(changed)
            same = all(changed[name] is value for name, value in vars(own).items())
            return not same and bool(equal(other, sent))
        except Exception:
            return False
        finally:
            self._doubting = False

    def _calculating(self, function: Any) -> Any:
        def calculate(one: Any, other: Any, *more: Any) -> Any:
            if self._is_sent(one) and not self._is_sent(other) and type(one) is not type(other):
                return _refusal("", other)
            return function(one, other, *more)

        return calculate

    def _answering(self, name: str, function: Any) -> Any:
        def answer(one: Any, *arguments: Any, **keywords: Any) -> Any:
            result = function(one, *arguments, **keywords)
            if (arguments or keywords) and isinstance(result, bool) and self._is_sent(one):
                raise TypeError(
                    f"the tests ask {name} of an object that the program made, and hand it a value: what it "
                    "answers would be no test"
                )
            return result

        answer.__name__, answer.__doc__ = name, function.__doc__
        answer.__wrapped__ = function  # type: ignore[attr-defined]
        return answer


def _refusal(name: str, other: Any) -> Any:
    """Return the result of comparing an object of the program with data.

    It is NotImplemented only where the other operand may decide, since a test that calls the method itself
    takes that for true.
    """
    if type(other).__module__ != "builtins":
        return NotImplemented  # the other operand may decide
    if name in ("__eq__", "__ne__"):
        return name == "__ne__"
    raise TypeError(
        f"an object that the program made can't be compared with {type(other).__name__}"
    )


_MIRRORED = {
    "__eq__": "__eq__",
    "__ne__": "__ne__",
    "__lt__": "__gt__",
    "__gt__": "__lt__",
    "__le__": "__ge__",
    "__ge__": "__le__",
}


def _changed(value: Any) -> Any:
    """Return another value of the same type, or the value itself where its type offers none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + _SHIFT
    if isinstance(value, str):
        return value + "\0"
    if isinstance(value, list | tuple):
        return type(value)([*value, object()]) if type(value) in (list, tuple) else value
    if isinstance(value, dict):
        return {**value, object(): 0}
    return object() if value is None else value
