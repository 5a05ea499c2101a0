"""Several environments as one. A task names its environment, so a group never mixes environments."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, ClassVar, overload

import gymnasium as gym
import numpy as np

from onelayer.envs.attributes import attribute, tasks_of
from onelayer.envs.text import FreeText, Info, require_text
from onelayer.errors import UnknownName

_SEEDS = 20_000_000
"""how many seeds stand for the tasks of a member without task ids, in "train" and in any other split"""
_KEYS = {"env", "args", "weight", "name"}


class MixtureEnv(gym.Env[str, str]):
    """Plays in one of its members: the one that a task names, ``math:algebra-3``.

    ``info["env"]`` is the member's name. The member's instructions are shown with the first observation of
    an episode, since they differ between members.

    Args:
        members: one mapping per member: ``env`` (its id) and, optionally, ``args`` (its arguments),
            ``weight`` (its share of an iteration's tasks, 1 by default) and ``name`` (by default the id).
        split: given to the members that take one.

    Raises:
        ValueError: a member is not such a mapping, two share a name, or some but not all members take whole
            replies as actions.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")

    def __init__(self, members: Sequence[Mapping[str, Any]], split: str = "train"):
        if not members:
            raise ValueError("a mixture has at least one environment")
        self.observation_space, self.action_space = FreeText(), FreeText()
        self.members: dict[str, gym.Env[str, str]] = {}
        self.weights: dict[str, float] = {}
        for member in members:
            name, env = _made(member, split)
            if name in self.members:
                raise ValueError(f"two environments are called {name!r}; give one a `name`")
            self.members[name], self.weights[name] = env, float(member.get("weight", 1.0))
            if not self.weights[name] > 0:
                raise ValueError(f"the weight of {name} must be above 0, got {member['weight']!r}")
        whole = {
            name: bool(attribute(env, "free_form", False)) for name, env in self.members.items()
        }
        if len(set(whole.values())) > 1:
            free = ", ".join(name for name, is_free in whole.items() if is_free)
            raise ValueError(
                f"{free} takes whole replies as actions and the others commands in tags: one model can't be "
                "asked for both in one run"
            )
        self.free_form = any(whole.values())
        self.waits = any(attribute(env, "waits", False) for env in self.members.values())
        self.parts = {name: _tasks(env, split) for name, env in self.members.items()}
        """the ids of the tasks of each member"""
        self.tasks = _Joined(self.parts)
        self._playing = ""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, Info]:
        """Start a task of a member.

        Raises:
            UnknownName: there is no such task.
        """
        super().reset(seed=seed)
        task = (options or {}).get("task")
        if task is None:
            task = self.tasks[int(self.np_random.integers(len(self.tasks)))]
        name = self.tasks.member(task)
        env, own = self.members[name], task[len(name) + 1 :]
        if tasks_of(env) is None:
            observation, info = env.reset(seed=int(own.removeprefix("seed-")))
        else:
            observation, info = env.reset(seed=seed, options={"task": own})
        self._playing, self._task = name, task
        rules = attribute(env, "instructions", "")
        return f"{rules}\n\n{observation}" if rules else observation, self._complete_info(
            info, observation
        )

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:
        """Take an action in the member that plays."""
        if not self._playing:
            raise RuntimeError("call reset() before step()")
        env = self.members[self._playing]
        observation, reward, terminated, truncated, info = env.step(action)
        told = self._complete_info(info, observation)
        return observation, float(reward), bool(terminated), bool(truncated), told

    def solution(self, task: str) -> Sequence[str] | None:
        """Return the member's solution of its task, None where it has none."""
        name = self.tasks.member(task)
        solution = attribute(self.members[name], "solution")
        return None if solution is None else solution(task[len(name) + 1 :])

    def close(self) -> None:
        """Close all members."""
        for env in self.members.values():
            env.close()

    def draw_tasks(self, count: int, rng: np.random.Generator) -> list[str]:
        """Return tasks in proportion to the weights, without repeats where a member has enough of them."""
        bounds = np.cumsum(list(self.weights.values()))
        places = (np.arange(count) + rng.random()) / count * bounds[-1]
        shares = np.bincount(np.searchsorted(bounds, places, side="right"), minlength=len(bounds))
        drawn = []
        for (name, tasks), share in zip(self.parts.items(), shares.tolist(), strict=True):
            for i in rng.choice(len(tasks), share, replace=share > len(tasks)).tolist():
                drawn.append(f"{name}:{tasks[i]}")
        return drawn

    def _complete_info(self, info: Mapping[str, Any], observation: str) -> Info:
        name = self._playing
        told = {**info, "task": self._task, "env": name}
        told["anchor"] = (self._task, info.get("anchor", observation))
        told["kind"] = " ".join(filter(None, (name, str(info.get("kind", "")))))
        return told


class _Joined(Sequence[str]):
    """The tasks of all members, each id after the member's name."""

    def __init__(self, parts: Mapping[str, Sequence[str]]):
        self._parts = dict(parts)
        self._names = list(parts)
        self._ends = list(accumulate(len(tasks) for tasks in parts.values()))

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(len(self))[index]
        part = bisect_right(self._ends, place)
        name = self._names[part]
        before = self._ends[part] - len(self._parts[name])
        return f"{name}:{self._parts[name][place - before]}"

    def __contains__(self, task: object) -> bool:
        return any(
            isinstance(task, str) and task.startswith(f"{name}:") and task[len(name) + 1 :] in tasks
            for name, tasks in self._parts.items()
        )

    def member(self, task: str) -> str:
        """Return the name of the member whose task it is."""
        for name in sorted(self._names, key=len, reverse=True):
            if task.startswith(f"{name}:"):
                return name
        raise UnknownName(f"there is no task {task!r} here; one is {self[0]!r}")


class _Seeds(Sequence[str]):
    """Tasks of a member that has no ids: ``seed-0``, ``seed-1``, ..."""

    def __init__(self, seeds: range):
        self._seeds = seeds

    def __len__(self) -> int:
        return len(self._seeds)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [f"seed-{seed}" for seed in self._seeds[index]]
        return f"seed-{self._seeds[index]}"

    def __contains__(self, task: object) -> bool:
        number = str(task).removeprefix("seed-")
        return number.isdecimal() and int(number) in self._seeds


def _made(member: Any, split: str) -> tuple[str, gym.Env[str, str]]:
    from onelayer.envs.plugins import arguments, make, resolve

    if not isinstance(member, Mapping) or "env" not in member or set(member) - _KEYS:
        raise ValueError(
            "an environment of several is a mapping of env, and where wanted args, weight and name, "
            f"not {member!r}"
        )
    env_id, own = str(member["env"]), dict(member.get("args") or {})
    if "split" in arguments(resolve(env_id)):
        own = {"split": split, **own} if split == "train" else {**own, "split": split}
    env = make(env_id, **own)
    require_text(env)
    return str(member.get("name", env_id)), env


def _tasks(env: gym.Env[str, str], split: str) -> Sequence[str]:
    tasks = tasks_of(env)
    if tasks is not None:
        return tasks
    return _Seeds(range(_SEEDS) if split == "train" else range(_SEEDS, 2 * _SEEDS))
