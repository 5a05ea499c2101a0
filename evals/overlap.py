"""Whether tasks to be evaluated on are among those that a run was trained on.

Tasks are compared by their content, not by their ids, which differ between data sets. A problem that its
prompt states completely (``TextEnv.free_form``: a question, a program to write) is identified by its words,
a world by its first observation, its anchor and its solution.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import gymnasium as gym

from onelayer.envs.attributes import attribute
from onelayer.evals.definition import Suite
from onelayer.evals.task_digests import TaskIdentity, identify

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SharedTask:
    """A task of a suite that is a task of training."""

    task: str
    trained_as: str


def shared_tasks(
    suite: Suite,
    train_env: gym.Env[str, str],
    trained: Iterable[str | int],
    *,
    same_data: bool = False,
) -> list[SharedTask]:
    """Return the tasks of a suite that are among those trained on, in the suite's order.

    Args:
        suite: a suite of one environment.
        train_env: the environment that the run was trained in.
        trained: the tasks it was trained on; one that no longer exists is ignored.
        same_data: whether both are the same environment with the same data, except for the split. Then ids
            are compared, and no task is begun.
    """
    env = suite.make_env()
    try:
        tasks = suite.choose_tasks(env)
        if same_data:
            known = set(trained)
            return [SharedTask(str(task), str(task)) for task in tasks if task in known]
        asked = [identify(env, task) for task in tasks]
        told_whole = _is_free_form(env) and _is_free_form(train_env)
    finally:
        env.close()
    name_of: dict[str, str] = {}
    for task in dict.fromkeys(trained):
        identity = identify(train_env, task)
        name_of.setdefault(_key(identity, told_whole), identity.name)
    keys = [_key(identity, told_whole) for identity in asked]
    return [
        SharedTask(identity.name, name_of[key])
        for identity, key in zip(asked, keys, strict=True)
        if key in name_of and identity.text
    ]


def described(shared: Sequence[SharedTask], tasks: int, suite: str) -> str:
    """Say how many tasks are shared, and name one."""
    first = shared[0]
    other = "" if first.task == first.trained_as else f", which was {first.trained_as}"
    return (
        f"the run was trained on {len(shared)} of the {tasks} tasks of suite {suite}, such as "
        f"{first.task}{other}"
    )


def _is_free_form(env: gym.Env[str, str]) -> bool:
    return bool(attribute(env, "free_form", False))


def _key(identity: TaskIdentity, told_whole: bool) -> str:
    if told_whole:
        return " ".join(_WORD.findall(identity.text.lower()))
    return identity.digest
