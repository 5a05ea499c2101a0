"""From episodes and advantages to rows: sequences of tokens, with what is known of each token.

With a growing history an episode is one row; with a windowed one every step is. A row says of each token
whether the policy sampled it: only those carry loss, never a prompt, an observation or an end token that
was put there by hand.

Axes: ``T`` tokens of a row, ``S`` steps of an episode, ``N`` sampled tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode, Step

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One sequence of tokens and what is known of each."""

    ids_T: Integers
    sampled_T: NDArray[np.bool_]
    logp_T: Floats
    """log-probability when it was sampled; 0 elsewhere"""
    advantage_T: Floats
    """advantage of the step that a sampled token belongs to; 0 elsewhere"""
    steps: int
    """how many replies it holds"""
    reply_T: Integers | None = None
    """number of the reply that a sampled token belongs to; None: there is one"""

    @property
    def tokens(self) -> int:
        """How many tokens carry loss."""
        return int(self.sampled_T.sum())

    @property
    def reply_N(self) -> Integers:
        """Number of the reply that each sampled token belongs to."""
        if self.reply_T is None:
            return np.zeros(self.tokens, dtype=np.int64)
        return self.reply_T[self.sampled_T]

    @property
    def read(self) -> int:
        """How many tokens are read: the last one is read by nobody."""
        return len(self.ids_T) - 1


def rows(
    episodes: Sequence[Episode], advantages_N: NDArray[np.float64], *, without_cut: bool = False
) -> list[Row]:
    """Return the rows of all episodes without an error, in order.

    Args:
        episodes: played by a ``PolicyAgent``.
        advantages_N: one for each step of all the episodes.
        without_cut: a reply that was cut by its limit is read and carries no loss (DAPO's overlong filtering,
            https://arxiv.org/abs/2503.14476); a row without another reply is left out.

    Raises:
        ValueError: a step has no sampled tokens, so there is nothing to train on.
    """
    made: list[Row] = []
    start = 0
    for episode in episodes:
        end = start + len(episode.steps)
        if episode.error is None:
            made += _episode_rows(episode, advantages_N[start:end], without_cut)
        start = end
    return [row for row in made if row.tokens]


def _episode_rows(
    episode: Episode, advantages_S: NDArray[np.float64], without_cut: bool
) -> list[Row]:
    """Join each step that continues to the one before it."""
    runs: list[list[tuple[Step, float]]] = []
    for step, advantage in zip(episode.steps, advantages_S, strict=True):
        if not step.action_ids:
            raise ValueError(
                f"a step of task {episode.task} has no sampled tokens; train on episodes that a "
                "PolicyAgent played"
            )
        if not (step.continues and runs):
            runs.append([])
        runs[-1].append((step, float(advantage)))
    return [_join(run, without_cut) for run in runs]


def _join(run: Sequence[tuple[Step, float]], without_cut: bool) -> Row:
    ids: list[int] = []
    sampled: list[bool] = []
    logp: list[float] = []
    advantage: list[float] = []
    reply: list[int] = []
    for number, (step, value) in enumerate(run):
        read, written = len(step.prompt_ids), len(step.action_ids)
        ids += [*step.prompt_ids, *step.action_ids]
        if without_cut and step.cut:
            read, written = read + written, 0
        sampled += [False] * read + [True] * written
        logp += [0.0] * read + list(step.logprobs[:written])
        advantage += [0.0] * read + [value] * written
        reply += [number] * (read + written)
    return Row(
        ids_T=np.array(ids, dtype=np.int64),
        sampled_T=np.array(sampled, dtype=bool),
        logp_T=np.array(logp, dtype=np.float32),
        advantage_T=np.array(advantage, dtype=np.float32),
        steps=len(run),
        reply_T=np.array(reply, dtype=np.int64),
    )
