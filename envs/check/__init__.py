"""Checks whether an environment keeps Gymnasium's contract and the promises that training relies on.

An environment need not be a ``TextEnv``. Missing entries of ``info`` are noted, and are not failures: without
``info["anchor"]``, for example, the observation stands for the state.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.utils.env_checker import check_env

from onelayer.envs.attributes import attribute, tasks_of
from onelayer.envs.check import repeats, task_ids, told
from onelayer.envs.check.played import Played, Problem, World, play_at_random, require
from onelayer.envs.places import place_of_error
from onelayer.envs.text import NotText, require_text

__all__ = ["Finding", "check"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    problem: str = ""
    """what is wrong; empty when nothing is"""
    note: str = ""
    """what is good to know; may have several lines"""

    @property
    def failed(self) -> bool:
        """Whether there is a problem."""
        return bool(self.problem)


def check(env_id: str, /, *, episodes: int = 5, seed: int = 0, **kwargs: Any) -> list[Finding]:
    """Try an environment out and return what every check found, in the order they ran.

    Args:
        env_id: as in ``onelayer.envs.plugins.make``.
        episodes: episodes that a random agent plays.
        seed: of the tasks and the random agent.
        kwargs: arguments of the environment.

    Raises:
        gymnasium.error.Error, LookupError, ValueError: the environment can't be made.
    """
    world = World(env_id, kwargs)
    env = world.make()
    findings = [_run("text in, text out", _text, env)]
    if not findings[0].failed:
        played: list[Played] = []
        findings += [
            _run("Gymnasium's API", _gymnasium, env),
            _run("random agent", play_at_random, env, episodes, seed, played),
        ]
        if played:
            findings += [
                _run("same seed, same episode", repeats.in_a_new_environment, world, played),
                _run("side by side", repeats.side_by_side, world, played),
                _run("another process", repeats.in_another_process, world, played),
                _run("seed and task together", repeats.with_seed_and_task, world, played),
                _run("info", told.info, played),
                _run("admissible actions", told.admissible, played),
                _run("anchors", told.anchors, played),
                _run("one anchor, one outcome", told.outcomes, world, env, played),
                _run("rewards", told.rewards, played),
                _run("what is not understood", told.not_understood, world, env, played),
            ]
        findings += [
            _run("nonsense as an action", told.nonsense, env, seed),
            _run("tasks by name", task_ids.by_name, env),
            _run("splits apart", task_ids.splits, world),
            _run("solutions", task_ids.solutions, env, episodes),
            _run("success margin", task_ids.success_margin, env, episodes),
            _run("doing nothing", task_ids.untouched, env, episodes, seed),
        ]
    report = _run("this machine", _report, env)
    findings += [report] if report.problem or report.note else []
    env.close()
    return findings


def _run(name: str, function: Callable[..., str], *args: Any) -> Finding:
    """Run a check; return its note, or the problem that it raised and where, for the author."""
    try:
        return Finding(name, note=function(*args))
    except (Problem, NotText) as error:
        return Finding(name, problem=str(error))
    except AssertionError as error:  # Gymnasium's check raises it
        return Finding(name, problem=" ".join(str(error).split()) or "an assertion failed")
    except (Exception, SystemExit) as error:
        return Finding(name, problem=place_of_error(error))


def _gymnasium(env: gym.Env[str, str]) -> str:
    own = env
    while isinstance(own, gym.Wrapper) and type(own).__module__.startswith("gymnasium.wrappers"):
        own = own.env  # those that gymnasium.make puts on; the author's own stay
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(own, skip_render_check=True)
    said = dict.fromkeys(str(warning.message) for warning in caught)
    return "; ".join(one for one in said if "different from the unwrapped version" not in one)


def _text(env: gym.Env[str, str]) -> str:
    require_text(env)
    tasks_of(env)
    observation, _ = env.reset(seed=0)
    require(isinstance(observation, str), f"an observation is {observation!r:.60}, not a str")
    action = env.action_space.sample()
    require(isinstance(action, str), f"an action is {action!r:.60}, not a str")
    return ""


def _report(env: gym.Env[str, str]) -> str:
    return "\n".join(attribute(env, "report", tuple)())
