"""Playing: groups of episodes of the same task, many at once."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, MutableSequence, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Semaphore
from typing import TypeVar

import gymnasium as gym

from onelayer.agents.base import Agent, Unreadable
from onelayer.agents.boundary import (
    CONTEXT,
    WAITING_TIMEOUT,
    Answer,
    Failure,
    View,
    advance,
    begin,
    renewed,
)
from onelayer.agents.calls import in_thread
from onelayer.agents.episodes import Episode, Step
from onelayer.envs.attributes import attribute
from onelayer.envs.seeds import episode_seed

logger = logging.getLogger(__name__)

WAITING_STEPS = 32
"""resets and steps at once of environments that wait for other processes"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Place:
    """An episode that is to be played."""

    index: int
    """its place in the result"""
    task: str | int
    seed: int
    tries: int = 0
    """how often it has failed"""


@dataclass(slots=True)
class _Running:
    """An episode that is being played in one environment."""

    place: _Place
    view: View
    steps: list[Step] = field(default_factory=list)


def rollout(
    envs: MutableSequence[gym.Env[str, str]],
    agent: Agent,
    tasks: Sequence[str | int],
    group_size: int = 1,
    on_episode: Callable[[Episode], None] | None = None,
    *,
    seed: int = 0,
    step_timeout: float | None = None,
    retries: int = 1,
) -> list[Episode]:
    """Play every task ``group_size`` times; return the episodes task by task.

    As many episodes run at once as there are environments; one that ends makes room for the next. Whatever
    an environment does wrong ends its episode, with ``error`` set (see ``onelayer.agents.boundary``), and a
    fresh environment takes its place in ``envs`` where it is known how it was made. Environments that wait
    for other processes (``TextEnv.waits``) do so in threads, many at once.

    Args:
        envs: interchangeable environments.
        agent: told of a new episode by ``reset([slot])``.
        tasks: ids for ``reset(options={"task": id})``, or ints for ``reset(seed=...)`` of environments that
            have no ids.
        group_size: episodes of each task, in the same world; they are peers in credit assignment.
        on_episode: called with each episode as it ends.
        seed: with a task, and how often it came before, decides the world's random numbers.
        step_timeout: seconds that a reset or a step may take, 0 for any time; None for any time too, or where
            environments wait for others 600 s.
        retries: how often an episode that failed is played again, from its start in a fresh environment.

    Raises:
        ValueError: there is no environment, or ``group_size`` is not positive.
        LookupError: a task does not exist.
    """
    if not envs:
        raise ValueError("rollout needs at least one environment")
    if group_size < 1:
        raise ValueError(f"group_size must be at least 1, got {group_size}")
    _require_tasks(envs[0], tasks)
    waits = bool(attribute(envs[0], "waits", False)) and len(envs) > 1
    if step_timeout is None:
        step_timeout = WAITING_TIMEOUT if waits else 0
    player = _Player(envs, agent, on_episode, step_timeout or None, retries, waits)
    return player.play(_places(tasks, group_size, seed))


