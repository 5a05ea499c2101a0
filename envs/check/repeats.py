"""Checks that an episode can be repeated: in a new environment, beside others, in another process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from onelayer.envs.attributes import tasks_of
from onelayer.envs.check.played import (
    Played,
    Problem,
    World,
    difference,
    is_over,
    replay,
    require,
    require_equal,
    start,
    step,
)

_PROCESS_SECONDS = 120
"""another process has this long to make the environment and play"""


def in_a_new_environment(world: World, played: Sequence[Played]) -> str:
    """Play the same actions in a new environment, the episodes in another order."""
    env = world.make()
    for episode in reversed(played):
        require_equal(episode, replay(env, episode.actions, episode.seed))
    env.close()
    return f"{len(played)} episodes"


def side_by_side(world: World, played: Sequence[Played]) -> str:
    """Play the episodes step by step in turn, each in an environment of its own, as a rollout does."""
    envs = [world.make() for _ in played]
    again = [
        Played(episode.seed, None, [start(env, episode.seed)], [])
        for env, episode in zip(envs, played, strict=True)
    ]
    for turn in range(max(len(episode.actions) for episode in played)):
        for env, episode, other in zip(envs, played, again, strict=True):
            if turn < len(episode.actions) and not is_over(other.told[-1]):
                other.actions.append(episode.actions[turn])
                other.told.append(step(env, episode.actions[turn]))
    for episode, other in zip(played, again, strict=True):
        require_equal(episode, other, " (beside others: is something shared, such as `random`?)")
    for env in envs:
        env.close()
    return f"{len(envs)} environments in turn"


def in_another_process(world: World, played: Sequence[Played]) -> str:
    """Play the same actions in a process with another hash seed and another time zone."""
    asked = {
        "env_id": world.env_id,
        "kwargs": dict(world.kwargs),
        "episodes": [(episode.seed, episode.actions) for episode in played],
    }
    try:
        question = json.dumps(asked)
    except (TypeError, ValueError):
        return "not tried: its arguments can't be written as JSON"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") == "0" else "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "TZ": _another_day(),
    }
    try:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "onelayer.envs.check.repeats"],
            input=question,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PROCESS_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Problem(f"another process is not ready in {_PROCESS_SECONDS} s") from None
    if ran.returncode:
        reason = (ran.stderr.strip().splitlines() or ["it does not say why"])[-1]
        if (
            "gymnasium.error" in reason
            or "UnknownName" in reason
            or reason.startswith("LookupError")
        ):
            return "not tried: only this process knows the id"
        raise Problem(f"another process does not come to an end: {reason}")
    for episode, there in zip(played, json.loads(ran.stdout.splitlines()[-1]), strict=True):
        here = _plain(episode)
        for number, (one, other) in enumerate(zip(here, there, strict=False)):
            for (name, value), again in zip(one.items(), other.values(), strict=True):
                require(
                    value == again,
                    f"seed {episode.seed}, step {number}: {name} {value!r}, and in another process, with "
                    f"another hash seed and time zone, {again!r}",
                )
        require(len(here) == len(there), f"seed {episode.seed}: an episode of another length")
    return f"{len(played)} episodes"


def with_seed_and_task(world: World, played: Sequence[Played]) -> str:
    """Start a task with a seed, twice and in two environments, as the members of a group do."""
    one, other = world.make(), world.make()
    if tasks_of(one) is None:
        return "there are no tasks: a task is a seed"
    chance = 0
    for episode in played:
        task = episode.its_task
        if task is None:
            return "the environment does not tell its tasks"
        first = replay(one, episode.actions, episode.seed + 7, task)
        require(first.its_task == task, f"task {task!r} was asked for, and {first.its_task!r} came")
        second = replay(other, episode.actions, episode.seed + 7, task)
        require_equal(first, second, f" (task {task!r})")
        third = replay(other, episode.actions, episode.seed + 8, task)
        chance += difference(first, third) is not None
    one.close()
    other.close()
    return "tasks have chance of their own, which the seed decides" if chance else ""


def _another_day() -> str:
    """Return a time zone in which the date now differs from the date in UTC."""
    return "Check-14" if time.gmtime().tm_hour >= 10 else "Check+12"


def _plain(episode: Played) -> list[dict[str, Any]]:
    """Return an episode's steps as JSON values; anchors become numbers, equal for equal anchors."""
    met: dict[Any, int] = {}
    rows = []
    for observation, reward, terminated, truncated, info in episode.told:
        try:
            anchor = met.setdefault(info.get("anchor"), len(met))
        except TypeError:  # not hashable, which the check of anchors reports
            anchor = -1
        admissible = info.get("admissible")
        rows.append(
            {
                "observation": observation,
                "reward": reward,
                "terminated": terminated,
                "truncated": truncated,
                "task": info.get("task"),
                "admissible": None if admissible is None else list(admissible),
                "valid": bool(info.get("valid", True)),
                "success": bool(info.get("success", False)),
                "which anchors are equal": anchor,
            }
        )
    return rows


def _answer() -> None:
    """Play what another process asks for on standard input; print what was told as one line."""
    asked = json.load(sys.stdin)
    env = World(asked["env_id"], asked["kwargs"]).make()
    told = [_plain(replay(env, actions, seed)) for seed, actions in asked["episodes"]]
    print(f"\n{json.dumps(told)}")


if __name__ == "__main__":
    _answer()
