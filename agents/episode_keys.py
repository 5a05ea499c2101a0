"""Which random numbers an episode gets: always the same, whichever others run beside it."""

import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

ATTEMPT = "episode_attempt"
"""in ``info``: the number of an episode among those of its task; ``rollout`` puts it there for task ids"""


class EpisodeKeys:
    """Makes the key of each episode's random numbers: the run's seed, the task, the attempt at it.

    Attempts go on counting from one rollout to the next. Within a rollout they have the numbers that it gives
    them, so that the order in which environments answer decides nothing. Where it gives none, because a world
    has no task ids or nothing but the agent runs, the episodes of a task are numbered as they begin.

    Args:
        seed: of all episodes.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self._begun: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def begin_rollout(self) -> None:
        """Count further attempts from here."""
        self._before = self._begun.copy()

    def of(self, info: Mapping[str, Any]) -> tuple[int, int, int]:
        """Return the key of an episode that begins with this ``info``."""
        task = str(info.get("task", ""))
        attempt = self._begun[task]
        if ATTEMPT in info:
            attempt = self._before[task] + info[ATTEMPT]
        self._begun[task] += 1
        return self.seed, zlib.crc32(task.encode("utf-8", "replace")), attempt
