"""The figures of one agent in a suite: a row for each kind of task, and one for all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from onelayer.agents.episodes import Episode
from onelayer.evals.definition import AnySuite, Collection
from onelayer.evals.estimates import Estimate
from onelayer.evals.figures import NOTHING, measure
from onelayer.evals.frame import records_of
from onelayer.evals.task_digests import Digests

ALL = "All"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one kind of task, or of all."""

    kind: str
    episodes: int
    """all episodes that were played"""
    tasks: int
    errors: int
    """episodes that an error of the environment or of a server ended, never the agent's choices"""
    metrics: Mapping[str, Estimate]
    counted: int
    """episodes that the figures are computed from; ``Results.count_errors`` includes those with an error"""


@dataclass(frozen=True)
class Results:
    """What one agent did in a suite."""

    suite: AnySuite
    episodes: tuple[Episode, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """the player, as JSON can hold it: a model and its sampling, or an agent's name"""
    count_errors: bool = True
    """an episode with an error counts as not solved; otherwise it is left out of all figures"""
    data: Digests = field(default_factory=dict)
    """a digest of each task, for each part of the suite; empty where digests were not kept"""
    prices: Mapping[str, float] = field(default_factory=dict)
    """US$ of a million tokens ``read`` and ``written``, where they are known"""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row for each kind of task, in alphabetical order, and ``All`` at the end.

        Environments with no kinds or a single one have only the last row. A suite of several environments has
        these rows for each environment, under its name, and ``All`` is the mean over the environments.
        """
        if not isinstance(self.suite, Collection):
            return self._rows_of(self.episodes, self.suite.metrics, "", ALL)
        rows: list[Row] = []
        totals = []
        for part in self.suite.parts:
            episodes = [episode for episode in self.episodes if episode.part == part.name]
            rows += self._rows_of(episodes, part.metrics, f"{part.name}: ", part.name)
            totals.append(rows[-1])
        return (*rows, _total(totals, self.suite.metrics))

    @property
    def overall(self) -> Row:
        """The row of all tasks."""
        return self.rows[-1]

    @property
    def counted(self) -> tuple[Episode, ...]:
        """The episodes that the figures are computed from."""
        return tuple(e for e in self.episodes if self.count_errors or e.error is None)

    @property
    def usage(self) -> dict[str, float]:
        """Tokens ``read`` and ``written`` in all episodes, and their ``cost`` in US$ where prices are known.

        Empty where tokens were not counted, as for scripted agents.
        """
        steps = [step for episode in self.episodes for step in episode.steps]
        found = {
            "read": float(sum(step.prompt_tokens for step in steps)),
            "written": float(sum(step.reply_tokens for step in steps)),
        }
        if not any(found.values()):
            return {}
        if self.prices:
            found["cost"] = sum(found[name] * price / 1e6 for name, price in self.prices.items())
        return found

    def records(self) -> list[dict[str, Any]]:
        """Return a flat mapping for each episode, as the rows of a table."""
        return records_of(self.episodes)

    def _rows_of(
        self, episodes: Sequence[Episode], metrics: Sequence[str], prefix: str, last: str
    ) -> tuple[Row, ...]:
        kinds: dict[str, list[Episode]] = {}
        for episode in episodes:
            kinds.setdefault(episode.kind, []).append(episode)
        some = sorted(kinds.items()) if len(kinds) > 1 else []
        rows = [self._row(prefix + (kind or "(none)"), group, metrics) for kind, group in some]
        return (*rows, self._row(last, episodes, metrics))

    def _row(self, kind: str, episodes: Sequence[Episode], metrics: Sequence[str]) -> Row:
        counted = [e for e in episodes if self.count_errors or e.error is None]
        return Row(
            kind=kind,
            episodes=len(episodes),
            tasks=len({episode.task for episode in episodes}),
            errors=sum(episode.error is not None for episode in episodes),
            metrics={name: measure(name, counted) for name in metrics},
            counted=len(counted),
        )


def _total(parts: Sequence[Row], metrics: Sequence[str]) -> Row:
    """Return the mean over several environments, which all have the same weight."""
    found = {name: _mean([row.metrics[name] for row in parts]) for name in metrics}
    return Row(
        kind=ALL,
        episodes=sum(row.episodes for row in parts),
        tasks=sum(row.tasks for row in parts),
        errors=sum(row.errors for row in parts),
        metrics=found,
        counted=sum(row.counted for row in parts),
    )


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of independent estimates; their distances to the bounds add in quadrature."""
    if any(math.isnan(estimate.value) for estimate in estimates):
        return NOTHING
    k = len(estimates)
    value = sum(estimate.value for estimate in estimates) / k
    below = math.sqrt(sum((e.value - e.low) ** 2 for e in estimates)) / k
    above = math.sqrt(sum((e.high - e.value) ** 2 for e in estimates)) / k
    return Estimate(value, value - below, value + above)


def numbered(episodes: Sequence[Episode]) -> tuple[Episode, ...]:
    """Return episodes with the attempts at each task numbered, where they are not numbered yet."""
    seen: dict[tuple[str, str], int] = {}
    numbered = []
    for episode in episodes:
        key = episode.part, episode.task
        seen[key] = seen.get(key, -1) + 1
        numbered.append(episode if episode.attempt else replace(episode, attempt=seen[key]))
    return tuple(numbered)
