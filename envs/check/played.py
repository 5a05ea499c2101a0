"""Playing an environment and noting what it tells, for the checks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs.attributes import tasks_of
from onelayer.envs.plugins import make

MOST_STEPS = 10_000
"""an episode that is longer than this does not end"""
COMPARED = ("task", "anchor", "admissible", "valid", "success")
"""entries of info that must be equal when the same actions are played again"""

Told = tuple[str, float, bool, bool, dict[str, Any]]
"""observation, reward, terminated, truncated, info"""


class Problem(Exception):
    """What is wrong, in words; raised by a check."""


def require(condition: object, problem: str) -> None:
    """Raise a problem unless the condition holds."""
    if not condition:
        raise Problem(problem)


@dataclass(frozen=True, slots=True)
class World:
    """The environment that is checked, and how to make more instances of it."""

    env_id: str
    kwargs: Mapping[str, Any]

    def make(self, **others: Any) -> gym.Env[str, str]:
        """Make an instance, with ``others`` in place of its own arguments of these names."""
        return make(self.env_id, **{**self.kwargs, **others})


@dataclass(frozen=True, slots=True)
class Played:
    """An episode as the environment told it: ``told[0]`` is the reset's, then one for each action."""

    seed: int
    task: str | None
    """the task that was asked for, None where the seed drew it"""
    told: list[Told]
    actions: list[str]

    @property
    def its_task(self) -> str | None:
        """The task as the environment names it."""
        return self.told[0][4].get("task")


def start(env: gym.Env[str, str], seed: int, task: str | None = None) -> Told:
    """Reset and return what was told."""
    observation, info = env.reset(seed=seed, options=None if task is None else {"task": task})
    return observation, 0.0, False, False, dict(info)


def step(env: gym.Env[str, str], action: str) -> Told:
    """Take an action and return what was told."""
    observation, reward, terminated, truncated, info = env.step(action)
    require(isinstance(observation, str), f"an observation is {observation!r:.60}, not a str")
    return observation, float(reward), bool(terminated), bool(truncated), dict(info)


def play_at_random(env: gym.Env[str, str], episodes: int, seed: int, played: list[Played]) -> str:
    """Let a random agent play; the episodes go into ``played``."""
    for i in range(episodes):
        played.append(_at_random(env, seed + i, np.random.default_rng([seed, i])))
    lengths = [len(episode.actions) for episode in played]
    solved = sum(bool(episode.told[-1][4].get("success")) for episode in played)
    return f"{episodes} episodes of {min(lengths)} to {max(lengths)} steps, {solved} solved"


def _at_random(env: gym.Env[str, str], seed: int, rng: np.random.Generator) -> Played:
    episode = Played(seed, None, [start(env, seed)], [])
    while len(episode.actions) < MOST_STEPS:
        admissible = episode.told[-1][4].get("admissible")
        action = str(rng.choice(admissible)) if admissible else str(env.action_space.sample())
        episode.actions.append(action)
        episode.told.append(step(env, action))
        if is_over(episode.told[-1]):
            return episode
    raise Problem(f"an episode did not end in {MOST_STEPS} steps: the environment has no limit")


def replay(
    env: gym.Env[str, str], actions: Sequence[str], seed: int, task: str | None = None
) -> Played:
    """Play these actions, as far as the episode goes."""
    episode = Played(seed, task, [start(env, seed, task)], [])
    for action in actions:
        if is_over(episode.told[-1]):
            break
        episode.actions.append(action)
        episode.told.append(step(env, action))
    return episode


def is_over(told: Told) -> bool:
    """Return whether the episode ended here."""
    return told[2] or told[3]


def require_equal(first: Played, second: Played, how: str = "") -> None:
    """Raise a problem that names the first difference of two episodes of the same actions."""
    problem = difference(first, second)
    require(problem is None, f"seed {first.seed}, {problem}{how}")


def difference(first: Played, second: Played) -> str | None:
    """Return the first difference in words, None where there is none."""
    for number, (one, other) in enumerate(zip(first.told, second.told, strict=False)):
        for (name, value), (_, again) in zip(_compared(one), _compared(other), strict=True):
            if value != again:
                return f"step {number}: {name} {value!r}, then {again!r}"
    if len(first.told) != len(second.told):
        return f"the episode has {len(first.actions)} steps, then {len(second.actions)}"
    return None


def _compared(told: Told) -> Iterator[tuple[str, Any]]:
    yield from zip(("observation", "reward", "terminated", "truncated"), told[:4], strict=True)
    for name in COMPARED:
        yield name, told[4].get(name)


def depends_on_chance(world: World, env: gym.Env[str, str], played: Sequence[Played]) -> bool:
    """Return whether the same actions in the same task can lead to another episode with another seed."""
    if tasks_of(env) is None:
        return True  # the seed decides both the task and the random events
    for episode in played[:3]:
        for seed in (episode.seed + 1_001, episode.seed + 1_002):
            again = replay(env, episode.actions, seed, episode.its_task)
            if difference(episode, again) is not None:
                return True
    return False
