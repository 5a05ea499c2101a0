"""Random numbers of agents that play many episodes at once."""

from collections import Counter
from collections.abc import Sequence
from random import Random


class EpisodeStreams:
    """One stream of random numbers for each running episode.

    A stream is seeded with the seed, the episode's first observation, and how often that came before. So what
    an agent draws does not depend on which other episodes run, or how many.
    """

    def __init__(self, seed: int = 0):
        self._seed = seed
        self._met: Counter[str] = Counter()
        self._streams: dict[int, Random] = {}

    def reset(self, slots: Sequence[int] | None) -> None:
        """Forget these slots' episodes (None: all)."""
        for slot in list(self._streams) if slots is None else slots:
            self._streams.pop(slot, None)

    def of(self, slot: int, observation: str) -> Random:
        """Return the stream of the slot's episode, which begins with ``observation`` if it is new."""
        if slot not in self._streams:
            times = self._met[observation]
            self._met[observation] += 1
            self._streams[slot] = Random(f"{self._seed} {times} {observation}")
        return self._streams[slot]


def slots_of(observations: Sequence[str], slots: Sequence[int] | None) -> Sequence[int]:
    """Return the slot of each observation, ``0, 1, ...`` where none are given."""
    if slots is not None and len(slots) != len(observations):
        raise ValueError(f"got {len(observations)} observations for {len(slots)} slots")
    return range(len(observations)) if slots is None else slots
