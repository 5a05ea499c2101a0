"""Logs with one JSON object on each line. They survive a crash, a full disk and damaged lines."""

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onelayer.files import whole_file

Record = dict[str, Any]


def append_records(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Append a line for each record: all of them, or none where the disk is full.

    Raises:
        OSError: they cannot be written.
    """
    left = "".join(json.dumps(record) + "\n" for record in records).encode()
    with open(path, "ab", buffering=0) as file:
        before = os.fstat(file.fileno()).st_size
        try:
            while left:
                left = left[file.write(left) :]
        except OSError:
            file.truncate(before)
            raise


def read_records(path: Path) -> Iterator[Record | None]:
    """Yield the record of each line, None for a line that is damaged; nothing where there is no file."""
    if path.exists():
        with open(path, "rb") as file:
            for line in file:
                yield _record(line)


def keep_records(path: Path, keep: Callable[[Record], bool]) -> int:
    """Drop the lines for whose record ``keep`` returns False, and all damaged ones.

    A record on which ``keep`` raises KeyError or TypeError counts as damaged.

    Returns:
        How many lines were damaged; a last line that a crash left incomplete does not count.
    """
    if not path.exists():
        return 0
    kept, damaged = _judged(path, keep)
    end = sum(itertools.takewhile(lambda size: size > 0, kept))
    if end == sum(size for size in kept if size > 0):  # what is dropped stands last
        with open(path, "rb+") as file:
            file.truncate(end)  # takes no room on a full disk
    else:
        with open(path, "rb") as old, whole_file(path) as new:
            new.writelines(line for line, size in zip(old, kept, strict=True) if size > 0)
    with open(path, "rb+") as file:
        if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) and file.read() != b"\n":
            file.write(b"\n")  # the last line lacked only its end
    return damaged


def _judged(path: Path, keep: Callable[[Record], bool]) -> tuple[list[int], int]:
    """Return the bytes of each line that is kept, 0 for others, and how many are damaged."""
    kept, damaged = [], 0
    with open(path, "rb") as file:
        for line in file:
            record = _record(line)
            try:
                good = record is not None and keep(record)
            except (KeyError, TypeError):
                record, good = None, False
            damaged += record is None and line.endswith(b"\n")
            kept.append(len(line) if good else 0)
    return kept, damaged


def _record(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # no JSON, or no UTF-8
        return None
    return record if isinstance(record, dict) else None
