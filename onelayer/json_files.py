"""JSON that any reader takes: no NaN, and long parts on a line of their own."""

import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onelayer.files import write_atomically


@dataclass(frozen=True, slots=True)
class OneLine:
    """A value that ``write_json`` writes on one line, however long, such as an episode."""

    value: Any


def write_json(path: Path | str, value: Any) -> None:
    """Write a value atomically, indented for people."""
    write_atomically(path, json_text(value) + "\n")


def json_text(value: Any, level: int = 0) -> str:
    """Return the text of a value, indented by one blank per level; see ``finite``.

    What JSON has no type for is written as its ``str``.
    """
    if isinstance(value, OneLine):
        return _one_line(value.value)
    if isinstance(value, Mapping) and value:
        rows = (f"{json.dumps(str(k))}: {json_text(v, level + 1)}" for k, v in value.items())
        return _block("{}", rows, level)
    if isinstance(value, list | tuple) and value:
        return _block("[]", (json_text(item, level + 1) for item in value), level)
    return _one_line(value)


def finite(value: Any) -> Any:
    """Return a value with None for every float that JSON has no number for: NaN and the infinities."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def is_number(value: Any) -> bool:
    """Return whether a value that was read is a finite number that a float can hold."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def _one_line(value: Any) -> str:
    return json.dumps(finite(value), allow_nan=False, default=str)


def _block(brackets: str, rows: Iterable[str], level: int) -> str:
    indent = "\n" + " " * (level + 1)
    return f"{brackets[0]}{indent}{f',{indent}'.join(rows)}\n{' ' * level}{brackets[1]}"
