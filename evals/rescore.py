"""Grading saved episodes again: the environment of today is shown the actions of then.

Nobody plays: each episode's task begins anew and its saved actions are taken one by one, through the
environment's own ``reset`` and ``step``. What comes back, rewards, success and the answer that was read,
is of today's grader.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from queue import SimpleQueue
from typing import Any

import gymnasium as gym

from onelayer.agents.episodes import Episode, Step
from onelayer.agents.rollout import rollout
from onelayer.evals.definition import Collection, Suite
from onelayer.evals.identity import digest_of, identify
from onelayer.evals.rows import Results

AT_ONCE = 16
"""episodes that are graded at once where steps wait for other processes"""


def rescore(results: Results) -> Results:
    """Return results in which every episode is graded by today's environment; the replies are as they were.

    An episode that ended in an error stays one. One whose task begins otherwise now, or that its saved
    actions no longer bring to an end, becomes one: it would have to be played again.

    Raises:
        ValueError: the environment cannot be made.
        LookupError: a task is no longer there.
    """
    graded: dict[tuple[str, str, int], Episode] = {}
    data = {}
    for part in results.suite.parts:
        label = part.name if isinstance(results.suite, Collection) else ""
        of_part = [e for e in results.episodes if e.part == label and e.error is None]
        episodes, data[label] = _rescored(part, of_part)
        graded |= {(e.part, e.task, e.attempt): e for e in episodes}
    return replace(
        results,
        episodes=tuple(graded.get((e.part, e.task, e.attempt), e) for e in results.episodes),
        data=data,
    )


def _rescored(suite: Suite, episodes: Sequence[Episode]) -> tuple[list[Episode], str]:
    """Return the graded episodes of one environment, and the digest of its tasks as they are now."""
    first = suite.make_env()
    waits = bool(getattr(first.unwrapped, "waits", False))
    envs = [first, *(suite.make_env() for _ in range((AT_ONCE if waits else 1) - 1))]
    free: SimpleQueue[gym.Env[str, str]] = SimpleQueue()
    try:
        digest = digest_of(identify(first, task) for task in suite.choose_tasks(first))
        for env in envs:
            free.put(env)
        with ThreadPoolExecutor(len(envs)) as threads:
            return list(threads.map(_graded, episodes, repeat(free))), digest
    finally:
        for env in envs:
            env.close()


def _graded(saved: Episode, free: "SimpleQueue[gym.Env[str, str]]") -> Episode:
    env = free.get()
    try:
        [now] = rollout([env], _Saved(saved), [_reset_by(saved.task)])
    except _CannotGoOn as problem:
        return replace(saved, success=False, truncated=True, error=f"rescore: {problem}")
    finally:
        free.put(env)
    steps = tuple(_with_reply(new, old) for new, old in zip(now.steps, saved.steps, strict=False))
    kind = now.kind or saved.kind
    return replace(now, steps=steps, kind=kind, attempt=saved.attempt, part=saved.part)


def _with_reply(new: Step, old: Step) -> Step:
    """Return a step as it is judged now, with what a model wrote then."""
    return replace(
        new,
        valid=new.valid and not (old.reply and not old.action),  # a reply that holds no action
        reply=old.reply,
        cut=old.cut,
        reply_tokens=old.reply_tokens,
        prompt_tokens=old.prompt_tokens,
        tokens=old.tokens,
        logprobs=old.logprobs,
    )


def _reset_by(task: str) -> str | int:
    """Return what starts a task: its id, or the seed in the name of one without an id."""
    seed = task.removeprefix("seed-")
    return int(seed) if seed != task and seed.isdecimal() else task


class _CannotGoOn(Exception):
    """A saved episode that today's environment cannot be shown."""


class _Saved:
    """Takes the actions of one saved episode; follows ``Agent``."""

    def __init__(self, episode: Episode):
        self._steps = list(episode.steps)
        self._first = self._steps[0].observation if self._steps else None

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """Do nothing: there is one episode."""

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[str]:
        """Return the next saved action.

        Raises:
            _CannotGoOn: the task begins otherwise than it did, or the actions are used up.
        """
        [observation] = observations
        if self._first is not None and observation != self._first:
            raise _CannotGoOn("the task begins with another text now")
        self._first = None
        if not self._steps:
            raise _CannotGoOn("the saved actions no longer bring the episode to an end")
        return [self._steps.pop(0).action]
