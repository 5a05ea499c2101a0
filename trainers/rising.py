"""Warns when something that should stay rare becomes common in the course of a run.

Under reinforcement learning, a policy finds the holes of its reward: answers that only a fallback finds,
judging that runs out of time, episodes that fail before they are lost. ``summary`` logs the share of each.
"""

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean

WINDOW = 10
"""how many iterations at the start of a run are compared with as many at its end"""
RISE = 0.1
"""a mean share that is higher by this much in the last ones is worth a warning"""

_PREFIX = "doubtful/"
_WORDS = {
    "fallback": "of the reward comes from answers that were not given as asked for",
    "timeouts": "of the episodes ran out of time while they were judged",
    "dropped": "of the episodes were dropped because of an error",
}


class Rising:
    """Looks at the metrics of each iteration of a run, in order."""

    def __init__(self) -> None:
        self._shares: dict[str, list[float]] = defaultdict(list)
        self._told: set[str] = set()

    def add(self, metrics: Mapping[str, float]) -> list[str]:
        """Return a sentence for each share that has risen by ``RISE`` now; each is told once a run."""
        sentences = []
        for name, words in _WORDS.items():
            if _PREFIX + name not in metrics:
                continue
            shares = self._shares[name]
            shares.append(metrics[_PREFIX + name])
            if len(shares) < 2 * WINDOW or name in self._told:
                continue
            first, last = fmean(shares[:WINDOW]), fmean(shares[-WINDOW:])
            if last - first >= RISE:
                self._told.add(name)
                sentences.append(
                    f"{last:.0%} {words} in the last {WINDOW} iterations, {first:.0%} in the first "
                    f"{WINDOW}: look at episodes.jsonl, the policy may have found a hole"
                )
        return sentences
