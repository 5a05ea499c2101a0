"""Playing: groups of episodes of the same task, many at once."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym

from onelayer.agents.base import Agent, ContinuousAgent
from onelayer.agents.episodes import Episode, Step

logger = logging.getLogger(__name__)

WAITING_STEPS = 32
"""steps at once of environments that wait for other processes (``TextEnv.waits``)"""
_TAKEN_UP_AFTER = 32
"""in a reproducible rollout: steps of the agent after which an environment's answer is taken up"""


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
    reproducible: bool = False,
) -> list[Episode]:
    """Play every task ``group_size`` times; return the episodes task by task.

    As many episodes run at once as there are environments; one that ends makes room for the next. With a
    ``ContinuousAgent`` an episode goes on as soon as its own action is there, whichever others are still
    waited for. An environment that raises ends its episode, truncated, with ``error`` set. Environments whose
    steps wait for other processes (``TextEnv.waits``) take them in threads, many at once, while the agent
    goes on.

    Args:
        envs: interchangeable environments.
        agent: told of a new episode by ``reset([slot])``.
        tasks: ids for ``reset(options={"task": id})``, or ints for ``reset(seed=...)`` of environments that
            have no ids.
        group_size: episodes of each task; they are peers in credit assignment.
        on_episode: called with each episode as it ends.
        reproducible: which episodes a model reads and writes for at the same time decides the last digits
            of its numbers. True lets that never depend on how long environments wait: an answer is taken up
            a fixed number of the agent's steps after it was asked for. Then a slow one holds the others up.

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
        finished[index] = episode
        if on_episode is not None:
            on_episode(episode)

    with ExitStack() as stack:
        threads = None
        if len(envs) > 1 and getattr(envs[0].unwrapped, "waits", False):
            threads = stack.enter_context(ThreadPoolExecutor(min(len(envs), WAITING_STEPS)))
        _Rollout(envs, agent, waiting, end, threads, reproducible).play()
    return [finished[i] for i in range(len(waiting))]


class _InTurns:
    """A ``ContinuousAgent`` made of an ``Agent``: it answers all that was submitted, at once."""

    def __init__(self, agent: Agent):
        self._agent = agent
        self._asked: dict[int, tuple[str, Mapping[str, Any]]] = {}

    def submit(self, slot: int, observation: str, info: Mapping[str, Any]) -> None:
        self._asked[slot] = (observation, info)

    def step(self) -> list[tuple[int, str]]:
        asked, self._asked = self._asked, {}
        observations, infos = zip(*asked.values(), strict=True)
        actions = self._agent.act(observations, infos, list(asked))
        if len(actions) != len(asked):
            raise ValueError(f"the agent gave {len(actions)} actions for {len(asked)} observations")
        return list(zip(asked, actions, strict=True))


class _Rollout:
    """The episodes that run, those whose action is awaited, and those whose environment is."""

    def __init__(
        self,
        envs: Sequence[gym.Env[str, str]],
        agent: Agent,
        tasks: Sequence[str | int],
        end: Callable[[int, Episode], None],
        threads: ThreadPoolExecutor | None,
        reproducible: bool,
    ):
        self.envs, self.agent, self.end = envs, agent, end
        self.threads, self.reproducible = threads, reproducible
        self.asked: ContinuousAgent = (
            agent if isinstance(agent, ContinuousAgent) else _InTurns(agent)
        )
        self.left = deque(enumerate(tasks))
        self.running: dict[int, _Running] = {}
        self.thinking: set[int] = set()
        """slots whose action is awaited"""
        self.acting: deque[tuple[int, int, Future[Episode | None]]] = deque()
        """when to take it up, slot and result of each step that is taken in a thread, oldest first"""
        self.ticks = 0

    def play(self) -> None:
        """Play all tasks to their ends."""
        self.agent.reset()
        self._fill()
        while self.running:
            for slot, episode in self._results():
                self._go_on(slot, episode)
            if self.thinking:
                self.ticks += 1
                for slot, action in self.asked.step():
                    self.thinking.discard(slot)
                    self._act(slot, action)

    def _fill(self) -> None:
        """Begin the next episodes in the environments that are free."""
        for slot, env in enumerate(self.envs):
            while slot not in self.running and self.left:
                index, task = self.left.popleft()
                begun = _begin(index, env, task)
                if isinstance(begun, Episode):
                    self.end(index, begun)
                else:
                    self.running[slot] = begun
                    self.agent.reset([slot])
                    self._ask(slot)

    def _ask(self, slot: int) -> None:
        running = self.running[slot]
        self.asked.submit(slot, running.observation, running.info)
        self.thinking.add(slot)

    def _act(self, slot: int, action: str | Exception) -> None:
        """Take the action in the episode's environment, in a thread if that waits."""
        running = self.running[slot]
        if isinstance(action, Exception):
            self._go_on(slot, _failed(running.task, running.steps, action))
        elif self.threads is None:
            self._go_on(slot, _advance(running, action))
        else:
            future = self.threads.submit(_advance, running, action)
            self.acting.append((self.ticks + _TAKEN_UP_AFTER, slot, future))

    def _results(self) -> Iterator[tuple[int, Episode | None]]:
        """Yield what came of the steps that are to be taken up now; wait where nothing else is to be done."""
        idle = not self.thinking
        if self.reproducible:
            while self.acting and (idle or self.acting[0][0] <= self.ticks):
                _, slot, future = self.acting.popleft()
                yield slot, future.result()
            return
        if idle:
            wait([future for _, _, future in self.acting], return_when=FIRST_COMPLETED)
        done = [entry for entry in self.acting if entry[2].done()]
        for entry in done:
            self.acting.remove(entry)
            yield entry[1], entry[2].result()

    def _go_on(self, slot: int, episode: Episode | None) -> None:
        """Ask for the next action, or end the episode and begin another in its place."""
        if episode is None:
            self._ask(slot)
        else:
            self.end(self.running.pop(slot).index, episode)
            self._fill()


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
        reply_tokens=0 if trace is None else len(trace.action_ids),
        **({} if trace is None else trace.fields()),
    )


def _failed(task: str, steps: Sequence[Step], error: Exception) -> Episode:
    logger.warning("an environment failed on task %s: %r", task, error)
    return Episode(task, tuple(steps), success=False, error=repr(error), truncated=True)
