"""What the attempts of ``onelayer.envs.hacks`` earn in an environment, compared with chance."""

from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs.check import Finding
from onelayer.envs.hacks import Hack, Seen, hacks_of
from onelayer.envs.plugins import make

ALLOWED = 0.005
"""how much more than chance an attempt may earn on average: a prompt may contain its answer by accident"""
_MOST_STEPS = 1_000


def play_hacks(
    env_id: str, /, *, episodes: int = 20, seed: int = 0, **kwargs: Any
) -> list[Finding]:
    """Play every attempt and return what each earns; one that earns more than chance is a problem.

    Chance is the mean return, or 0 if that is negative, of an agent that draws admissible actions on the same
    tasks; where none are listed, it sends empty actions.

    Args:
        env_id: as in ``onelayer.envs.plugins.make``.
        episodes: episodes of each attempt, with the seeds ``seed``, ``seed + 1``, ...
        seed: the first of these seeds.
        kwargs: arguments of the environment.

    Raises:
        gymnasium.error.Error, LookupError, ValueError: the environment can't be made.
    """
    env = make(env_id, **kwargs)
    seeds = range(seed, seed + episodes)
    chance = max(0.0, float(np.mean([_play_at_random(env, s) for s in seeds])))
    findings = []
    for name, hack in hacks_of(env).items():
        returns = [_play(env, s, hack) for s in seeds]
        mean, best = float(np.mean(returns)), float(np.max(returns))
        earns = f"earns {mean:.3g} an episode, at most {best:.3g} (chance: {chance:.3g})"
        bad = mean > chance + ALLOWED
        check = f"hack: {name}"
        findings.append(Finding(check, problem=earns) if bad else Finding(check, note=earns))
    env.close()
    return findings


def _play(env: gym.Env[str, str], seed: int, hack: Hack) -> float:
    """Play an episode and return what it earned."""
    observation, info = env.reset(seed=seed)
    prompt, total = observation, 0.0
    for _ in range(_MOST_STEPS):
        action = hack(Seen(prompt, observation, info.get("admissible")))
        observation, reward, terminated, truncated, info = env.step(action)
        total += float(reward)
        if terminated or truncated:
            break
    return total


def _play_at_random(env: gym.Env[str, str], seed: int) -> float:
    rng = np.random.default_rng(seed)

    def draw(seen: Seen) -> str:
        return str(rng.choice(seen.admissible)) if seen.admissible else ""

    return _play(env, seed, draw)
