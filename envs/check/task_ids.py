"""Checks of tasks: their ids, their splits, and their solutions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice, repeat
from typing import Any

import gymnasium as gym

from onelayer.envs.attributes import attribute, tasks_of
from onelayer.envs.check.played import MOST_STEPS, World, is_over, require, start, step
from onelayer.envs.plugins import creator, resolve

_MOST_TASKS = 2_000
"""tasks of a split whose ids are looked at; splits may hold millions"""
_MOST_STARTS = 200
"""tasks of a split whose first observation is looked at"""
_SHARE = 0.5
"""two splits count as the same if at least this share of one's starts are starts of the other"""


def by_name(env: gym.Env[str, str]) -> str:
    """Check that tasks have ids and start by them, and that others are refused."""
    tasks = tasks_of(env)
    if tasks is None:
        return "there are none: a task is a seed"
    require(len(tasks), "the split has no task")
    first = list(islice(tasks, _MOST_TASKS))
    for task in first:
        require(isinstance(task, str), f"the id of a task is {task!r}, not a str")
    twice = [task for task, times in Counter(first).items() if times > 1]
    require(not twice, f"two tasks have the same id {next(iter(twice), '')!r}")
    for task in (first[0], first[len(first) // 2], first[-1]):
        _, info = env.reset(options={"task": task})
        require(info.get("task") == task, f"asked for task {task!r}, got {info.get('task')!r}")
    try:
        env.reset(options={"task": "no such task"})
    except LookupError:
        return f"{len(tasks)} tasks"
    require(False, "a task that does not exist is not refused with a LookupError")
    return ""


def splits(world: World) -> str:
    """Check that no task is in two splits, neither by its id nor by what it shows."""
    env = world.make()
    names: Iterable[str] = attribute(env, "splits") or getattr(
        creator(resolve(world.env_id)), "splits", ()
    )
    env.close()
    split_of: dict[str, str] = {}
    starts: dict[str, set[Any]] = {}
    notes = []
    for name in names:
        try:
            env = world.make(split=name)
        except ValueError as error:  # most likely the data lack the split; the message says so
            notes.append(f"{name} none ({error})")
            continue
        tasks = tasks_of(env) or ()
        notes.append(f"{name} {len(tasks)}")
        for task in islice(tasks, _MOST_TASKS):
            other = split_of.setdefault(task, name)
            require(other == name, f"task {task!r} is in the splits {other} and {name}")
        starts[name] = _starts(env, list(islice(tasks, _MOST_STARTS)))
        env.close()
    for i, (name, here) in enumerate(starts.items()):
        for other in list(starts)[:i]:
            same = here & starts[other]
            require(
                len(same) < max(1, _SHARE * min(len(here), len(starts[other]))),
                f"{len(same)} tasks of {name} start as tasks of {other} do, under other ids, "
                f"such as {next(iter(same), ('',))[0]!r:.80}",
            )
            if same:
                notes.append(f"{len(same)} tasks of {name} start as tasks of {other}")
    return ", ".join(notes) or "it names none"


def _starts(env: gym.Env[str, str], tasks: list[str]) -> set[Any]:
    """Return the starts of tasks: the first observation and, where it is known, the solution.

    A text with which several tasks of the split start is left out: it does not identify a task.
    """
    solution = attribute(env, "solution")
    found: Counter[Any] = Counter()
    for task in tasks:
        observation, _ = env.reset(options={"task": task})
        actions = None if solution is None else solution(task)
        found[observation, None if actions is None else tuple(actions)] += 1
    texts = Counter(observation for observation, _ in found)
    return {start for start, times in found.items() if times == 1 and texts[start[0]] == 1}


def solutions(env: gym.Env[str, str], episodes: int) -> str:
    """Check that the solutions that are known solve their tasks."""
    solution = attribute(env, "solution")
    if solution is None:
        return "there are none"
    solved = 0
    for task in islice(tasks_of(env) or (), episodes):
        actions = solution(task)
        if actions is None:
            continue
        told = start(env, 0, task)
        for action in actions:
            require(not is_over(told), f"task {task!r} ends before its solution does")
            told = step(env, action)
        require(told[4].get("success"), f"task {task!r} is not solved by its solution")
        solved += 1
    return f"{solved} tasks solved" if solved else "there are none"


def success_margin(env: gym.Env[str, str], episodes: int) -> str:
    """Check that a solved episode earns ``success_margin`` more than unsolved ones of its task.

    The unsolved ones say nothing from the start, or from the last action of the solution on.
    """
    margin, solution = attribute(env, "success_margin"), attribute(env, "solution")
    if margin is None:
        return "none is declared"
    for task in islice(tasks_of(env) or (), episodes):
        actions = (solution(task) if solution else None) or ()
        won, solved = _earned(env, task, actions)
        if not solved:
            continue  # without a solution nothing can be compared
        for said in ((), actions[:-1]):
            lost, solved = _earned(env, task, said)
            require(
                solved or won - lost >= margin - 1e-9,
                f"task {task!r}: its solution earns {won:g} and {len(said)} of its {len(actions)} actions "
                f"without solving it {lost:g}, which is less than success_margin={margin:g} apart",
            )
    return f"{margin:g}"


def _earned(env: gym.Env[str, str], task: str, actions: Sequence[str]) -> tuple[float, bool]:
    """Return what an episode of these actions, and then of empty ones, earns, and whether it is solved."""
    told, earned = start(env, 0, task), 0.0
    for action in chain(actions, repeat("", MOST_STEPS)):
        if is_over(told):
            break
        told = step(env, action)
        earned += told[1]
    return earned, bool(told[4].get("success"))


def untouched(env: gym.Env[str, str], episodes: int, seed: int) -> str:
    """Check that a task is not solved by an agent that says nothing."""
    for number in range(episodes):
        told = start(env, seed + number)
        task = told[4].get("task", f"of seed {seed + number}")
        for _ in range(MOST_STEPS):
            if is_over(told):
                break
            told = step(env, "")
        terminated, info = told[2], told[4]
        solved = info.get("success", terminated and told[1] > 0)
        require(not solved, f"task {task!r} is solved by saying nothing")
    return f"{episodes} tasks are not solved"