class _Player:
    """Plays episodes in environments that belong to it while it plays."""

    def __init__(
        self,
        envs: MutableSequence[gym.Env[str, str]],
        agent: Agent,
        on_episode: Callable[[Episode], None] | None,
        timeout: float | None,
        retries: int,
        waits: bool,
    ):
        self.envs, self.agent, self.on_episode = envs, agent, on_episode
        self.timeout, self.retries, self.waits = timeout, retries, waits
        self.gate = Semaphore(WAITING_STEPS)
        self.running: dict[int, _Running] = {}
        self.finished: dict[int, Episode] = {}
        self.told: set[str] = set()

    def play(self, places: Sequence[_Place]) -> list[Episode]:
        """Play an episode for each place."""
        self.agent.reset()
        waiting = list(reversed(places))
        while self.running or waiting:
            self._begin(waiting)
            if self.running:
                self._advance(waiting)
        return [self.finished[place.index] for place in places]

    def _begin(self, waiting: list[_Place]) -> None:
        """Fill the environments that are free."""
        while waiting and len(self.running) < len(self.envs):
            free = [slot for slot in range(len(self.envs)) if slot not in self.running]
            places = {slot: waiting.pop() for slot in free if waiting}
            calls = [
                partial(begin, self.envs[slot], place.task, place.seed, self.timeout)
                for slot, place in places.items()
            ]
            for (slot, place), view in zip(places.items(), self._all(calls), strict=True):
                if isinstance(view, Failure):
                    self._fail(slot, place, (), view, waiting)
                else:
                    self.running[slot] = _Running(place, view)
                    self.agent.reset([slot])

    def _advance(self, waiting: list[_Place]) -> None:
        """Take an action in every running episode."""
        slots = list(self.running)
        views = [self.running[slot].view for slot in slots]
        actions = self.agent.act(
            [view.observation for view in views], [view.info for view in views], slots
        )
        if len(actions) != len(slots):
            raise ValueError(f"the agent gave {len(actions)} actions for {len(slots)} observations")
        calls = [
            partial(self._answer, self.envs[slot], view, action)
            for slot, view, action in zip(slots, views, actions, strict=True)
        ]
        for slot, action, answer in zip(slots, actions, self._all(calls), strict=True):
            running = self.running[slot]
            if isinstance(answer, Failure):
                del self.running[slot]
                self._fail(slot, running.place, running.steps, answer, waiting)
                continue
            running.steps.append(_step(running.view, action, answer))
            running.view = answer.view
            if answer.is_last:
                del self.running[slot]
                self._end(running.place, _episode(running, answer))

    def _answer(self, env: gym.Env[str, str], view: View, action: str) -> Answer | Failure:
        if isinstance(action, Unreadable):
            return Failure(CONTEXT, str(action))
        return advance(env, view, str(action), self.timeout)

    def _all(self, calls: Sequence[Callable[[], T]]) -> Iterable[T]:
        """Make calls to environments: in threads where these wait for others."""
        if not self.waits:
            return (call() for call in calls)
        futures = [in_thread(self._gated, call) for call in calls]
        return (future.result() for future in futures)

    def _gated(self, call: Callable[[], T]) -> T:
        with self.gate:
            return call()

    def _end(self, place: _Place, episode: Episode) -> None:
        self.finished[place.index] = episode
        if self.on_episode is not None:
            self.on_episode(episode)

    def _fail(
        self,
        slot: int,
        place: _Place,
        steps: Sequence[Step],
        failure: Failure,
        waiting: list[_Place],
    ) -> None:
        """End an episode, or put it first in the queue again; its environment is replaced."""
        task = place.task if isinstance(place.task, str) else f"seed-{place.task}"
        if str(failure) not in self.told:  # once, not for all that fail in the same way
            self.told.add(str(failure))
            logger.warning("an episode of task %s failed: %s", task, failure)
        fresh = None if failure.where == CONTEXT else renewed(self.envs[slot])
        if fresh is not None:
            self.envs[slot] = fresh
            if place.tries < self.retries:
                waiting.append(replace(place, tries=place.tries + 1))
                return
        failed = Episode(task, tuple(steps), success=False, error=str(failure), truncated=True)
        self._end(place, failed)


def _places(tasks: Sequence[str | int], group_size: int, seed: int) -> list[_Place]:
    """Return the episodes of all groups; a task that comes again is another world of the same task."""
    places: list[_Place] = []
    times: Counter[str | int] = Counter()
    for task in tasks:
        drawn = episode_seed(seed, str(task), times[task])
        times[task] += 1
        places += [_Place(len(places) + i, task, drawn) for i in range(group_size)]
    return places


def _require_tasks(env: gym.Env[str, str], tasks: Sequence[str | int]) -> None:
    """Refuse a task that does not exist: it is the caller's mistake, not the environment's failure."""
    listed = attribute(env, "tasks")
    if listed is None:
        return
    listed = set(listed) if isinstance(listed, list | tuple) else listed
    for task in dict.fromkeys(tasks):
        if isinstance(task, str) and task not in listed:
            raise LookupError(
                f"there is no task {task!r} here; one is {next(iter(listed), None)!r}"
            )


def _step(view: View, action: str, answer: Answer) -> Step:
    trace = getattr(action, "trace", None)
    return Step(
        observation=view.observation,
        action=str(action),
        reward=answer.reward,
        anchor=view.anchor,
        valid=answer.valid and (trace is None or action != ""),
        admissible=view.admissible,
        answer=answer.extracted,
        reward_parts=answer.reward_parts,
        reply_tokens=0 if trace is None else len(trace.action_ids),
        **({} if trace is None else trace.fields()),
    )


def _episode(running: _Running, last: Answer) -> Episode:
    # Environments of others may not say whether they were solved: then a positive return counts.
    earned = sum(step.reward for step in running.steps)
    success = last.terminated and earned > 0 if last.success is None else last.success
    return Episode(
        task=running.view.task,
        steps=tuple(running.steps),
        success=success,
        truncated=last.truncated and not last.terminated,
        kind=last.view.kind,
    )
