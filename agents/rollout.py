"""Playing: groups of episodes of the same task, many at once."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Semaphore
from typing import Any

import gymnasium as gym

from onelayer.agents.base import Agent, ContinuousAgent
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
"""resets and steps at once of environments that wait for other processes (``TextEnv.waits``)"""
_TAKEN_UP_AFTER = 32
"""in a reproducible rollout: steps of the agent after which an environment's answer is taken up"""

_Result = View | Answer | Failure


@dataclass(frozen=True, slots=True)
class _Place:
    """An episode that is to be played."""

    index: int
    """its place in the result"""
    task: str | int
    seed: int
    attempt: int = 0
    """which time its task is played"""
    tries: int = 0
    """how often it has failed"""


@dataclass(slots=True)
class _Running:
    """An episode that is being played in one environment."""

    place: _Place
    view: View | None = None
    """what the agent read last; None until the episode has begun"""
    action: str = ""
    """what it did then"""
    steps: list[Step] = field(default_factory=list)


def rollout(
    envs: MutableSequence[gym.Env[str, str]],
    agent: Agent,
    tasks: Sequence[str | int],
    group_size: int = 1,
    on_episode: Callable[[Episode], None] | None = None,
    reproducible: bool = False,
    *,
    seed: int = 0,
    step_timeout: float | None = None,
    retries: int = 1,
) -> list[Episode]:
    """Play every task ``group_size`` times; return the episodes task by task.

    As many episodes run at once as there are environments; one that ends makes room for the next. With a
    ``ContinuousAgent`` an episode goes on as soon as its own action is there, whichever others are still
    waited for. Environments that wait for other processes (``TextEnv.waits``) do so in threads, many at
    once, while the agent goes on.

    Whatever an environment does wrong ends its episode, with ``error`` set (see
    ``onelayer.agents.boundary``), and a fresh environment takes its place in ``envs`` where it is known how
    it was made.

    Args:
        envs: interchangeable environments.
        agent: told of a new episode by ``reset([slot])``.
        tasks: ids for ``reset(options={"task": id})``, or ints for ``reset(seed=...)`` of environments that
            have no ids.
        group_size: episodes of each task, in the same world; they are peers in credit assignment.
        on_episode: called with each episode as it ends.
        reproducible: which episodes a model reads and writes for at the same time decides the last digits
            of its numbers. True lets that never depend on how long environments wait: an answer is taken up
            a fixed number of the agent's steps after it was asked for. Then a slow one holds the others up.
        seed: with a task, and how often it came before, decides the world's random numbers.
        step_timeout: seconds that a reset or a step may take, 0 for any time; None for any time too, or where
            environments wait for others 600 s.
        retries: how often an episode that failed is played again, from its start in a fresh environment.

    Raises:
        ValueError: there is no environment, or ``group_size`` is not positive.
        LookupError: a task does not exist.
    """
    played = begin_rollout(
        envs,
        agent,
        tasks,
        group_size,
        on_episode,
        reproducible,
        seed=seed,
        step_timeout=step_timeout,
        retries=retries,
    )
    while played.runs:
        played.turn()
    return played.episodes


def begin_rollout(
    envs: MutableSequence[gym.Env[str, str]],
    agent: Agent,
    tasks: Sequence[str | int],
    group_size: int = 1,
    on_episode: Callable[[Episode], None] | None = None,
    reproducible: bool = False,
    *,
    seed: int = 0,
    step_timeout: float | None = None,
    retries: int = 1,
) -> "Rollout":
    """Begin what ``rollout`` plays to its end, and return it: several rollouts can take turns.

    The arguments and errors are those of ``rollout``.
    """
    if not envs:
        raise ValueError("rollout needs at least one environment")
    if group_size < 1:
        raise ValueError(f"group_size must be at least 1, got {group_size}")
    _require_tasks(envs[0], tasks)
    waits = bool(attribute(envs[0], "waits", False))
    if step_timeout is None:
        step_timeout = WAITING_TIMEOUT if waits else 0
    begun = Rollout(envs, agent, on_episode, waits and len(envs) > 1, reproducible)
    begun.timeout, begun.retries = step_timeout or None, retries
    begun.begin(_places(tasks, group_size, seed))
    return begun


def _places(tasks: Sequence[str | int], group_size: int, seed: int) -> list[_Place]:
    """Return the episodes of all groups; a task that comes again is another world of the same task."""
    places: list[_Place] = []
    times: Counter[str | int] = Counter()
    for task in tasks:
        drawn = episode_seed(seed, str(task), times[task])
        first = times[task] * group_size
        times[task] += 1
        places += [_Place(len(places) + i, task, drawn, first + i) for i in range(group_size)]
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


