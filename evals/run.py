"""Playing a suite, from the start or from where an interrupted evaluation stopped."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym

from onelayer.agents.base import Agent
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
) -> Results:
    """Let an agent play a suite's tasks.

    Args:
        suite: what to play.
        agent: its random numbers start from the suite's seed, where it has a ``reseed`` method.
        settings: what plays, as JSON can hold it; goes into the results.
        journal: a file to write every episode to as it ends. One that is there already is gone on from:
            tasks whose episodes are all in it are not played again.
        parallel: episodes that run at once.
        on_episode: called with each episode, those of an earlier journal first.

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
    wanted = {name: count * suite.attempts for name, count in Counter(names).items()}
    times = Counter(episode.task for episode in before)
    kept = [e for e in before if e.task in wanted and times[e.task] == wanted[e.task]]
    if book is not None:
        book.begin(as_record(episode) for episode in kept)
    for episode in kept:
        _tell(on_episode, episode)

    def ended(episode: Episode) -> None:
        if book is not None:
            book.add(as_record(episode))
        _tell(on_episode, episode)

    done = {episode.task for episode in kept}
    left = [task for task, name in zip(tasks, names, strict=True) if name not in done]
    reseed = getattr(agent, "reseed", None)
    if reseed is not None:
        reseed(suite.seed)
    together = min(parallel, len(left) * suite.attempts)
    envs = [env, *(suite.make_env() for _ in range(together - 1))]
    played = rollout(envs, agent, left, suite.attempts, on_episode=ended) if left else []
    for one in envs:
        one.close()
    # Without the tokens and hidden states of training, and in the suite's order.
    episodes = [*kept, *(as_episode(as_record(episode)) for episode in played)]
    order = {name: i for i, name in enumerate(names)}
    episodes.sort(key=lambda episode: order[episode.task])
    return Results(suite, tuple(episodes), settings)


def _tell(on_episode: Callable[[Episode], None] | None, episode: Episode) -> None:
    if on_episode is not None:
        on_episode(episode)


def _name(env: gym.Env[str, str], task: str | int) -> str:
    """Return what an episode will call its task; a seed's must be asked for."""
    if isinstance(task, str):
        return task
    _, info = env.reset(seed=task)
    return str(info.get("task", f"seed-{task}"))
