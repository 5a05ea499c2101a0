"""Whether an environment keeps its promises: Gymnasium's, and those that training relies on.

Environments of others need not be ``TextEnv``s. What they do not tell is noted, not failed: without
``info["anchor"]``, say, the observation stands for the state.
"""

import math
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env

from onelayer.envs.plugins import creator, make, resolve

_BOOL = (bool, np.bool_)
_MOST_STEPS = 10_000
"""an episode that is longer than this does not end"""
_MOST_TASKS = 2_000
"""tasks of a split that are looked at; splits may hold millions"""


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


class _Problem(Exception):
    """What is wrong, in words; raised by a check."""


@dataclass(frozen=True, slots=True)
class _Played:
    """An episode as the environment told it: ``told[0]`` is the reset's, then one for each action."""

    told: list[tuple[str, float, bool, bool, dict[str, Any]]]
    actions: list[str]


def check(env_id: str, /, *, episodes: int = 5, seed: int = 0, **kwargs: Any) -> list[Finding]:
    """Try an environment out and return what every check found, in the order they ran.

    Args:
        env_id: as in ``onelayer.envs.plugins.make``.
        episodes: episodes that a random agent plays, each twice.
        seed: of the tasks and the random agent.
        kwargs: arguments of the environment.

    Raises:
        gymnasium.error.Error, LookupError, ValueError: the environment can't be made.
    """
    env = make(env_id, **kwargs)
    findings = [
        _run("Gymnasium's API", _gymnasium, env),
        _run("text in, text out", _text, env),
    ]
    if not findings[1].failed:
        played: list[_Played] = []
        findings.append(_run("random agent", _random_agent, env, episodes, seed, played))
        if played:
            findings += [
                _run("same seed, same episode", _replay, env_id, kwargs, seed, played),
                _run("info", _info, played),
                _run("admissible actions", _admissible, played),
                _run("anchors", _anchors, played),
                _run("rewards", _rewards, played),
            ]
        findings += [
            _run("nonsense as an action", _nonsense, env, seed),
            _run("tasks by name", _tasks, env),
            _run("splits apart", _splits, env_id, kwargs),
            _run("solutions", _solutions, env, episodes),
        ]
    report = _run("this machine", _report, env)
    findings += [report] if report.problem or report.note else []
    env.close()
    return findings


def _run(name: str, function: Callable[..., str], *args: Any) -> Finding:
    """Return a check's note, or what it raised as the problem."""
    try:
        return Finding(name, note=function(*args))
    except (_Problem, AssertionError) as error:  # Gymnasium's check raises the latter
        return Finding(name, problem=" ".join(str(error).split()) or "an assertion failed")
    except Exception as error:
        return Finding(name, problem=f"{type(error).__name__}: {' '.join(str(error).split())}")


def _require(condition: object, problem: str) -> None:
    if not condition:
        raise _Problem(problem)


def _gymnasium(env: gym.Env[str, str]) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(env.unwrapped, skip_render_check=True)
    return "; ".join(dict.fromkeys(str(warning.message) for warning in caught))


def _report(env: gym.Env[str, str]) -> str:
    report = getattr(env.unwrapped, "report", tuple)
    return "\n".join(report())


def _text(env: gym.Env[str, str]) -> str:
    observation, _ = env.reset(seed=0)
    _require(isinstance(observation, str), f"an observation is a {type(observation).__name__}")
    action = env.action_space.sample()
    _require(isinstance(action, str), f"an action is a {type(action).__name__}, not a str")
    return ""


def _random_agent(env: gym.Env[str, str], episodes: int, seed: int, played: list[_Played]) -> str:
    for i in range(episodes):
        played.append(_play(env, seed + i, np.random.default_rng([seed, i])))
    lengths = [len(episode.actions) for episode in played]
    solved = sum(bool(episode.told[-1][4].get("success")) for episode in played)
    return f"{episodes} episodes of {min(lengths)} to {max(lengths)} steps, {solved} solved"


def _play(env: gym.Env[str, str], seed: int, rng: np.random.Generator) -> _Played:
    observation, info = env.reset(seed=seed)
    episode = _Played([(observation, 0.0, False, False, dict(info))], [])
    while len(episode.actions) < _MOST_STEPS:
        admissible = episode.told[-1][4].get("admissible")
        action = str(rng.choice(admissible)) if admissible else str(env.action_space.sample())
        observation, reward, terminated, truncated, info = env.step(action)
        _require(isinstance(observation, str), f"an observation is a {type(observation).__name__}")
        episode.actions.append(action)
        episode.told.append((observation, float(reward), terminated, truncated, dict(info)))
        if terminated or truncated:
            return episode
    raise _Problem(f"an episode did not end in {_MOST_STEPS} steps: the environment has no limit")


def _replay(env_id: str, kwargs: dict[str, Any], seed: int, played: list[_Played]) -> str:
    """Play the same actions in a new environment, the episodes in another order."""
    env = make(env_id, **kwargs)
    for i in reversed(range(len(played))):
        observation, info = env.reset(seed=seed + i)
        again: list[Any] = [(observation, 0.0, False, False, info)]
        for action in played[i].actions:
            _require(
                not (again[-1][2] or again[-1][3]), f"seed {seed + i}: the episode ends sooner"
            )
            again.append(env.step(action))
        for step, (first, second) in enumerate(zip(played[i].told, again, strict=True)):
            for (name, one), (_, other) in zip(_compared(first), _compared(second), strict=True):
                _require(
                    one == other, f"seed {seed + i}, step {step}: {name} {one!r}, then {other!r}"
                )
    env.close()
    return f"{len(played)} episodes"