class Rollout:
    """The episodes that run, those whose action is awaited, and those whose environment is."""

    timeout: float | None = None
    retries = 0

    def __init__(
        self,
        envs: MutableSequence[gym.Env[str, str]],
        agent: Agent,
        on_episode: Callable[[Episode], None] | None,
        in_threads: bool,
        reproducible: bool,
    ):
        self.envs, self.agent, self.on_episode = envs, agent, on_episode
        self.in_threads, self.reproducible = in_threads, reproducible
        self.asked: ContinuousAgent = (
            agent if isinstance(agent, ContinuousAgent) else _InTurns(agent)
        )
        self.left: deque[_Place] = deque()
        self.finished: dict[int, Episode] = {}
        self.running: dict[int, _Running] = {}
        self.thinking: set[int] = set()
        """slots whose action is awaited"""
        self.ready: deque[tuple[int, _Result]] = deque()
        """slots whose environment has answered, and what"""
        self.acting: deque[tuple[int, int, Future[_Result]]] = deque()
        """when to take it up, slot and result of each call that is made in a thread, oldest first"""
        self.ticks = 0
        self.gate = Semaphore(WAITING_STEPS)
        self.told: set[str] = set()

    def begin(self, places: Sequence[_Place]) -> None:
        """Begin as many of these episodes as there are environments."""
        self.agent.reset()
        self.left.extend(places)
        self._fill()

    @property
    def runs(self) -> bool:
        """Whether an episode is still running."""
        return bool(self.running)

    def turn(self) -> None:
        """Take up what environments answered, let the agent go on for a moment, and act."""
        for slot, result in self._results():
            self._take_up(slot, result)
        if self.thinking:
            self.ticks += 1
            for slot, action in self.asked.step():
                self.thinking.discard(slot)
                self._act(slot, action)

    @property
    def episodes(self) -> list[Episode]:
        """What was played to its end, in the order of the places."""
        return [self.finished[index] for index in sorted(self.finished)]

    def _fill(self) -> None:
        """Begin the next episodes in the environments that are free."""
        for slot, env in enumerate(self.envs):
            if slot not in self.running and self.left:
                place = self.left.popleft()
                self.running[slot] = _Running(place)
                self._call(slot, partial(begin, env, place.task, place.seed, self.timeout))

    def _act(self, slot: int, action: str | Exception) -> None:
        """Take the action in the episode's environment."""
        running = self.running[slot]
        assert running.view is not None
        if isinstance(action, Exception):
            self.ready.append((slot, Failure(CONTEXT, str(action))))
            return
        running.action = action
        env, said = self.envs[slot], str(action)  # without the tokens it is made of
        self._call(slot, partial(advance, env, running.view, said, self.timeout))

    def _call(self, slot: int, call: Callable[[], _Result]) -> None:
        """Ask an environment for its answer, in a thread where it waits for others."""
        if self.in_threads:
            future = in_thread(self._gated, call)
            self.acting.append((self.ticks + _TAKEN_UP_AFTER, slot, future))
        else:
            self.ready.append((slot, call()))

    def _gated(self, call: Callable[[], _Result]) -> _Result:
        with self.gate:
            return call()

    def _results(self) -> Iterator[tuple[int, _Result]]:
        """Yield the answers that are to be taken up now; wait where nothing else is to be done."""
        while self.ready:
            yield self.ready.popleft()
        idle = not self.thinking
        if self.reproducible:
            while self.acting and (idle or self.acting[0][0] <= self.ticks):
                _, slot, future = self.acting.popleft()
                yield slot, future.result()
            return
        if idle and self.acting:
            wait([future for _, _, future in self.acting], return_when=FIRST_COMPLETED)
        done = [entry for entry in self.acting if entry[2].done()]
        for entry in done:
            self.acting.remove(entry)
            yield entry[1], entry[2].result()

    def _take_up(self, slot: int, result: _Result) -> None:
        """Ask for the next action, or end the episode and begin another in its place."""
        running = self.running[slot]
        if isinstance(result, Failure):
            self._fail(slot, result)
            return
        if isinstance(result, View):
            running.view = result
            self.agent.reset([slot])
        else:
            assert running.view is not None
            running.steps.append(_step(running.view, running.action, result))
            running.view = result.view
            if result.is_last:
                self._end(slot, _episode(running, result))
                return
        self.asked.submit(slot, running.view.observation, running.view.info)
        self.thinking.add(slot)

    def _fail(self, slot: int, failure: Failure) -> None:
        """End an episode, or let it be the next to be played again; its environment is replaced."""
        running = self.running[slot]
        place = running.place
        name = place.task if isinstance(place.task, str) else f"seed-{place.task}"
        task = name if running.view is None else running.view.task
        if str(failure) not in self.told:  # once, not for all that fail in the same way
            self.told.add(str(failure))
            logger.warning("an episode of task %s failed: %s", task, failure)
        fresh = None if failure.where == CONTEXT else renewed(self.envs[slot])
        if fresh is not None:
            self.envs[slot] = fresh
            if place.tries < self.retries:
                self.left.appendleft(replace(place, tries=place.tries + 1))
                del self.running[slot]
                self._fill()
                return
        error = str(failure)
        self._end(slot, Episode(task, tuple(running.steps), False, error=error, truncated=True))

    def _end(self, slot: int, episode: Episode) -> None:
        place = self.running.pop(slot).place
        episode = replace(episode, attempt=place.attempt)
        self.finished[place.index] = episode
        if self.on_episode is not None:
            self.on_episode(episode)
        self._fill()


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
        fallback=answer.fallback,
        timeouts=answer.timeouts,
        reward_parts=answer.reward_parts,
        **({} if trace is None else {"reply_tokens": len(trace.action_ids), **trace.fields()}),
    )


def _episode(running: _Running, last: Answer) -> Episode:
    success = last.solved(sum(step.reward for step in running.steps))
    return Episode(
        task=last.view.task,
        steps=tuple(running.steps),
        success=success,
        truncated=last.truncated and not last.terminated,
        env=str(last.view.info.get("env", "")),
        kind=last.view.kind,
    )
