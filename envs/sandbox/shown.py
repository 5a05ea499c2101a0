"""Shows values of tests, and what a program sent, as readable text of limited length.

Messages are not decoded for this, so no class, array or number of the program's choice is ever made in the
trainer.
"""

import json
from collections.abc import Callable
from typing import Any

LENGTH = 300
DEEPEST = 40


def readable(text: str, length: int | None = None) -> str:
    """Return text that any tokenizer and file accepts: lone surrogates, for example, become escapes."""
    if length is not None and len(text) > length:
        text = text[: max(0, length - 3)] + "..."
    return text.encode("utf-8", "backslashreplace").decode()


def show(message: Any, length: int = LENGTH) -> str:
    """Return what a program sent, in Python's notation where it is a value that has one."""
    try:
        text = _written(message, length, 0)
    except Exception:  # not a message that the codec would write
        text = _as_json(message)
    return readable(text, length)


def shorten(value: Any, length: int = LENGTH) -> str:
    """Return a value of the tests as text of bounded length."""
    if isinstance(value, str | bytes):
        return readable(repr(value[: length * 2]), length)
    try:
        return readable(json.dumps(value), length)
    except (TypeError, ValueError):
        return readable(_represented(value), length)


def _represented(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return hex(value) if isinstance(value, int) else f"a {type(value).__name__}"


def _as_json(message: Any) -> str:
    try:
        return json.dumps(message)
    except Exception:
        return "a value that can't be shown"


def _written(message: Any, room: int, depth: int) -> str:
    """Return the notation of a message; what does not fit into ``room`` characters may be left out."""
    if not isinstance(message, list):
        if isinstance(message, dict):
            raise ValueError("no value")
        return repr(message[: room + 1]) if isinstance(message, str) else repr(message)
    if depth > DEEPEST:
        return "..."
    tag, items = message[0], message[1:]
    if tag in _BRACKETS:
        opening, closing = _BRACKETS[tag]
        if tag == "tuple" and len(items) == 1:
            closing = ",)"
        if not items and opening == "{":
            return "set()"
        return opening + _listed(items, room, depth) + closing
    if tag in _MAPPINGS:
        text = "{" + _paired(items, room, depth) + "}"
        return text if tag == "dict" else f"{tag}({text})"
    if tag == "namedtuple":
        pairs = zip(items[1], items[2:], strict=True)
        inside = ", ".join(f"{f}={_written(m, room, depth + 1)}" for f, m in pairs)
        return f"{items[0]}({inside})"
    return _WRITERS[tag](items)


def _listed(items: list[Any], room: int, depth: int) -> str:
    parts: list[str] = []
    for item in items:
        if room < 0:
            break
        parts.append(_written(item, room, depth + 1))
        room -= len(parts[-1]) + 2
    return ", ".join(parts)


def _paired(items: list[Any], room: int, depth: int) -> str:
    parts: list[str] = []
    for key, value in zip(items[::2], items[1::2], strict=True):
        if room < 0:
            break
        parts.append(f"{_written(key, room, depth + 1)}: {_written(value, room, depth + 1)}")
        room -= len(parts[-1]) + 2
    return ", ".join(parts)


def _integer(items: list[Any]) -> str:
    digits = str(items[0])
    return str(int(digits, 16)) if len(digits) < 1_000 else digits


_BRACKETS = {
    "list": ("[", "]"),
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "frozenset": ("frozenset({", "})"),
}
_MAPPINGS = ("dict", "OrderedDict", "defaultdict", "Counter")
_WRITERS: dict[str, Callable[[list[Any]], str]] = {
    "int": _integer,
    "complex": lambda v: repr(complex(*v)),
    "bytes": lambda v: repr(bytes.fromhex(v[0][:2_000])),
    "bytearray": lambda v: repr(bytearray.fromhex(v[0][:2_000])),
    "range": lambda v: f"range({', '.join(map(str, v))})",
    "Ellipsis": lambda v: "Ellipsis",
    "NotImplemented": lambda v: "NotImplemented",
}
"""tag -> how it is shown; everything else is shown as JSON"""
