"""Asserts that need no judge: ``assert f(literals) == literal`` and the like.

The arguments are sent to the program as data, and its result comes back as data. It is compared here as
Python's ``==`` would compare it, but without decoding: no value of a type or a size that the program chose is
ever made, and none is hashed. What cannot be decided so is left to the judge.
"""

import ast
import functools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from onelayer.envs.sandbox.bench import built_in_exception
from onelayer.envs.sandbox.bound_names import read_names
from onelayer.envs.sandbox.codec import decode_numpy, encode
from onelayer.envs.sandbox.shown import readable, show
from onelayer.envs.sandbox.syntax import parse
from onelayer.envs.sandbox.test_kinds import count_statements


class UndecidedError(ValueError):
    """Only the judge can decide."""


@dataclass(frozen=True, slots=True)
class PlainAssert:
    """One parsed assert."""

    line: str
    function: str
    arguments: Any
    """as the codec writes them"""
    keywords: Any
    relation: str
    """"equal", "is" (one of True, False, None), "true" or "false\""""
    expected: Any
    message: str

    def call(self) -> list[Any]:
        """Return the request to the program's process."""
        return [self.function, self.arguments, self.keywords]

    def outcome(self, reply: Any) -> tuple[str, str]:
        """Return the status and the detail that the judge would report.

        Args:
            reply: what came from the program.

        Raises:
            UndecidedError: only the judge can decide, or the reply is malformed.
        """
        if not isinstance(reply, list) or not reply:
            raise UndecidedError("no reply")
        if reply == ["undefined"]:
            return "error", f"{self.line}\nNameError: name {self.function!r} is not defined"
        if reply[0] == "raised" and len(reply) == 7:
            return self._raised(reply[3], reply[4])
        if reply[0] != "value" or len(reply) != 2:
            raise UndecidedError("no value")
        if self._holds(reply[1]):
            return "passed", ""
        said = [self.line, *([self.message] if self.message else [])]
        return "failed", "\n".join([*said, f"got {_show(reply[1])}"])[:2000]

    def _raised(self, bases: Any, described: Any) -> tuple[str, str]:
        kind = built_in_exception(bases)
        if issubclass(kind, MemoryError):
            return "memory", "out of memory"
        text = readable(described, 500) if isinstance(described, str) else kind.__name__
        if not issubclass(kind, AssertionError):
            return "error", f"{self.line}\n{text}"[:2000]
        words = text.partition(": ")[2]
        return "failed", "\n".join([self.line, *([words] if words else [])])[:2000]

    def _holds(self, message: Any) -> bool:
        try:
            if self.relation == "equal":
                return not _is_opaque(message) and equal(self.expected, message)
            if self.relation == "is":
                return message is self.expected
            return truth(message) is (self.relation == "true")
        except Exception:
            raise UndecidedError("what came describes no value") from None


def read(tests: Mapping[str, Any]) -> Sequence[PlainAssert] | None:
    """Return the asserts of ``tests``; None if any is not plain, or there is a setup."""
    if tests["kind"] != "asserts" or count_statements(tests.get("setup", "")):
        return None
    return _read_all((*tests["asserts"], *tests.get("extra", ())), tests.get("entry_point", ""))


@functools.lru_cache(maxsize=256)
def _read_all(sources: tuple[str, ...], entry_point: str) -> Sequence[PlainAssert] | None:
    try:
        meaning = read_names(sources, entry_point)
        programs = meaning.names - set(meaning.python)
        return tuple(_read(source.strip(), programs) for source in sources)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _read(line: str, programs: Set[str]) -> PlainAssert:
    if len(line.splitlines()) != 1:
        raise ValueError("the judge shows the line that failed")
    (statement,) = parse(line).body
    if not isinstance(statement, ast.Assert):
        raise ValueError("no assert")
    message = "" if statement.msg is None else ast.literal_eval(statement.msg)
    call, relation, expected = _relation(statement.test)
    if not isinstance(message, str) or not isinstance(call, ast.Call):
        raise ValueError("not plain")
    if not isinstance(call.func, ast.Name) or call.func.id not in programs:
        raise ValueError("not a function of the program")
    names = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
    if len(set(names)) < len(call.keywords) or any(name.startswith("__") for name in names):
        raise ValueError("unpacked or repeated arguments")
    arguments = [_argument(node) for node in call.args]
    keywords = {str(keyword.arg): _argument(keyword.value) for keyword in call.keywords}
    return PlainAssert(
        line, call.func.id, encode(arguments), encode(keywords), relation, expected, message
    )


def _relation(test: ast.expr) -> tuple[ast.expr, str, Any]:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        expected = ast.literal_eval(test.comparators[0])
        if isinstance(test.ops[0], ast.Eq) and expected is not ...:
            return test.left, "equal", expected
        if isinstance(test.ops[0], ast.Is) and (expected is None or isinstance(expected, bool)):
            return test.left, "is", expected
        raise ValueError("another comparison")
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand, "false", None
    return test, "true", None


