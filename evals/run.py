"""Playing a suite, from the start or from where an interrupted evaluation stopped."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import gymnasium as gym

from onelayer.agents.base import Agent
from onelayer.agents.boundary import close
from onelayer.agents.episodes import Episode, as_episode, as_record
from onelayer.agents.rollout import rollout
from onelayer.errors import RunFailed
from onelayer.evals.definition import AnySuite, Collection, Suite
from onelayer.evals.journal import Journal
from onelayer.evals.result_rows import Results
from onelayer.evals.task_digests import (
    Digests,
    TaskIdentity,
    digests_of,
    identify,
    require_same_data,
)

logger = logging.getLogger(__name__)

MakesAgent = Callable[[gym.Env[str, str]], Agent]
Key = tuple[str, str, int]
"""part of the suite, task, attempt"""


class TooManyErrors(RunFailed):
    """Too many episodes in a row ended in an error for the evaluation to go on."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a suite from earlier evaluations."""

    episodes: Sequence[Episode] = ()
    """episodes that were played before and are not played again"""
    data: Digests | None = None
    """digests that the tasks must have; None accepts any"""
    tasks: dict[str, list[TaskIdentity]] = field(default_factory=dict)
    """a cache of the tasks' identities, by part of the suite; ``evaluate`` fills it by beginning each task"""


def evaluate(
    suite: AnySuite,
    agent: Agent | MakesAgent,
    *,
    settings: Mapping[str, Any] | None = None,
    journal: Path | str | None = None,
    known: Known | None = None,
    parallel: int = 32,
    on_episode: Callable[[Episode], None] | None = None,
    retry_errors: bool = False,
    count_errors: bool = True,
    errors_in_a_row: int | None = None,
    keep_tokens: bool = False,
    prices: Mapping[str, float] | None = None,
    step_timeout: float | None = None,
) -> Results:
    """Let an agent play a suite's tasks.

    Every attempt at a task has its own random numbers, which the suite's seed decides.

    Args:
        suite: what to play.
        agent: the player; ``reseed``, if it has that method, is called with the suite's seed. For a suite of
            several environments, a function that makes an agent for each.
        settings: a description of the player for the results, as JSON.
        journal: a file to append every episode to as it ends. If it exists, the evaluation resumes from it.
        known: what earlier evaluations found, see ``Known``.
        parallel: episodes that run at once.
        on_episode: called with each episode, those played before first.
        retry_errors: play earlier episodes again if they ended in an error.
        count_errors: count an episode with an error as not solved; otherwise it is left out of all figures.
        errors_in_a_row: stop after so many episodes in a row that ended in an error; None never stops.
        keep_tokens: keep sampled tokens as text with log-probabilities, if the agent has a tokenizer.
        prices: see ``Results``.
        step_timeout: see ``rollout``.

    Raises:
        ValueError: the journal is of another suite, other settings or changed data.
        LookupError: the suite names a task that the environment does not have.
        TooManyErrors: see ``errors_in_a_row``; the journal keeps what was played.
    """
    if parallel < 1:
        raise ValueError(f"parallel must be at least 1, got {parallel}")
    settings, known = dict(settings or {}), known or Known()
    with ExitStack() as stack:
        parts = [_Part.of(suite, one, stack, known.tasks) for one in suite.parts]
        data = {part.label: digests_of(part.tasks) for part in parts}
        require_same_data(data, known.data or {}, "the folder")
        book = None if journal is None else Journal(journal, suite.identity(), settings, data)
        wanted = [key for part in parts for key in part.keys]
        played = [*known.episodes, *([] if book is None else book.episodes())]
        done = _Done(book, on_episode, errors_in_a_row, _kept(played, wanted, retry_errors))
        for part in parts:
            part.play(agent, parallel, done, keep_tokens, step_timeout)
        episodes = tuple(done.episodes[key] for key in wanted)
    return Results(suite, episodes, settings, count_errors, data=data, prices=prices or {})


class _Done:
    """Collects the played episodes, and passes them on to the journal and ``on_episode``."""

    def __init__(
        self,
        book: Journal | None,
        on_episode: Callable[[Episode], None] | None,
        errors_in_a_row: int | None,
        kept: Mapping[Key, Episode],
    ):
        self.episodes = dict(kept)
        self._book, self._on_episode, self._most_errors = book, on_episode, errors_in_a_row
        self._failed_last = 0
        if book is not None:
            book.begin(kept.values())
        for episode in kept.values():
            self._report(episode)

    def add(self, episode: Episode) -> None:
        key = _key(episode)
        if key in self.episodes:  # played again only with a missing attempt of its task
            return
        # Converting drops the tokens and hidden states, which only training needs.
        self.episodes[key] = as_episode(as_record(episode))
        if self._book is not None:
            self._book.add(episode)
        self._report(episode)
        self._failed_last = 0 if episode.error is None else self._failed_last + 1
        if self._most_errors is not None and self._failed_last >= self._most_errors:
            raise TooManyErrors(
                f"the last {self._failed_last} episodes ended in an error, the newest in: {episode.error}"
            )

    def _report(self, episode: Episode) -> None:
        if self._on_episode is not None:
            self._on_episode(episode)


