"""Playing a suite, from the start or from where an interrupted evaluation stopped."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym

from onelayer.agents.base import Agent
from onelayer.agents.boundary import Failure, begin, close
from onelayer.agents.episodes import Episode, as_episode, as_record
from onelayer.agents.rollout import rollout
from onelayer.evals.journal import Journal
from onelayer.evals.results import Results
from onelayer.evals.suite import Suite


def evaluate(
    suite: Suite,
    agent: Agent,
    *,
    settings: Mapping[str, Any] | None = None,
    journal: Path | str | None = None,
    parallel: int = 32,
    on_episode: Callable[[Episode], None] | None = None,
    retry_errors: bool = False,
    step_timeout: float | None = None,
) -> Results:
    """Let an agent play a suite's tasks.

    Every attempt at a task is in a world of its own, made from the suite's seed. An episode
    that ended in an error counts as not solved; the results tell how many there are.

    Args:
        suite: what to play.
        agent: its random numbers start from the suite's seed, where it has a ``reseed`` method.
        settings: what plays, as JSON can hold it; goes into the results.
        journal: a file to write every episode to as it ends. One that is there already is gone on from:
            tasks whose episodes are all in it are not played again.
        parallel: episodes that run at once.
        on_episode: called with each episode, those of an earlier journal first.
        retry_errors: play tasks again of which an episode in the journal ended in an error.
        step_timeout: see ``rollout``.

    Raises:
        ValueError: the journal is of another suite or other settings.
        LookupError: the suite names a task that the environment does not have.
    """
    if parallel < 1:
        raise ValueError(f"parallel must be at least 1, got {parallel}")
    settings = dict(settings or {})
    env = suite.make_env()
    tasks = suite.choose_tasks(env)
    names = [_name(env, task) for task in tasks]
    book = None if journal is None else Journal(journal, suite.what_is_played(), settings)
    before = [] if book is None else [as_episode(record) for record in book.records()]
    kept = _whole(before, names, suite.attempts, retry_errors)
    if book is not None:
        book.begin(as_record(episode) for episode in kept)
    for episode in kept:
        _tell(on_episode, episode)
    named = {f"seed-{task}": name for task, name in zip(tasks, names, strict=True)}
    played: list[Episode] = []

    def ended(episode: Episode) -> None:
        # One that failed before it began doesn't know what the environment calls its seed. And without the
        # tokens and hidden states of training.
        record = as_record(replace(episode, task=named.get(episode.task, episode.task)))
        if book is not None:
            book.add(record)
        played.append(as_episode(record))
        _tell(on_episode, episode)

    done = {episode.task for episode in kept}
    left = [
        task
        for task, name in zip(tasks, names, strict=True)
        for _ in range(suite.attempts)
        if name not in done
    ]
    reseed = getattr(agent, "reseed", None)
    if reseed is not None:
        reseed(suite.seed)
    envs = [env, *(suite.make_env() for _ in range(min(parallel, len(left)) - 1))]
    if left:
        rollout(envs, agent, left, on_episode=ended, seed=suite.seed, step_timeout=step_timeout)
    for one in envs:
        close(one)
    order = {name: i for i, name in enumerate(names)}
    episodes = sorted([*kept, *played], key=lambda episode: order[episode.task])
    return Results(suite, tuple(episodes), settings)


def _whole(
    before: Sequence[Episode], names: Sequence[str], attempts: int, retry_errors: bool
) -> list[Episode]:
    """Return the episodes of the tasks that need not be played again."""
    wanted = {name: count * attempts for name, count in Counter(names).items()}
    times = Counter(episode.task for episode in before)
    broken = {e.task for e in before if e.error is not None} if retry_errors else set()
    return [e for e in before if times[e.task] == wanted.get(e.task) and e.task not in broken]


def _tell(on_episode: Callable[[Episode], None] | None, episode: Episode) -> None:
    if on_episode is not None:
        on_episode(episode)


def _name(env: gym.Env[str, str], task: str | int) -> str:
    """Return what an episode will call its task; a seed's must be asked for."""
    if isinstance(task, str):
        return task
    view = begin(env, task, 0)
    return f"seed-{task}" if isinstance(view, Failure) else view.task
