"""Playing: groups of episodes of the same task, many at once."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import gymnasium as gym

from onelayer.agents.base import Agent, ContinuousAgent
from onelayer.agents.boundary import (
    CONTEXT,
    WAITING_TIMEOUT,
    Failure,
    View,
    advance,
    begin,
    renewed,
)
from onelayer.agents.env_calls import EnvCalls, Result
from onelayer.agents.episode_keys import ATTEMPT
from onelayer.agents.episodes import Episode
from onelayer.agents.running import Place, Running, episode_of, step_of
from onelayer.envs.attributes import attribute
from onelayer.envs.seeds import episode_seed
from onelayer.errors import UnknownName

logger = logging.getLogger(__name__)

_LONG = 1000
"""steps after which a warning names an episode that still goes on"""


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
    ``onelayer.agents.boundary``). A fresh environment takes its place in ``envs`` if it came from
    ``gymnasium.make``.

    Args:
        envs: interchangeable environments.
        agent: told of a new episode by ``reset([slot])``.
        tasks: ids for ``reset(options={"task": id})``, or ints for ``reset(seed=...)`` of environments that
            have no ids.
        group_size: episodes of each task, in the same world; they are peers in credit assignment.
        on_episode: called with each episode as it ends.
        reproducible: take up an environment's answer a fixed number of the agent's steps after the call,
            however long it took. A model's rounding depends on which episodes share a batch; with True this
            does not depend on timing. The price: a slow environment holds the others up.
        seed: decides the world's random numbers, together with the task and how often the task came before.
        step_timeout: seconds that a reset or a step may take; 0 for no limit. None: 600 where environments
            wait for other processes, no limit elsewhere.
        retries: how often an episode that failed is played again, from its start in a fresh environment.

    Raises:
        ValueError: there is no environment, or ``group_size`` is not positive.
        UnknownName: a task does not exist.
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
    """Begin a rollout and return it unfinished, so that several rollouts can take turns.

    The arguments and errors are those of ``rollout``, which plays it to its end.
    """
    if not envs:
        raise ValueError("rollout needs at least one environment")
    if group_size < 1:
        raise ValueError(f"group_size must be at least 1, got {group_size}")
    _require_tasks(envs[0], tasks)
    waits = bool(attribute(envs[0], "waits", False))
    if step_timeout is None:
        step_timeout = WAITING_TIMEOUT if waits else 0
    in_threads = waits and len(envs) > 1
    calls = EnvCalls(in_threads, reproducible)
    begun = Rollout(envs, agent, calls, on_episode, step_timeout or None, retries)
    begun.begin(_places(tasks, group_size, seed))
    return begun


def _places(tasks: Sequence[str | int], group_size: int, seed: int) -> list[Place]:
    """Return the episodes of all groups; a task that is listed again gets another world of the same task."""
    places: list[Place] = []
    times: Counter[str | int] = Counter()
    for task in tasks:
        drawn = episode_seed(seed, str(task), times[task])
        first = times[task] * group_size
        times[task] += 1
        places += [Place(len(places) + i, task, drawn, first + i) for i in range(group_size)]
    return places


def _require_tasks(env: gym.Env[str, str], tasks: Sequence[str | int]) -> None:
    """Refuse a task that does not exist: it is the caller's mistake, not the environment's failure."""
    listed = attribute(env, "tasks")
    if listed is None:
        return
    listed = set(listed) if isinstance(listed, list | tuple) else listed
    for task in dict.fromkeys(tasks):
        if isinstance(task, str) and task not in listed:
            raise UnknownName(
                f"there is no task {task!r} here; one is {next(iter(listed), None)!r}"
            )


class _InTurns:
    """Makes a ``ContinuousAgent`` of an ``Agent``: one ``step`` answers everything that was submitted."""

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
    """The running episodes: each waits for the agent's action or for its environment's answer."""

    def __init__(
        self,
        envs: MutableSequence[gym.Env[str, str]],
        agent: Agent,
        calls: EnvCalls,
        on_episode: Callable[[Episode], None] | None,
        timeout: float | None,
        retries: int,
    ):
        self.envs, self.agent, self.calls, self.on_episode = envs, agent, calls, on_episode
        self.timeout, self.retries = timeout, retries
        self.asked: ContinuousAgent = (
            agent if isinstance(agent, ContinuousAgent) else _InTurns(agent)
        )
        self.left: deque[Place] = deque()
        self.finished: dict[int, Episode] = {}
        self.running: dict[int, Running] = {}
        self.thinking: set[int] = set()
        """slots whose action is awaited"""
        self.told: set[str] = set()

    def begin(self, places: Sequence[Place]) -> None:
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
        for slot, result in self.calls.take(self.thinking):
            self._take_up(slot, result)
        if self.thinking:
            self.calls.tick()
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
                self.running[slot] = Running(place)
                self.calls.ask(slot, partial(begin, env, place.task, place.seed, self.timeout))

    def _act(self, slot: int, action: str | Exception) -> None:
        """Take the action in the episode's environment."""
        running = self.running[slot]
        assert running.view is not None
        if isinstance(action, Exception):
            self.calls.put(slot, Failure(CONTEXT, str(action)))
            return
        running.action = action
        env, said = self.envs[slot], str(action)  # without the tokens it is made of
        self.calls.ask(slot, partial(advance, env, running.view, said, self.timeout))

    def _take_up(self, slot: int, result: Result) -> None:
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
            running.steps.append(step_of(running.view, running.action, result))
            running.view = result.view
            if len(running.steps) == _LONG:
                logger.warning(
                    "an episode of task %s has taken %d steps and goes on: give its environment a limit, "
                    "max_episode_steps in gym.register or max_steps of a TextEnv",
                    *(running.view.task, _LONG),
                )
            if result.is_last:
                self._end(slot, episode_of(running, result))
                return
        info, place = running.view.info, running.place
        if isinstance(place.task, str):  # where tasks are seeds, several may have one name
            info = {**info, ATTEMPT: place.attempt}
        self.asked.submit(slot, running.view.observation, info)
        self.thinking.add(slot)

    def _fail(self, slot: int, failure: Failure) -> None:
        """Replace the environment, and play the episode again if tries are left, else end it."""
        running = self.running[slot]
        place = running.place
        name = place.task if isinstance(place.task, str) else f"seed-{place.task}"
        task = name if running.view is None else running.view.task
        if str(failure) not in self.told:  # one warning for all that fail in the same way
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
