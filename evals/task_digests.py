"""Digests of tasks: they change when the data behind a task's id change.

Two evaluations played the same tasks if the digests agree. A digest covers the first observation, the anchor
of the initial state, and the known solution, such as the answer to a problem, if there is one.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym

from onelayer.agents.boundary import Failure, begin
from onelayer.envs.attributes import attribute

_WORLD = 0
"""seed with which a task is begun to compute its digest"""


@dataclass(frozen=True, slots=True)
class TaskIdentity:
    """A task as it begins."""

    name: str
    """its name in episodes"""
    kind: str
    text: str
    """its first observation"""
    digest: str
    """digest of the task, independent of its id; "" where it failed to begin"""


def identify(env: gym.Env[str, str], task: str | int) -> TaskIdentity:
    """Begin a task and return its identity; the text is empty if the environment fails to begin it.

    The task is always begun with the same seed.
    """
    view = begin(env, task, _WORLD)
    if isinstance(view, Failure):  # it will fail again when it is played, which counts the failure
        name = task if isinstance(task, str) else f"seed-{task}"
        return TaskIdentity(name, "", "", "")
    anchor = view.info.get("anchor")
    known = (view.observation, _plain(anchor), _solution(env, view.task))
    without_id = repr(known).replace(repr(view.task), "''")  # anchors may contain the task's id
    digest = hashlib.sha256(without_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return TaskIdentity(view.task, view.kind, view.observation, digest)


Digests = Mapping[str, Mapping[str, str]]
"""the digest of each task by its name, for each part of a suite"""


def digests_of(tasks: Iterable[TaskIdentity]) -> dict[str, str]:
    """Return the digest of each task by its name, except those that failed to begin."""
    return {task.name: task.digest for task in tasks if task.digest}


def changed_task(one: Digests, other: Digests) -> str | None:
    """Return a task whose digests differ in the two, None where there is none."""
    for part in one.keys() & other.keys():
        for task, digest in one[part].items():
            if other[part].get(task, digest) != digest:
                return task
    return None


def require_same_data(wanted: Digests, found: Digests, where: str) -> None:
    """Raise a ValueError if a task differs from the one that was played before under the same name."""
    task = changed_task(wanted, found)
    if task is not None:
        raise ValueError(
            f"{where} holds an evaluation of other data: task {task} began otherwise or had another solution "
            "then; name another --out, or move it away (`onelayer eval`: --fresh)"
        )


def _solution(env: gym.Env[str, str], name: str) -> Any:
    solution = attribute(env, "solution")
    if solution is None:
        return None
    try:
        return _plain(solution(name))
    except Exception:  # a user's environment may know the solutions of only some tasks
        return None


def _plain(value: Any) -> Any:
    """Return a value whose ``repr`` is the same in every process, without set order or memory addresses."""
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    if isinstance(value, set | frozenset):
        return "set", sorted(repr(_plain(item)) for item in value)
    if isinstance(value, Mapping):
        return "mapping", sorted((repr(_plain(k)), repr(_plain(v))) for k, v in value.items())
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return type(value).__name__