@dataclass
class _Part:
    """One environment's tasks within a suite."""

    suite: Suite
    label: str
    """"" in a suite of one environment"""
    env: gym.Env[str, str]
    ids: list[str | int]
    tasks: list[TaskIdentity]
    stack: ExitStack

    @classmethod
    def of(
        cls,
        whole: AnySuite,
        suite: Suite,
        stack: ExitStack,
        known: dict[str, list[TaskIdentity]],
    ) -> "_Part":
        env = suite.make_env()
        stack.callback(close, env)
        ids = suite.choose_tasks(env)
        label = suite.name if isinstance(whole, Collection) else ""
        if label not in known:
            known[label] = [identify(env, task) for task in ids]
        return cls(suite, label, env, ids, known[label], stack)

    @property
    def keys(self) -> list[Key]:
        """Every attempt of this part, in the order of the results."""
        attempts = range(self.suite.attempts)
        return [(self.label, task.name, attempt) for task in self.tasks for attempt in attempts]

    def play(
        self,
        agent: Agent | MakesAgent,
        parallel: int,
        done: _Done,
        keep_tokens: bool,
        step_timeout: float | None,
    ) -> None:
        """Play the tasks of which an attempt is missing.

        All attempts of such a task are played, since their random numbers depend on the order of attempts;
        attempts that are known already are then discarded.
        """
        attempts = self.suite.attempts
        left = [
            task
            for task, identity in zip(self.ids, self.tasks, strict=True)
            if any((self.label, identity.name, n) not in done.episodes for n in range(attempts))
        ]
        if not left:
            return
        player = cast(Agent, agent) if hasattr(agent, "act") else self._make_agent(agent)
        reseed = getattr(player, "reseed", None)
        if reseed is not None:
            reseed(self.suite.seed)
        kind_of = {task.name: task.kind for task in self.tasks}
        named = {f"seed-{i}": t.name for i, t in zip(self.ids, self.tasks, strict=True)}
        tokenizer = getattr(player, "tokenizer", None) if keep_tokens else None

        def ended(episode: Episode) -> None:
            # An episode that failed at its start has no kind, and the seed in place of its task's name.
            task = named.get(episode.task, episode.task)
            kind = episode.kind or kind_of.get(task, "")
            if tokenizer is not None:
                episode = _spelled(episode, tokenizer)
            done.add(replace(episode, part=self.label, task=task, kind=kind))

        envs = [self.env]
        for _ in range(min(parallel, len(left) * attempts) - 1):
            envs.append(self._another_env())
        # A local model's rounding depends on what is computed in one batch; a served model answers alone.
        reproducible = not getattr(player, "answers_alone", False)
        rollout(
            envs,
            player,
            [task for task in left for _ in range(attempts)],
            on_episode=ended,
            reproducible=reproducible,
            seed=self.suite.seed,
            step_timeout=step_timeout,
        )

    def _make_agent(self, make: MakesAgent) -> Agent:
        """Return an agent for this environment, to be closed at the end if it has ``close``."""
        player = make(self._another_env())
        let_go = getattr(player, "close", None)
        if let_go is not None:
            self.stack.callback(let_go)
        return player

    def _another_env(self) -> gym.Env[str, str]:
        """Make an environment; an agent also gets its own, which it may ask for solutions."""
        env = self.suite.make_env()
        self.stack.callback(close, env)
        return env


def _spelled(episode: Episode, tokenizer: Any) -> Episode:
    """Return the episode with the text of each token that was sampled."""
    steps = [
        replace(step, tokens=tuple(tokenizer.decode([token]) for token in step.action_ids))
        for step in episode.steps
    ]
    return replace(episode, steps=tuple(steps))


def _kept(
    episodes: Sequence[Episode], wanted: Sequence[Key], retry_errors: bool
) -> dict[Key, Episode]:
    """Return the episode to keep of each attempt: the first without an error, else the last if any counts."""
    possible = set(wanted)
    found: dict[Key, Episode] = {}
    for episode in episodes:
        key = _key(episode)
        usable = episode.error is None or not retry_errors
        if key in possible and usable and (key not in found or found[key].error is not None):
            found[key] = episode
    return found


def _key(episode: Episode) -> Key:
    return episode.part, episode.task, episode.attempt
