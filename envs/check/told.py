"""Checks of what an environment tells in ``info``, and whether it is true."""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs.check.played import (
    Played,
    Problem,
    World,
    depends_on_chance,
    is_over,
    replay,
    require,
    start,
    step,
)

_BOOL = (bool, np.bool_)
_NONSENSE = ("", "   ", "\x00 xyzzy \u2603", "look\nlook", "a" * 5_000)
_CHANCE = "not tried: chance decides as well"
_SAME_AGAIN = 12
"""how many times one action is repeated, so that states are reached along several paths"""


def info(played: Sequence[Played]) -> str:
    """Check the kinds of ``task``, ``valid`` and ``success``."""
    missing = set()
    for episode in played:
        for told in episode.told:
            info = told[4]
            missing |= {"task", "valid"} - set(info)
            task, valid = info.get("task", ""), info.get("valid", True)
            require(isinstance(task, str), f"info['task'] is {task!r}, not a str")
            require(isinstance(valid, _BOOL), f"info['valid'] is {valid!r}, not a bool")
        end = episode.told[-1][4]
        missing |= {"success"} - set(end)
        success = end.get("success", False)
        require(isinstance(success, _BOOL), f"info['success'] is {success!r}, not a bool")
    return f"it does not tell: {', '.join(sorted(missing))}" if missing else ""


def admissible(played: Sequence[Played]) -> str:
    """Check that what is listed is a tuple, and is understood."""
    listed = False
    for episode in played:
        for i, action in enumerate(episode.actions):
            actions = episode.told[i][4].get("admissible")
            if actions is None:
                continue
            listed = True
            kind = type(actions).__name__
            require(isinstance(actions, tuple), f"info['admissible'] is a {kind}, not a tuple")
            valid = episode.told[i + 1][4].get("valid", True)
            require(valid or action not in actions, f"{action!r} was admissible and then not valid")
    return "" if listed else "they are not listed, so the random agent types at random"


def anchors(played: Sequence[Played]) -> str:
    """Check that anchors can be compared, and that no two tasks share one."""
    task_of: dict[Hashable, str] = {}
    for info in (told[4] for episode in played for told in episode.told):
        if "anchor" not in info:
            return "there is no info['anchor']: equal observations of a task count as equal states"
        anchor, task = info["anchor"], str(info.get("task", ""))
        try:
            other = task_of.setdefault(anchor, task)
        except TypeError:
            raise Problem(f"info['anchor'] is not hashable: {anchor!r}") from None
        require(other == task, f"tasks {other!r} and {task!r} share the anchor {anchor!r}")
    return f"{len(task_of)} states seen"


def outcomes(world: World, env: gym.Env[str, str], played: Sequence[Played]) -> str:
    """Check that an action has the same outcome in the same anchor: else the anchor merges two states."""
    if any("anchor" not in told[4] for episode in played for told in episode.told):
        return "there is no info['anchor']"
    if depends_on_chance(world, env, played):
        return _CHANCE
    outcome_of: dict[tuple[Hashable, str], tuple[Any, ...]] = {}
    for episode in [*played, *_in_other_ways(env, played)]:
        told = episode.told
        for before, action, after in zip(told, episode.actions, told[1:], strict=False):
            if after[3]:
                continue  # the step limit is no property of the state
            observation, reward, terminated, _, info = after
            outcome = (observation, reward, terminated, info["anchor"], info.get("valid", True))
            anchor = before[4]["anchor"]
            first = outcome_of.setdefault((anchor, action), outcome)
            for one, other in zip(first, outcome, strict=True):
                require(
                    one == other,
                    f"{action!r:.60} at the anchor {anchor!r:.80} leads to {one!r:.80}, and another time to "
                    f"{other!r:.80}: the anchor merges two states",
                )
    return f"{len(outcome_of)} pairs of state and action"


def _in_other_ways(env: gym.Env[str, str], played: Sequence[Played]) -> list[Played]:
    """Return episodes that repeat one action, and episodes that alternate between two."""
    found = []
    for episode in played[:3]:
        said = list(dict.fromkeys(episode.actions))[:3]
        for action in said:
            found.append(replay(env, [action] * _SAME_AGAIN, episode.seed))
        if len(said) > 1:
            found.append(replay(env, said[:2] * (_SAME_AGAIN // 2), episode.seed))
            found.append(replay(env, said[1::-1] * (_SAME_AGAIN // 2), episode.seed))
    return found


def rewards(played: Sequence[Played]) -> str:
    """Check that rewards are numbers that can be compared."""
    earned = [told[1] for episode in played for told in episode.told[1:]]
    for reward in earned:
        require(math.isfinite(reward), f"a reward is {reward}")
    return f"from {min(earned):g} to {max(earned):g}"


def not_understood(world: World, env: gym.Env[str, str], played: Sequence[Played]) -> str:
    """Check that an invalid action changes nothing except the number of steps left."""
    if depends_on_chance(world, env, played):
        return _CHANCE
    tried = 0
    for episode in played:
        for nonsense in _NONSENSE[:3]:
            start(env, episode.seed)
            told = step(env, nonsense)
            if told[4].get("valid", True) or is_over(told):
                continue
            tried += 1
            _goes_on_as_before(env, episode, nonsense)
    return "" if tried else "everything counts as understood, or ends the episode"


def _goes_on_as_before(env: gym.Env[str, str], episode: Played, nonsense: str) -> None:
    """Play the rest of an episode, after nonsense was said at its start."""
    for number, (action, usual) in enumerate(zip(episode.actions, episode.told[1:], strict=True)):
        told = step(env, action)
        if is_over(told) or is_over(usual):
            return
        for what, one, other in zip(("observation", "reward"), usual, told, strict=False):
            require(
                one == other,
                f"{nonsense!r} is not valid and changes something: after it, {action!r:.60} (step "
                f"{number + 1} of seed {episode.seed}) leads to the {what} {other!r:.80}, not {one!r:.80}",
            )


def nonsense(env: gym.Env[str, str], seed: int) -> str:
    """Check that any text is an action."""
    valid = []
    for action in _NONSENSE:
        start(env, seed)
        told = step(env, action)
        valid.append(bool(told[4].get("valid", True)))
    return "all of it counts as valid" if all(valid) else ""
