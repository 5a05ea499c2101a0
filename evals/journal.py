"""The episodes of an evaluation as they end, one line each, so that an interrupted one can go on."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onelayer.files import write_atomically


class Journal:
    """A file of JSON lines: what is played and by whom, then the episodes.

    Args:
        path: the file, which may be there already.
        played: what decides the tasks.
        settings: what decides how they are played.

    Raises:
        ValueError: the file is a journal of something else.
    """

    def __init__(self, path: Path | str, played: Mapping[str, Any], settings: Mapping[str, Any]):
        self.path = Path(path)
        # As it will be read: tuples are lists in JSON.
        self._head = json.loads(json.dumps({"suite": dict(played), "settings": dict(settings)}))
        lines = list(self._lines())
        if lines:
            require_same(self._head, lines[0], str(self.path))
        self._records = lines[1:]

    def records(self) -> list[Mapping[str, Any]]:
        """Return the episodes that were in the file."""
        return self._records

    def begin(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Start the file afresh with these episodes."""
        lines = [self._head, *records]
        write_atomically(self.path, "".join(json.dumps(line) + "\n" for line in lines))

    def add(self, record: Mapping[str, Any]) -> None:
        """Append one episode."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:  # torn by a crash; nothing follows it
                return


def require_same(wanted: Mapping[str, Any], found: Mapping[str, Any], where: str) -> None:
    """Raise a ValueError that names the first setting in which two evaluations differ.

    Args:
        wanted: ``{"suite": {...}, "settings": {...}}`` of the evaluation to make.
        found: the same of the one that was made.
        where: where that one is.
    """
    for part in ("suite", "settings"):
        new, old = wanted.get(part, {}), found.get(part, {})
        for name in {**old, **new}:
            if new.get(name) != old.get(name):
                raise ValueError(
                    f"{where} holds an evaluation with {name} {old.get(name)!r}, not "
                    f"{new.get(name)!r}; name another --out, or start over with --fresh"
                )
