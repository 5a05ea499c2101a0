"""A file to which each episode of an evaluation is appended, so that an interrupted evaluation can go on."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onelayer.agents.episodes import Episode, as_episode, as_record
from onelayer.evals.task_digests import Digests, require_same_data
from onelayer.files import write_atomically

logger = logging.getLogger(__name__)


class Journal:
    """A file of JSON lines: what is played and by whom, then the episodes.

    A damaged file is read up to the damage, with a warning: a crash of the machine may tear the last lines.

    Args:
        path: the file, which may exist already.
        played: what identifies the tasks.
        settings: what identifies how they are played.
        data: the digests of the tasks.

    Raises:
        ValueError: the file is a journal of something else, or its first line cannot be read.
    """

    def __init__(
        self,
        path: Path | str,
        played: Mapping[str, Any],
        settings: Mapping[str, Any],
        data: Digests | None = None,
    ):
        self.path = Path(path)
        head = {"suite": dict(played), "settings": dict(settings), "data": data or {}}
        self._head = json.loads(
            json.dumps(head)
        )  # in the form in which it is read: JSON has no tuples
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        self._episodes: list[Episode] = []
        if lines:
            head = _parsed(lines[0])
            if not is_head(head):
                raise ValueError(
                    f"{self.path} is no journal of an evaluation, or its first line is damaged; move it away "
                    "(`onelayer eval`: --fresh), and its tasks are played again"
                )
            require_same(self._head, head, str(self.path))
            require_same_data(self._head["data"], head.get("data", {}), str(self.path))
            self._episodes = list(self._readable(lines[1:]))

    def episodes(self) -> list[Episode]:
        """Return the episodes that were in the file."""
        return self._episodes

    def begin(self, episodes: Iterable[Episode]) -> None:
        """Start the file afresh with these episodes."""
        lines = [self._head, *map(as_record, episodes)]
        write_atomically(self.path, "".join(json.dumps(line) + "\n" for line in lines))

    def add(self, episode: Episode) -> None:
        """Append one episode."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(as_record(episode)) + "\n")

    def _readable(self, lines: list[bytes]) -> Iterator[Episode]:
        for number, line in enumerate(lines):
            try:
                yield as_episode(_parsed(line))
            except ValueError as error:
                rest = len(lines) - number
                if rest > 1 or line.strip(b"\0 \t"):
                    logger.warning(
                        "%s is damaged at line %d (%s); it and %d lines after it are played again",
                        *(self.path, number + 2, error, rest - 1),
                    )
                return


def is_head(value: Any) -> bool:
    """Return whether a JSON value is the first line of a journal."""
    return isinstance(value, Mapping) and all(
        isinstance(value.get(name), Mapping) for name in ("suite", "settings")
    )


def is_journal(path: Path) -> bool:
    """Return whether a file is a journal, by its first line; a run's own ``.jsonl`` files are not."""
    with open(path, "rb") as file:
        first = file.readline()
    return not first.strip() or is_head(_parsed(first))


def require_same(wanted: Mapping[str, Any], found: Mapping[str, Any], where: str) -> None:
    """Raise a ValueError that names the first setting in which two evaluations differ.

    Args:
        wanted: ``{"suite": {...}, "settings": {...}}`` of the new evaluation.
        found: the same of the existing one.
        where: the place of the existing one, for the message.
    """
    for part in ("suite", "settings"):
        new, old = wanted.get(part, {}), found.get(part, {})
        for name in {**old, **new}:
            if new.get(name) != old.get(name):
                raise ValueError(
                    f"{where} holds an evaluation with {name} {old.get(name)!r}, not "
                    f"{new.get(name)!r}; name another --out, or move it away (`onelayer eval`: --fresh)"
                )


def _parsed(line: bytes) -> Any:
    """Return the value of a line; None where it is damaged."""
    try:
        return json.loads(line.decode("utf-8"))
    except ValueError:
        return None
