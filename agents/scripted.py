"""Agents that need no model: one that acts at random, and one that knows the solution."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gymnasium as gym

from onelayer.agents.slots import EpisodeStreams, slots_of
from onelayer.envs.attributes import attribute
from onelayer.errors import UnknownName

Infos = Sequence[Mapping[str, Any]]


class RandomAgent:
    """Draws from the admissible actions, all equally likely.

    Args:
        seed: equal seeds act equally in equal episodes.
    """

    def __init__(self, seed: int = 0):
        self._streams = EpisodeStreams(seed)

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """See ``Agent.reset``."""
        self._streams.reset(slots)

    def act(
        self,
        observations: Sequence[str],
        infos: Infos | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[str]:
        """Return one admissible action for each observation.

        Raises:
            ValueError: the environment does not list its admissible actions.
        """
        chosen = []
        for index, slot in enumerate(slots_of(observations, slots)):
            admissible = infos[index].get("admissible") if infos is not None else None
            if not admissible:
                raise ValueError(
                    "RandomAgent draws from info['admissible'], and none are listed here: "
                    "use an environment that lists them, or another agent"
                )
            chosen.append(self._streams.of(slot, observations[index]).choice(admissible))
        return chosen


class OracleAgent:
    """Plays the solution that the environment knows for each task.

    Args:
        env: the environment, or one like it; its method ``solution(task)`` may be a wrapper's.

    Raises:
        TypeError: ``env`` has no ``solution``.
    """

    def __init__(self, env: gym.Env[Any, Any]):
        solution = attribute(env, "solution")
        if solution is None:
            raise TypeError(
                f"OracleAgent needs solution(task), which {type(env.unwrapped).__name__} lacks"
            )
        self._solution: Callable[[str], Sequence[str] | None] = solution
        self._remaining: dict[int, tuple[str, Iterator[str]]] = {}

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """See ``Agent.reset``."""
        for slot in list(self._remaining) if slots is None else slots:
            self._remaining.pop(slot, None)

    def act(
        self,
        observations: Sequence[str],
        infos: Infos | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[str]:
        """Return the next action of each task's solution.

        Raises:
            ValueError: no infos were given, so the tasks are unknown.
            UnknownName: a task has no known solution.
            RuntimeError: a solution is played to its end and its episode goes on.
        """
        if infos is None:
            raise ValueError("OracleAgent reads the task from info['task']; pass infos")
        return [
            self._next(slot, info["task"])
            for slot, info in zip(slots_of(observations, slots), infos, strict=True)
        ]

    def _next(self, slot: int, task: str) -> str:
        playing, actions = self._remaining.get(slot, ("", iter(())))
        if playing != task:  # also when an episode of another task began without a reset
            solution = self._solution(task)
            if solution is None:
                raise UnknownName(f"no solution is known for task {task!r}")
            actions = iter(solution)
            self._remaining[slot] = (task, actions)
        action = next(actions, None)
        if action is None:
            raise RuntimeError(f"the solution of task {task!r} is played and the episode goes on")
        return action
