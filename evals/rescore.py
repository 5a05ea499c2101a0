"""Grades saved episodes again, with today's environment.

No agent plays. Each episode's task begins again with the same seed, and the environment's own ``step`` takes
the saved actions one by one. Rewards, success and the extracted answer then come from today's grader.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from queue import SimpleQueue

import gymnasium as gym

from onelayer.agents.boundary import Answer, Failure, View, advance, begin, close
from onelayer.agents.episodes import Episode, Step
from onelayer.envs.attributes import attribute
from onelayer.envs.seeds import episode_seed
from onelayer.evals.definition import Collection, Suite
from onelayer.evals.result_rows import Results
from onelayer.evals.task_digests import digests_of, identify

AT_ONCE = 16
"""episodes graded at the same time, where steps wait for other processes"""


def rescore(results: Results) -> Results:
    """Return results in which every episode is graded by today's environment; the replies are as they were.

    An episode that ended in an error keeps its error. An episode gets an error if its task now begins with
    another text, or if its saved actions no longer end it: it would have to be played again.

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


def _rescored(suite: Suite, episodes: Sequence[Episode]) -> tuple[list[Episode], dict[str, str]]:
    """Return the graded episodes of one environment, and the digests of its tasks as they are now."""
    first = suite.make_env()
    waits = bool(attribute(first, "waits", False))
    envs = [first, *(suite.make_env() for _ in range((AT_ONCE if waits else 1) - 1))]
    free: SimpleQueue[gym.Env[str, str]] = SimpleQueue()
    try:
        digests = digests_of(identify(first, task) for task in suite.choose_tasks(first))
        for env in envs:
            free.put(env)
        with ThreadPoolExecutor(len(envs)) as threads:
            return list(threads.map(_graded, episodes, repeat(suite.seed), repeat(free))), digests
    finally:
        for env in envs:
            close(env)


def _graded(saved: Episode, seed: int, free: "SimpleQueue[gym.Env[str, str]]") -> Episode:
    """Take the saved actions in an environment that starts with the episode's task and seed."""
    env = free.get()
    try:
        task = _reset_by(saved.task)
        view = begin(env, task, episode_seed(seed, str(task), saved.attempt))
        steps: list[Step] = []
        if (
            isinstance(view, View)
            and saved.steps
            and view.observation != saved.steps[0].observation
        ):
            view = Failure("rescore", "the task begins with another text now")
        for old in saved.steps:
            if isinstance(view, Failure):
                break
            answer = advance(env, view, old.action)
            if isinstance(answer, Failure):
                view = answer
                break
            steps.append(_judged(old, view, answer))
            view = answer.view
            if answer.is_last:
                return replace(
                    saved,
                    steps=tuple(steps),
                    success=answer.solved(sum(step.reward for step in steps)),
                    truncated=answer.truncated and not answer.terminated,
                    kind=view.kind or saved.kind,
                )
        if isinstance(view, View):
            view = Failure("rescore", "the saved actions no longer bring the episode to an end")
        return replace(saved, success=False, truncated=True, error=str(view))
    finally:
        free.put(env)


def _judged(old: Step, view: View, answer: Answer) -> Step:
    """Return a step with today's judgement and the reply that the model wrote then."""
    return replace(
        old,
        observation=view.observation,
        reward=answer.reward,
        valid=answer.valid
        and not (old.reply and not old.action),  # not if the reply holds no action
        answer=answer.extracted,
        reward_parts=answer.reward_parts,
    )


def _reset_by(task: str) -> str | int:
    """Return what starts a task: its id, or the seed in the name of one without an id."""
    seed = task.removeprefix("seed-")
    return int(seed) if seed != task and seed.isdecimal() else task
