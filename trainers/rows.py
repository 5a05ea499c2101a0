"""From episodes and advantages to what the policy loss reads: rows of tokens, padded into batches.

With a growing history an episode is one row; with a windowed one every step is. A row says of each token
whether the policy sampled it: only those carry loss, never a prompt, an observation or an end token that was
put there by hand. Axes: ``T`` tokens of a row, ``B`` rows of a batch, ``D`` width of the hidden state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onelayer.agents.episodes import Episode, Step
from onelayer.agents.states import CapturedStates

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One sequence of tokens and what is known of each."""

    ids_T: NDArray[np.int64]
    sampled_T: NDArray[np.bool_]
    logp_T: Floats
    """log-probability when it was sampled; 0 elsewhere"""
    advantage_T: Floats
    """advantage of the step that a sampled token belongs to; 0 elsewhere"""
    steps: int
    """how many replies it holds"""
    hidden_TD: Floats | None
    """what enters the first trained layer at each token but the last"""
    reference_T: Floats | None = None
    """log-probability of each sampled token under the reference policy; 0 elsewhere"""

    @property
    def tokens(self) -> int:
        """How many tokens carry loss."""
        return int(self.sampled_T.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """How rows of a batch that begin alike stand behind their common beginning (``trainers/packing.py``)."""

    part_BT: Tensor
    """0: the common beginning; 1, 2, ...: what each row has of its own; -1: padding"""
    positions_BT: Tensor
    """of each token in its row"""
    predicting_N: tuple[Tensor, Tensor]
    """row and column of the token that predicts each sampled one; the last of a beginning does several"""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows padded on the right. Column ``t`` predicts token ``t + 1``, so there is one fewer."""

    ids_BT: Tensor
    """the tokens that are read"""
    read_BT: Tensor
    """bool: the token is no padding"""
    predicts_BT: Tensor
    """bool: the next token was sampled"""
    target_N: Tensor
    """the sampled tokens, row by row"""
    logp_N: Tensor
    """their log-probabilities when they were sampled"""
    advantage_N: Tensor
    reference_N: Tensor | None
    """their log-probabilities under the reference policy"""
    hidden_BTD: Tensor | None
    packing: Packing | None = None
    """None: a row is a sequence, and ``N`` runs over ``predicts_BT`` row by row"""

    @property
    def positions_BT(self) -> Tensor:
        """Position of each token in its row."""
        if self.packing is not None:
            return self.packing.positions_BT
        return torch.arange(self.ids_BT.shape[1], device=self.ids_BT.device).expand_as(self.ids_BT)


def rows(
    episodes: Sequence[Episode],
    advantages_N: NDArray[np.float64],
    states: CapturedStates | None = None,
) -> list[Row]:
    """Return the rows of all episodes without an error, in order.

    Args:
        episodes: played by a ``PolicyAgent``.
        advantages_N: one for each step of all the episodes.
        states: what entered the first trained layer while the episodes were played.

    Raises:
        ValueError: a step has no sampled tokens, so there is nothing to train on.
    """
    made: list[Row] = []
    start = 0
    for episode in episodes:
        end = start + len(episode.steps)
        if episode.error is None:
            made += _episode_rows(episode, advantages_N[start:end], states)
        start = end
    return made


def collate(rows: Sequence[Row], device: torch.device | str = "cpu") -> Batch:
    """Pad rows into one batch."""
    width = max(len(row.ids_T) for row in rows) - 1
    ids_BT = np.zeros((len(rows), width), dtype=np.int64)
    read_BT = np.zeros((len(rows), width), dtype=bool)
    predicts_BT = np.zeros((len(rows), width), dtype=bool)
    for b, row in enumerate(rows):
        read = len(row.ids_T) - 1
        ids_BT[b, :read] = row.ids_T[:-1]
        read_BT[b, :read] = True
        predicts_BT[b, :read] = row.sampled_T[1:]

    return Batch(
        ids_BT=torch.from_numpy(ids_BT).to(device),
        read_BT=torch.from_numpy(read_BT).to(device),
        predicts_BT=torch.from_numpy(predicts_BT).to(device),
        hidden_BTD=_hidden(rows, width, device),
        **sampled_tokens(rows, device),
    )


def sampled_tokens(rows: Sequence[Row], device: torch.device | str = "cpu") -> dict[str, Any]:
    """Return the fields of ``Batch`` that hold a number for each sampled token, row by row."""

    def of(field: str) -> Tensor:
        values = [getattr(row, field)[row.sampled_T] for row in rows]
        return torch.from_numpy(np.concatenate(values)).to(device)

    return {
        "target_N": of("ids_T"),
        "logp_N": of("logp_T"),
        "advantage_N": of("advantage_T"),
        "reference_N": None if rows[0].reference_T is None else of("reference_T"),
    }


def _hidden(rows: Sequence[Row], width: int, device: torch.device | str) -> Tensor | None:
    if any(row.hidden_TD is None for row in rows):
        return None
    states = [row.hidden_TD for row in rows if row.hidden_TD is not None]
    hidden_BTD = np.zeros((len(rows), width, states[0].shape[1]), dtype=np.float32)
    for b, hidden_TD in enumerate(states):
        hidden_BTD[b, : len(hidden_TD)] = hidden_TD
    return torch.from_numpy(hidden_BTD).to(device)


def _episode_rows(
    episode: Episode, advantages_S: NDArray[np.float64], states: CapturedStates | None
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
    return [_join(run, states) for run in runs]


def _join(run: Sequence[tuple[Step, float]], states: CapturedStates | None) -> Row:
    ids: list[int] = []
    sampled: list[bool] = []
    logp: list[float] = []
    advantage: list[float] = []
    for step, value in run:
        read, written = len(step.prompt_ids), len(step.action_ids)
        ids += [*step.prompt_ids, *step.action_ids]
        sampled += [False] * read + [True] * written
        logp += [0.0] * read + list(step.logprobs)
        advantage += [0.0] * read + [value] * written
    hidden_TD = None if states is None else states.get(ids[:-1])
    return Row(
        ids_T=np.array(ids, dtype=np.int64),
        sampled_T=np.array(sampled, dtype=bool),
        logp_T=np.array(logp, dtype=np.float32),
        advantage_T=np.array(advantage, dtype=np.float32),
        steps=len(run),
        hidden_TD=None if hidden_TD is None else hidden_TD.float().cpu().numpy(),
    )
