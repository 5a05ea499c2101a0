"""What a task is, beyond its id: a digest that changes when the data behind the id change.

Two evaluations are of the same tasks where their digests agree. The digest covers what an agent reads
first, the true state it begins in, and the known solution where the environment has one, such as the
answer to a problem.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym


@dataclass(frozen=True, slots=True)
class TaskIdentity:
    """A task as it begins."""

    name: str
    """what episodes call it"""
    kind: str
    text: str
    """what an agent reads first"""
    digest: str
    """of the task itself, whatever its id"""


def identify(env: gym.Env[str, str], task: str | int) -> TaskIdentity:
    """Begin a task and return what it is; one that the environment fails to begin has an empty text.

    Raises:
        LookupError: there is no such task.
    """
    name = task if isinstance(task, str) else f"seed-{task}"
    try:
        if isinstance(task, str):
            text, info = env.reset(options={"task": task})
        else:
            text, info = env.reset(seed=task)
    except LookupError:
        raise
    except Exception as error:  # it will fail the same way when it is played, and be counted there
        return TaskIdentity(name, "", "", f"failed: {type(error).__name__}")
    info = info if isinstance(info, Mapping) else {}
    name = str(info.get("task", name))
    known = (str(text), _plain(info.get("anchor")), _solution(env, name))
    without_id = repr(known).replace(
        repr(name), "''"
    )  # anchors of different tasks differ by their ids
    digest = hashlib.sha256(without_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return TaskIdentity(name, str(info.get("kind", "")), str(text), digest)


def digest_of(tasks: Iterable[TaskIdentity]) -> str:
    """Return one digest of tasks, whatever their order."""
    listed = sorted(f"{task.name}\0{task.digest}" for task in tasks)
    return hashlib.sha256("\n".join(listed).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _solution(env: gym.Env[str, str], name: str) -> Any:
    solution = getattr(env.unwrapped, "solution", None)
    if solution is None:
        return None
    try:
        return _plain(solution(name))
    except Exception:  # an environment of others may know solutions of some tasks only
        return None


def _plain(value: Any) -> Any:
    """Return a value whose ``repr`` is the same in every process: sets have no order, objects an address."""
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    if isinstance(value, set | frozenset):
        return "set", sorted(repr(_plain(item)) for item in value)
    if isinstance(value, Mapping):
        return "mapping", sorted((repr(_plain(k)), repr(_plain(v))) for k, v in value.items())
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return type(value).__name__
