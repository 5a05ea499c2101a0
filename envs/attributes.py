"""Reading the attributes of an environment through its wrappers.

An environment may have the attributes ``tasks``, ``splits``, ``instructions``, ``free_form``, ``waits``,
``success_margin``, ``solution`` and ``report`` (see docs/environments.md). The outermost wrapper that has one
wins: a wrapper that turns numbers into text, say, brings the instructions for that text.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym


def attribute(env: gym.Env[Any, Any], name: str, default: Any = None) -> Any:
    """Return an attribute of the outermost wrapper that has it, or the environment's, or ``default``."""
    try:
        return env.get_wrapper_attr(name)
    except AttributeError:
        return default


def tasks_of(env: gym.Env[Any, Any]) -> Sequence[str] | None:
    """Return the ids of the environment's tasks; None where a task is a seed.

    Raises:
        TypeError: ``tasks`` is no sequence, such as a generator or a set.
    """
    tasks = attribute(env, "tasks")
    if tasks is None:
        return None
    if isinstance(tasks, str) or not (hasattr(tasks, "__len__") and hasattr(tasks, "__getitem__")):
        raise TypeError(
            f"an environment's `tasks` must be a sequence of ids, such as a tuple, got {tasks!r:.60}"
        )
    return tasks  # type: ignore[no-any-return]
