"""Playing: groups of episodes of the same task, many at once."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium as gym

from onelayer.agents.base import Agent
from onelayer.agents.episodes import Episode, Step

logger = logging.getLogger(__name__)

WAITING_STEPS = 32
"""steps at once of environments that wait for other processes (``TextEnv.waits``)"""

Advance = Callable[[Iterable["_Running"], Iterable[str]], Iterable[Episode | None]]


@dataclass(slots=True)
class _Running:
    """An episode that is being played in one environment."""

    index: int
    """its place in the result"""
    env: gym.Env[str, str]
    task: str
    observation: str
    info: Mapping[str, Any]
    steps: list[Step] = field(default_factory=list)


def rollout(
    envs: Sequence[gym.Env[str, str]],
    agent: Agent,
    tasks: Sequence[str | int],
    group_size: int = 1,
    on_episode: Callable[[Episode], None] | None = None,
) -> list[Episode]:
    """Play every task ``group_size`` times; return the episodes task by task.

    As many episodes run at once as there are environments; one that ends makes room for the next. An
    environment that raises ends its episode, truncated, with ``error`` set. Environments whose steps wait for
    other processes (``TextEnv.waits``) take them in threads, many at once.

    Args:
        envs: interchangeable environments.
        agent: told of a new episode by ``reset([slot])``.
        tasks: ids for ``reset(options={"task": id})``, or ints for ``reset(seed=...)`` of environments that
            have no ids.
        group_size: episodes of each task; they are peers in credit assignment.
        on_episode: called with each episode as it ends.

    Raises:
        ValueError: there is no environment, or ``group_size`` is not positive.
    """
    if not envs:
        raise ValueError("rollout needs at least one environment")
    if group_size < 1:
        raise ValueError(f"group_size must be at least 1, got {group_size}")
    waiting = [task for task in tasks for _ in range(group_size)]
    finished: dict[int, Episode] = {}

    def end(index: int, episode: Episode) -> None:
        episode = replace(episode, attempt=index % group_size)
        finished[index] = episode
        if on_episode is not None:
            on_episode(episode)

    with ExitStack() as stack:
        advance: Advance = lambda running, actions: map(_advance, running, actions)  # noqa: E731
        if len(envs) > 1 and getattr(envs[0].unwrapped, "waits", False):
            threads = stack.enter_context(ThreadPoolExecutor(min(len(envs), WAITING_STEPS)))
            advance = lambda running, actions: threads.map(_advance, running, actions)  # noqa: E731
        _play(envs, agent, waiting, advance, end)
    return [finished[i] for i in range(len(waiting))]


def _play(
    envs: Sequence[gym.Env[str, str]],
    agent: Agent,
    waiting: Sequence[str | int],
    advance: Advance,
    end: Callable[[int, Episode], None],
) -> None:
    """Play an episode of each task that is waiting; tell each one's place and what came of it."""
    agent.reset()
    running: dict[int, _Running] = {}
    started = 0
    while running or started < len(waiting):
        for slot in range(len(envs)):
            while slot not in running and started < len(waiting):
                begun = _begin(started, envs[slot], waiting[started])
                if isinstance(begun, Episode):
                    end(started, begun)
                else:
                    running[slot] = begun
                    agent.reset([slot])
                started += 1
        if not running:
            continue
        slots = list(running)
        actions = agent.act(
            [running[slot].observation for slot in slots],
            [running[slot].info for slot in slots],
            slots,
        )
        if len(actions) != len(slots):
            raise ValueError(f"the agent gave {len(actions)} actions for {len(slots)} observations")
        episodes = advance([running[slot] for slot in slots], actions)
        for slot, episode in zip(slots, episodes, strict=True):
            if episode is not None:
                end(running.pop(slot).index, episode)


def _begin(index: int, env: gym.Env[str, str], task: str | int) -> _Running | Episode:
    """Reset ``env`` to ``task``; an episode at once if that fails."""
    name = task if isinstance(task, str) else f"seed-{task}"
    try:
        if isinstance(task, str):
            observation, info = env.reset(options={"task": task})
        else:
            observation, info = env.reset(seed=task)
    except LookupError:
        raise  # a task that does not exist is the caller's mistake, not the environment's failure
    except Exception as error:
        return _failed(name, (), error)
    return _Running(index, env, str(info.get("task", name)), observation, info)


def _advance(running: _Running, action: str) -> Episode | None:
    """Take the action; return the episode if it is over."""
    unanswered: Exception | None = getattr(action, "error", None)
    if unanswered is not None:  # a server that is down is no fault of the model
        return _failed(running.task, running.steps, unanswered)
    try:
        observation, reward, terminated, truncated, info = running.env.step(str(action))
    except Exception as error:
        return _failed(running.task, running.steps, error)
    running.steps.append(_step(running, action, float(reward), info))
    running.observation, running.info = observation, info
    if not (terminated or truncated):
        return None
    total = sum(step.reward for step in running.steps)
    return Episode(
        task=running.task,
        steps=tuple(running.steps),
        # Environments of others may not say whether they were solved: then a positive return counts.
        success=bool(info.get("success", terminated and total > 0)),
        truncated=bool(truncated and not terminated),
        kind=str(info.get("kind", "")),
    )


def _step(running: _Running, action: str, reward: float, after: Mapping[str, Any]) -> Step:
    before, trace = running.info, getattr(action, "trace", None)
    answer = after.get("extracted")
    return Step(
        observation=running.observation,
        action=str(action),
        reward=reward,
        anchor=before.get("anchor", (running.task, running.observation)),
        valid=bool(after.get("valid", True)) and (trace is None or action != ""),
        admissible=before.get("admissible"),
        answer=None if answer is None else str(answer),
        reward_parts={name: float(part) for name, part in after.get("reward_parts", {}).items()},
        **({} if trace is None else {"reply_tokens": len(trace.action_ids), **trace.fields()}),
    )


def _failed(task: str, steps: Sequence[Step], error: Exception) -> Episode:
    logger.warning("an environment failed on task %s: %r", task, error)
    return Episode(task, tuple(steps), success=False, error=repr(error), truncated=True)
