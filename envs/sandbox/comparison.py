"""Compares what a program sent with the expected value, in the trainer, without decoding it.

The message stays JSON, so no value of a type or a size that the program chose is ever made or hashed.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from onelayer.envs.sandbox.codec import decode_numpy, encode

FLOAT_TOLERANCE = 1e-9
"""relative and absolute tolerance for floats, for rounding such as that of 0.1 + 0.2"""


def matches(expected: Any, message: Any, tolerance: float = FLOAT_TOLERANCE) -> bool:
    """Compare a trusted value with what a program sent, without decoding the latter.

    The walk follows ``expected``, so its depth is the test author's. Lists and tuples are alike, as JSON
    knows lists only. Integers compare exactly; where one of two numbers is a float, they may differ by
    ``tolerance``, absolute and relative.
    """
    try:
        return _matches(expected, message, tolerance)
    except Exception:
        return False  # a message that describes no value


def _matches(expected: Any, message: Any, tolerance: float) -> bool:
    if isinstance(message, list) and message and message[0] in ("scalar", "array"):
        # Compare the numbers that it holds.
        message = encode(decode_numpy(*message).tolist())
    elif isinstance(message, list) and message[:1] == ["texts"]:
        message = _nested(message[1], message[2:])
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return _matches_number(expected, message, tolerance)
    if expected is None or isinstance(expected, bool | str):
        if isinstance(expected, bool) and type(message) in (int, float):
            return bool(message == expected)
        return type(message) is type(expected) and bool(message == expected)
    if not isinstance(message, list) or not message:
        return False
    tag, items = message[0], message[1:]
    if isinstance(expected, list | tuple):
        if tag == "namedtuple":
            items = items[2:]
        elif tag not in ("list", "tuple"):
            return False
        return _matches_items(expected, items, tolerance)
    if isinstance(expected, Mapping):
        return _matches_mapping(expected, tag, items, tolerance)
    if isinstance(expected, set | frozenset):
        wanted = sorted(_canonical(encode(v)) for v in expected)
        return tag in ("set", "frozenset") and sorted({_canonical(m) for m in items}) == wanted
    return _canonical(encode(expected)) == _canonical(message)


def _nested(shape: list[int], items: list[Any]) -> list[Any]:
    """Return an array of texts as a list of lists."""
    if not shape or len(items) != math.prod(shape) or len(shape) > 8 or 0 in shape:
        raise ValueError("no array")
    for length in reversed(shape[1:]):
        items = [["list", *items[i : i + length]] for i in range(0, len(items), length)]
    return ["list", *items]


def _matches_items(expected: Sequence[Any], items: list[Any], tolerance: float) -> bool:
    if len(expected) != len(items):
        return False
    return all(_matches(e, m, tolerance) for e, m in zip(expected, items, strict=True))


def _matches_number(expected: float, message: Any, tolerance: float) -> bool:
    if isinstance(message, list) and len(message) == 2 and message[0] == "int":
        try:
            message = int(message[1], 16)
        except (TypeError, ValueError):
            return False
    if type(message) not in (int, float, bool):
        return False
    if message == expected:
        return True
    if not tolerance or isinstance(message, bool):
        return False
    if isinstance(message, int) and isinstance(expected, int):
        return False
    try:
        return math.isclose(message, expected, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:
        return False


def _matches_mapping(
    expected: Mapping[Any, Any], tag: Any, items: list[Any], tolerance: float
) -> bool:
    if tag not in ("dict", "OrderedDict", "defaultdict", "Counter") or len(items) % 2:
        return False
    wanted = {_canonical(encode(key)): value for key, value in expected.items()}
    given = {_canonical(key): value for key, value in zip(items[::2], items[1::2], strict=True)}
    if wanted.keys() != given.keys() or len(given) != len(items) // 2:
        return False
    return all(_matches(wanted[key], given[key], tolerance) for key in wanted)


def _canonical(message: Any) -> str:
    """Return a string that is equal for equal hashable values, so that no value of a program is hashed."""
    if isinstance(message, float) and message.is_integer():
        message = int(message)
    return json.dumps(message)
