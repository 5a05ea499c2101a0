"""Any environment of onelayer in TRL: ``GRPOTrainer(environment_factory=environment_factory(ID), ...)``.

TRL lets a model act by calling tools; here there is one, ``act``. This module itself does not import TRL::

    factory = environment_factory("onelayer/ALFWorld-v0", room_size=5)
    trainer = GRPOTrainer(
        model, train_dataset=Dataset.from_list(rows(factory, count=256)), environment_factory=factory
    )
"""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs.attributes import attribute, tasks_of
from onelayer.envs.plugins import make
from onelayer.envs.seeds import episode_seed
from onelayer.envs.text import require_text

_OVER = "The episode is over."


class TRLEnvironment:
    """An environment with TRL's methods: ``reset``, the tool ``act``, and ``get_reward``.

    Args:
        env: the environment of onelayer that it plays in.
        show_admissible: tell the legal actions with each observation, where they are known.
    """

    def __init__(self, env: gym.Env[str, str], show_admissible: bool = True):
        require_text(env)
        self._env, self._show_admissible = env, show_admissible
        self._total = 0.0
        self._is_over = True

    def reset(self, task: str | None = None, seed: int | None = None, **_: Any) -> str:
        """Start an episode of ``task`` with the seed of its random events; return the text to read."""
        options = None if task is None else {"task": task}
        observation, info = self._env.reset(seed=seed, options=options)
        self._total, self._is_over = 0.0, False
        return self._read(observation, info)

    def act(self, action: str) -> str:
        """Take one action in the environment and read what it leads to.

        Args:
            action: The action, in the words of the environment.

        Returns:
            What there is to read now.
        """
        if self._is_over:
            return _OVER
        observation, reward, terminated, truncated, info = self._env.step(str(action))
        self._total += float(reward)
        self._is_over = bool(terminated or truncated)
        return f"{observation}\n{_OVER}" if self._is_over else self._read(observation, info)

    def get_reward(self) -> float:
        """Return the sum of the episode's rewards."""
        return self._total

    def _read(self, observation: str, info: Mapping[str, Any]) -> str:
        admissible = info.get("admissible") if self._show_admissible else None
        if not admissible:
            return observation
        return f"{observation}\n\nPossible actions: {'; '.join(admissible)}"


class EnvironmentFactory:
    """Makes ``TRLEnvironment``s: TRL asks for one per concurrent rollout."""

    def __init__(self, env_id: str, show_admissible: bool, arguments: Mapping[str, Any]):
        self.env_id, self.show_admissible, self.arguments = env_id, show_admissible, dict(arguments)

    def __call__(self) -> TRLEnvironment:
        """Make one."""
        return TRLEnvironment(make(self.env_id, **self.arguments), self.show_admissible)


def environment_factory(
    env_id: str, *, show_admissible: bool = True, **arguments: Any
) -> EnvironmentFactory:
    """Return what ``GRPOTrainer`` takes as ``environment_factory``.

    Args:
        env_id: as in ``onelayer.envs.plugins.make``.
        show_admissible: tell the legal actions with each observation, where they are known.
        arguments: of the environment.
    """
    return EnvironmentFactory(env_id, show_admissible, arguments)


def rows(factory: EnvironmentFactory, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return ``count`` rows for ``train_dataset``: a prompt with the rules, a task and a seed.

    TRL plays a row several times, always in the same world, and compares the results. ``seed`` decides the
    order of the tasks; none comes again before all have come.
    """
    env = make(factory.env_id, **factory.arguments)
    rules = attribute(env, "instructions", "")
    asked = "Call the tool `act` with one action at a time, and read what it returns."
    prompt = [{"role": "user", "content": "\n\n".join(filter(None, (rules, asked, "")))}]
    tasks = tasks_of(env)
    env.close()
    if tasks is None:
        return [{"prompt": prompt, "seed": episode_seed(seed, "row", i)} for i in range(count)]
    order = np.random.default_rng(seed).permutation(len(tasks))
    found = []
    for i in range(count):
        times, place = divmod(i, len(tasks))
        task = tasks[int(order[place])]
        found.append({"prompt": prompt, "task": task, "seed": episode_seed(seed, task, times)})
    return found
