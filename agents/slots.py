"""Per-episode memory of an agent that plays many episodes at once."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, TypeVar

Memory = TypeVar("Memory")


class Slots(Generic[Memory]):
    """One memory for each slot, made when its episode first needs it.

    Each episode has its own stream of random numbers, named by the seed, its slot and how many episodes the
    slot saw before: what one episode draws does not depend on which others run beside it.

    Args:
        make: returns the memory of a new episode, given its random numbers.
        seed: names the streams.
    """

    def __init__(self, make: Callable[[Random], Memory], seed: int = 0):
        self._make = make
        self._seed = seed
        self._episodes: dict[int, int] = {}
        self._memories: dict[int, Memory] = {}

    def reset(self, slots: Sequence[int] | None) -> None:
        """Forget these slots' episodes (None: all)."""
        for slot in list(self._memories) if slots is None else slots:
            if self._memories.pop(slot, None) is not None:
                self._episodes[slot] += 1

    def __getitem__(self, slot: int) -> Memory:
        if slot not in self._memories:
            episode = self._episodes.setdefault(slot, 0)
            self._memories[slot] = self._make(Random(f"{self._seed} {slot} {episode}"))
        return self._memories[slot]


def slots_of(observations: Sequence[str], slots: Sequence[int] | None) -> Sequence[int]:
    """Return the slot of each observation, ``0, 1, ...`` where none are given."""
    if slots is not None and len(slots) != len(observations):
        raise ValueError(f"got {len(observations)} observations for {len(slots)} slots")
    return range(len(observations)) if slots is None else slots
