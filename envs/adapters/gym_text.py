"""Any Gymnasium environment of numbers as an environment of text: two functions put it into words."""

import zlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs.text import FreeText, Info
from onelayer.errors import UnknownName

Describe = Callable[[Any], str]
Read = Callable[[str], Any]


class GymText(gym.Wrapper[str, str, Any, Any]):
    """Shows a world of numbers as text and reads text as its actions.

    ``GymText(gym.make("FrozenLake-v1"), describe=lambda square: f"You stand on square {square}.",
    actions={"left": 0, "down": 1, "right": 2, "up": 3})``

    An action that is not understood leaves the world alone: the agent is told what it may say, and the step
    counts for ``max_steps``.

    Args:
        env: the world; without ``tasks``, each seed is a task.
        describe: observation to text.
        actions: text to action: a mapping of all that can be said, or a function that returns None for what
            it does not understand.
        anchor: observation to a hashable name of the state, for a fully observed world; None: equal texts
            count as equal states.
        instructions: the rules, which a language model is told first.
        tasks: ids by which episodes are started. The task decides the initial state; the seed given to
            ``reset`` decides the random events after it.
        max_steps: actions until an episode is truncated; None where the world ends by itself.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        describe: Describe,
        actions: Mapping[str, Any] | Read,
        *,
        anchor: Callable[[Any], Hashable] | None = None,
        instructions: str = "",
        tasks: Sequence[str] | None = None,
        max_steps: int | None = None,
    ):
        super().__init__(env)
        self.observation_space, self.action_space = FreeText(), FreeText()
        self.instructions = instructions
        self.tasks = tasks
        self._describe, self._anchor, self._max_steps = describe, anchor, max_steps
        self._named = actions if isinstance(actions, Mapping) else None
        self._read: Read = actions.get if isinstance(actions, Mapping) else actions
        self._task: str | None = None
        self._observation: Any = None
        self._drawn = np.random.default_rng()
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, Info]:
        """Start the world: with the seed, or with that of the task in ``options["task"]``.

        Raises:
            UnknownName: there is no such task.
        """
        others = {**(options or {})}
        task = others.pop("task", None)
        if self.tasks is None:
            self._observation, info = self.env.reset(seed=seed, options=others or None)
        else:
            if seed is not None:
                self._drawn = np.random.default_rng(seed)
            if task is None:
                task = self.tasks[int(self._drawn.integers(len(self.tasks)))]
            if task not in self.tasks:
                raise UnknownName(f"there is no task {task!r} here; one is {self.tasks[0]!r}")
            start = zlib.crc32(task.encode()) >> 1
            self._observation, info = self.env.reset(seed=start, options=others or None)
            # The task has decided the initial state; the seed decides the random events from here on.
            dice = int(self._drawn.integers(2**31))
            self.env.unwrapped.np_random = np.random.default_rng(dice)
        self._task, self._steps = task, 0
        return self._describe(self._observation), self._complete_info(info, valid=True)

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:
        """Take the action that the text means; the class says what happens where it means none."""
        meant = self._read(action.strip())
        self._steps += 1
        late = self._max_steps is not None and self._steps >= self._max_steps
        if meant is None:
            said = " or ".join(self._named) if self._named is not None else "something else"
            text = f"{self._describe(self._observation)}\n(That was not understood; say {said}.)"
            return text, 0.0, False, late, self._complete_info({}, valid=False)
        self._observation, reward, terminated, truncated, info = self.env.step(meant)
        truncated = bool(truncated) or (late and not terminated)
        told = self._complete_info(info, valid=True)
        return self._describe(self._observation), float(reward), bool(terminated), truncated, told

    def _complete_info(self, info: Mapping[str, Any], valid: bool) -> Info:
        told = {**info, "valid": valid}
        if self._task is not None:
            told["task"] = self._task
        if self._named is not None:
            told.setdefault("admissible", tuple(self._named))
        if self._anchor is not None:
            told["anchor"] = (self._task, self._anchor(self._observation))
        return told