def _argument(node: ast.expr) -> Any:
    # The order of a set is that of the process in which it was made.
    if any(isinstance(each, ast.Set) and len(each.elts) > 1 for each in ast.walk(node)):
        raise ValueError("a set")
    return ast.literal_eval(node)


def _is_opaque(message: Any) -> bool:
    return isinstance(message, list) and message[:1] in (["class"], ["object"], ["exception"])


def _show(message: Any) -> str:
    if _is_opaque(message):
        described = message[-1]
        name = f", {described[1]!r}" if isinstance(described, list) and len(described) > 1 else ""
        return readable(f"an object that is no plain data{name}", 200)
    return show(message)


def equal(expected: Any, message: Any) -> bool:
    """Compare a literal with what a program sent as Python's ``==`` would compare the values.

    The walk follows ``expected``, so its depth is the test author's.

    Raises:
        UndecidedError: the value is of a type with its own notion of equality.
    """
    if not isinstance(message, list):
        if isinstance(message, dict):
            raise UndecidedError("no value")
        return _equal_scalar(expected, message)
    tag, items = _tag_and_items(message)
    if tag in ("int", "complex", "scalar"):
        number = isinstance(expected, int | float | complex)
        if tag == "scalar" and not number and expected is not None:
            raise UndecidedError("numpy compares it item by item")
        return number and bool(_number(message) == expected)
    if tag in ("bytes", "bytearray"):
        return isinstance(expected, bytes) and bytes.fromhex(*items) == expected
    if tag in ("list", "tuple"):
        if type(expected).__name__ != tag:
            return False
        # Compare all items even after a difference, so that an undecided one always goes to the judge.
        return len(items) == len(expected) and all(
            [equal(e, m) for e, m in zip(expected, items, strict=True)]
        )
    if tag == "set":
        return isinstance(expected, set) and _equal_tables(
            dict.fromkeys(expected), items, [None] * len(items)
        )
    return isinstance(expected, dict) and _equal_tables(expected, items[::2], items[1::2])


_TAGS = {
    **{tag: tag for tag in ("int", "complex", "scalar", "bytes", "bytearray", "list", "tuple")},
    **{"namedtuple": "tuple", "set": "set", "frozenset": "set"},
    **{tag: "dict" for tag in ("dict", "OrderedDict", "defaultdict", "Counter")},
}


def _tag_and_items(message: list[Any]) -> tuple[str, list[Any]]:
    tag = _TAGS.get(message[0]) if message and isinstance(message[0], str) else None
    items = message[3:] if message[:1] == ["namedtuple"] else message[1:]
    if tag is None or (tag == "dict" and len(items) % 2):
        raise UndecidedError("not a type that is compared here")
    return tag, items


def _equal_scalar(expected: Any, message: Any) -> bool:
    if message is None or isinstance(message, str):
        return type(expected) is type(message) and bool(expected == message)
    return isinstance(expected, int | float | complex) and bool(message == expected)


def _equal_tables(expected: Mapping[Any, Any], keys: list[Any], values: list[Any]) -> bool:
    """Compare two dictionaries, or two sets; only the trusted one is a hash table."""
    own = {key: key for key in expected}
    found = [_key(key) for key in keys]
    if len(found) != len(expected) or not all(key in own for key in found):
        return False
    if len({own[key] for key in found}) < len(found):
        raise UndecidedError("a key came twice")
    return all([equal(expected[key], value) for key, value in zip(found, values, strict=True)])


def _key(message: Any) -> Any:
    """Return a key that a program sent: of a built-in type, and hashed only to look it up."""
    if not isinstance(message, list):
        if isinstance(message, dict):
            raise UndecidedError("no value")
        return message
    tag, items = _tag_and_items(message)
    if tag in ("int", "complex"):
        return _number(message)
    if message[0] == "bytes":
        return bytes.fromhex(*items)
    if tag == "tuple":
        return tuple(_key(item) for item in items)
    raise UndecidedError("not a key that is looked up here")


def _number(message: list[Any]) -> Any:
    if message[0] == "int":
        return int(message[1], 16)
    if message[0] == "complex":
        return complex(*message[1:])
    tag, dtype, shape, data = message
    if shape != [] or dtype[1:2] not in tuple("biufc"):
        raise UndecidedError("no number")
    return decode_numpy(tag, dtype, shape, data)


def truth(message: Any) -> bool:
    """Return whether the value is true for Python.

    Raises:
        UndecidedError: the value's own ``__bool__`` or ``__len__`` would have to be called.
    """
    if not isinstance(message, list):
        return bool(message)
    tag, items = _tag_and_items(message)
    if tag in ("int", "complex", "scalar"):
        return bool(_number(message))
    return bool(bytes.fromhex(*items)) if tag in ("bytes", "bytearray") else bool(items)