def _compared(told: Any) -> Iterator[tuple[str, Any]]:
    yield from zip(("observation", "reward", "terminated", "truncated"), told[:4], strict=True)
    for name in ("task", "anchor", "admissible", "valid", "success"):
        yield name, told[4].get(name)


def _info(played: list[_Played]) -> str:
    missing = set()
    for episode in played:
        for told in episode.told:
            info = told[4]
            missing |= {"task", "valid"} - set(info)
            task, valid = info.get("task", ""), info.get("valid", True)
            _require(isinstance(task, str), f"info['task'] is {task!r}, not a str")
            _require(isinstance(valid, _BOOL), f"info['valid'] is {valid!r}, not a bool")
        end = episode.told[-1][4]
        missing |= {"success"} - set(end)
        success = end.get("success", False)
        _require(isinstance(success, _BOOL), f"info['success'] is {success!r}, not a bool")
    return f"it does not tell: {', '.join(sorted(missing))}" if missing else ""


def _admissible(played: list[_Played]) -> str:
    listed = False
    for episode in played:
        for i, action in enumerate(episode.actions):
            admissible = episode.told[i][4].get("admissible")
            if admissible is None:
                continue
            listed = True
            kind = type(admissible).__name__
            _require(isinstance(admissible, tuple), f"info['admissible'] is a {kind}, not a tuple")
            valid = episode.told[i + 1][4].get("valid", True)
            _require(
                valid or action not in admissible, f"{action!r} was admissible and then not valid"
            )
    return "" if listed else "they are not listed, so the random agent types at random"


def _anchors(played: list[_Played]) -> str:
    task_of: dict[Hashable, str] = {}
    for info in (told[4] for episode in played for told in episode.told):
        if "anchor" not in info:
            return "there is no info['anchor']: equal observations of a task count as equal states"
        anchor, task = info["anchor"], str(info.get("task", ""))
        try:
            other = task_of.setdefault(anchor, task)
        except TypeError:
            raise _Problem(f"info['anchor'] is not hashable: {anchor!r}") from None
        _require(other == task, f"tasks {other!r} and {task!r} share the anchor {anchor!r}")
    return f"{len(task_of)} states seen"


def _rewards(played: list[_Played]) -> str:
    rewards = [told[1] for episode in played for told in episode.told[1:]]
    for reward in rewards:
        _require(math.isfinite(reward), f"a reward is {reward}")
    return f"from {min(rewards):g} to {max(rewards):g}"


def _nonsense(env: gym.Env[str, str], seed: int) -> str:
    valid = []
    for action in ("", "   ", "\x00 xyzzy \u2603", "look\nlook", "a" * 5_000):
        env.reset(seed=seed)
        observation, _, _, _, info = env.step(action)
        _require(isinstance(observation, str), f"{action[:20]!r} leads to {observation!r}")
        valid.append(bool(info.get("valid", True)))
    return "all of it counts as valid" if all(valid) else ""


def _tasks(env: gym.Env[str, str]) -> str:
    tasks = getattr(env.unwrapped, "tasks", None)
    if tasks is None:
        return "there are none: a task is a seed"
    _require(len(tasks), "the split has no task")
    first = list(islice(tasks, _MOST_TASKS))
    for task in first:
        _require(isinstance(task, str), f"the id of a task is {task!r}, not a str")
    _require(len(set(first)) == len(first), "two tasks have the same id")
    for task in (first[0], first[len(first) // 2], first[-1]):
        _, info = env.reset(options={"task": task})
        _require(info.get("task") == task, f"asked for task {task!r}, got {info.get('task')!r}")
    try:
        env.reset(options={"task": "no such task"})
    except LookupError:
        return f"{len(tasks)} tasks"
    raise _Problem("a task that does not exist is not refused with a LookupError")


def _splits(env_id: str, kwargs: dict[str, Any]) -> str:
    names: Iterable[str] = getattr(creator(resolve(env_id)), "splits", ())
    where: dict[str, str] = {}
    counts: dict[str, object] = {}
    for name in names:
        try:
            env = make(env_id, **{**kwargs, "split": name})
        except ValueError as error:  # most likely these data lack the split; its message tells
            counts[name] = f"none ({error})"
            continue
        tasks = getattr(env.unwrapped, "tasks", ())
        counts[name] = len(tasks)
        for task in islice(tasks, _MOST_TASKS):
            other = where.setdefault(task, name)
            _require(other == name, f"task {task!r} is in the splits {other} and {name}")
        env.close()
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "it names none"


def _solutions(env: gym.Env[str, str], episodes: int) -> str:
    solution = getattr(env.unwrapped, "solution", lambda task: None)
    solved = 0
    for task in islice(getattr(env.unwrapped, "tasks", ()), episodes):
        actions = solution(task)
        if actions is None:
            continue
        env.reset(options={"task": task})
        ended = False
        info: dict[str, Any] = {}
        for action in actions:
            _require(not ended, f"task {task!r} ends before its solution does")
            _, _, terminated, truncated, info = env.step(action)
            ended = terminated or truncated
        _require(info.get("success"), f"task {task!r} is not solved by its solution")
        solved += 1
    return f"{solved} tasks solved" if solved else "there are none"
