"""Which random numbers an episode gets: always the same, whichever others run beside it."""

import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

ATTEMPT = "episode_attempt"
"""key of ``info``: which attempt at its task an episode is; ``rollout`` sets it where tasks have ids"""


class EpisodeKeys:
    """Makes the key of each episode's random numbers: the run's seed, the task, the attempt at it.

    The attempts at a task are counted across rollouts. Within a rollout, ``info`` says which attempt an
    episode is, so that the order in which environments answer decides nothing. Where ``info`` does not say
    it, because a world has no task ids or the agent is used without ``rollout``, the episodes of a task are
    numbered as they begin.

    Args:
        seed: the run's seed.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self._begun: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def begin_rollout(self) -> None:
        """Begin a rollout: its attempts are counted on from those made so far."""
        self._before = self._begun.copy()

    def of(self, info: Mapping[str, Any]) -> tuple[int, int, int]:
        """Return the key of an episode that begins with this ``info``."""
        task = str(info.get("task", ""))
        attempt = self._begun[task]
        if ATTEMPT in info:
            attempt = self._before[task] + info[ATTEMPT]
        self._begun[task] += 1
        return self.seed, zlib.crc32(task.encode("utf-8", "replace")), attempt
