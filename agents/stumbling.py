"""An agent that says something impossible now and then, and goes on as if it had not."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from onelayer.agents.base import Agent
from onelayer.agents.household_text import read_errand


class StumblingAgent:
    """Plays like an expert, but now and then says an impossible command before the expert's.

    A model that saw only perfect demonstrations has never read "Nothing happens." and does not recover from
    its first mistake. Half of the impossible commands take the thing that the task names from a place where
    it is not, the mistake that models make most. The others are commands that the expert gave elsewhere.

    Args:
        expert: does not learn of a stumble, which changes nothing in the world.
        stumbles: probability of a stumble at each step.
        seed: decides when it stumbles, and over what.
    """

    def __init__(self, expert: Agent, stumbles: float, seed: int):
        self._expert, self._stumbles = expert, stumbles
        self._random = np.random.default_rng(seed)
        self._intended: dict[int, str] = {}
        self._wanted: dict[int, str] = {}
        self._said = ["look"]

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """See ``Agent.reset``."""
        for slot in list(self._intended) if slots is None else slots:
            self._intended.pop(slot, None)
        self._expert.reset(slots)

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[str]:
        """Return the expert's commands, or stumble."""
        infos = [{}] * len(observations) if infos is None else infos
        slots = range(len(observations)) if slots is None else slots
        fresh = [i for i, slot in enumerate(slots) if slot not in self._intended]
        commands = self._expert.act(
            [observations[i] for i in fresh], [infos[i] for i in fresh], [slots[i] for i in fresh]
        )
        self._intended.update({slots[i]: c for i, c in zip(fresh, commands, strict=True)})
        self._said = (self._said + list(commands))[-2000:]
        return [
            self._say(slot, observation, info)
            for slot, observation, info in zip(slots, observations, infos, strict=True)
        ]

    def _say(self, slot: int, observation: str, info: Mapping[str, Any]) -> str:
        errand = read_errand(observation)
        if errand is not None:
            self._wanted[slot] = errand.thing
        if self._random.random() < self._stumbles:
            place = re.search(r"(?:arrive at|open the) (\w+ \d+)", observation)
            if place is not None and self._random.random() < 0.5:
                number = self._random.integers(1, 4)
                command = f"take {self._wanted[slot]} {number} from {place[1]}"
            else:
                command = self._said[self._random.integers(len(self._said))]
            if command not in (info["admissible"] or ()):
                return command
        return self._intended.pop(slot)
