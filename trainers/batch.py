"""From episodes and advantages to what a forward pass reads: rows of tokens, and batches of them.

With a growing history an episode is one row; with a windowed one every step is. A row says of each token
whether the policy sampled it: only those carry loss, never a prompt, an observation or an end token that
was put there by hand.

In a batch, what several rows begin with stands once. All episodes of a task begin with the same prompt,
which is often most of their tokens. A batch reads in two parts: the beginnings, side by side, and then
what each row has of its own, which follows its beginning as a new turn follows a cached one. So nothing
is read twice, and no token costs attention to tokens that it may not read.

Axes: ``T`` tokens of a row, ``P`` beginnings, ``B`` rows, ``M`` all places of a batch, padding too (first
those of the beginnings, then those of the rows' own parts), ``N`` sampled tokens, ``D`` width of a state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onelayer.agents.episodes import Episode, Step

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

UNREAD = 1 << 30
"""the position of padding among the keys: no token reads what comes later than itself"""
_WORTH_IT = 0.8
"""places of a batch with shared beginnings, of those of whole rows: above it, rows are read whole, which
spares a second pass through the layers and an attention mask"""


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

    @property
    def tokens(self) -> int:
        """How many tokens carry loss."""
        return int(self.sampled_T.sum())

    @property
    def read(self) -> int:
        """How many tokens are read: the last one is read by nobody."""
        return len(self.ids_T) - 1

    @property
    def prompt(self) -> int:
        """How many tokens come before the first sampled one."""
        return int(self.sampled_T.argmax())


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A run of a batch's tokens that lie side by side."""

    ids_T: Integers
    """the text up to the end of the piece"""
    start: int
    """the first token of the text that belongs to the piece"""
    place: int
    """where that token lies in ``M``"""

    @property
    def places(self) -> slice:
        """Where the piece lies in ``M``."""
        return slice(self.place, self.place + len(self.ids_T) - self.start)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows for one forward pass. What belongs to sampled tokens is in the order of the rows."""

    rows: Sequence[Row]
    pieces: Sequence[Piece]
    """every token that is read, once"""
    beginning_ids_PT: Tensor
    """what rows begin with, padded on the right; ``[0, 0]`` where rows are read whole"""
    ids_BT: Tensor
    """what the rows have of their own, padded on the right; rows that have nothing are left out"""
    position_BT: Tensor
    """of each own token in its row; padding stands where the row's last token does"""
    key_position_BK: Tensor
    """of what a row may read, the beginning's columns and its own; padding is ``UNREAD``"""
    beginning_B: Tensor
    """which of the beginnings each row follows"""
    predicting_N: Tensor
    """place in ``M`` of the token that predicts each sampled one; that of a beginning's last predicts
    several"""
    target_N: Tensor
    """the sampled tokens"""
    logp_N: Tensor
    """their log-probabilities when they were sampled"""
    advantage_N: Tensor

    @property
    def places(self) -> int:
        """The size of ``M``."""
        return self.beginning_ids_PT.numel() + self.ids_BT.numel()


def rows(episodes: Sequence[Episode], advantages_N: NDArray[np.float64]) -> list[Row]:
    """Return the rows of all episodes without an error, in order.

    Args:
        episodes: played by a ``PolicyAgent``.
        advantages_N: one for each step of all the episodes.

    Raises:
        ValueError: a step has no sampled tokens, so there is nothing to train on.
    """
    made: list[Row] = []
    start = 0
    for episode in episodes:
        end = start + len(episode.steps)
        if episode.error is None:
            made += _episode_rows(episode, advantages_N[start:end])
        start = end
    return made


def parts(rows: Sequence[Row], tokens_per_forward: int) -> Iterator[list[Row]]:
    """Yield the rows in parts whose batch has no more places than that, longest first.

    Rows with equal prompts are kept side by side. A row that is longer on its own is a part on its own.
    """
    longest: dict[bytes, int] = {}
    for row in rows:
        longest[_prompt(row)] = max(row.read, longest.get(_prompt(row), 0))
    ordered = sorted(rows, key=lambda row: (-longest[_prompt(row)], _prompt(row), -row.read))
    part: list[Row] = []
    size = _Size()
    for row in ordered:
        size.add(row)
        if part and size.places > tokens_per_forward:
            yield part
            part, size = [], _Size()
            size.add(row)
        part.append(row)
    if part:
        yield part


def batch(rows: Sequence[Row], device: torch.device | str = "cpu") -> Batch:
    """Return the batch of some rows, in their order."""
    layout = _Layout(rows)
    columns = layout.width  # of the beginnings; the own ones come after them
    ids_PT = np.zeros((len(layout.beginnings), columns), dtype=np.int64)
    ids_BT, position_BT = np.zeros(layout.shape, np.int64), np.zeros(layout.shape, np.int64)
    key_position_BK = np.full((layout.shape[0], columns + layout.shape[1]), UNREAD)
    pieces: list[Piece] = []
    for p, beginning_T in enumerate(layout.beginnings):
        ids_PT[p, : len(beginning_T)] = beginning_T
        pieces.append(Piece(beginning_T, 0, p * columns))
    place_of: dict[int, int] = {}
    for b, r in enumerate(layout.own):
        row, start = rows[r], layout.shared[r]
        length = row.read - start
        place_of[r] = ids_PT.size + b * layout.shape[1]
        pieces.append(Piece(row.ids_T[:-1], start, place_of[r]))
        ids_BT[b, :length] = row.ids_T[start:-1]
        position_BT[b] = start + np.minimum(np.arange(layout.shape[1]), length - 1)
        key_position_BK[b, :start] = np.arange(start)
        key_position_BK[b, columns : columns + length] = start + np.arange(length)
    predicting: list[Integers] = []
    for r, row in enumerate(rows):
        before_N, start = np.flatnonzero(row.sampled_T) - 1, layout.shared[r]
        in_beginning_N = layout.beginning_of[r] * columns + before_N
        own_N = place_of.get(r, 0) + before_N - start
        predicting.append(np.where(before_N < start, in_beginning_N, own_N))

    def sent(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(device)

    return Batch(
        rows=rows,
        pieces=pieces,
        beginning_ids_PT=sent(ids_PT),
        ids_BT=sent(ids_BT),
        position_BT=sent(position_BT),
        key_position_BK=sent(key_position_BK),
        beginning_B=sent(np.array([layout.beginning_of[r] for r in layout.own], dtype=np.int64)),
        predicting_N=sent(np.concatenate(predicting)),
        target_N=sent(np.concatenate([row.ids_T[row.sampled_T] for row in rows])),
        logp_N=sent(np.concatenate([row.logp_T[row.sampled_T] for row in rows])),
        advantage_N=sent(np.concatenate([row.advantage_T[row.sampled_T] for row in rows])),
    )


class _Size:
    """How wide a batch becomes, row by row."""

    def __init__(self) -> None:
        self.rows = self.width = self.prompt_width = self.own_rows = self.own_width = 0
        self.prompts: dict[bytes, int] = {}

    def add(self, row: Row) -> None:
        """Count one more row."""
        self.rows += 1
        self.width = max(self.width, row.read)
        self.prompts.setdefault(_prompt(row), len(self.prompts))
        self.prompt_width = max(self.prompt_width, row.prompt)
        self.own_rows += row.read > row.prompt
        self.own_width = max(self.own_width, row.read - row.prompt)

    @property
    def shares(self) -> bool:
        """Whether beginnings stand apart."""
        alike = len(self.prompts) < self.rows
        return alike and self._apart <= _WORTH_IT * self.rows * self.width

    @property
    def places(self) -> int:
        """The size of ``M``."""
        return self._apart if self.shares else self.rows * self.width

    @property
    def _apart(self) -> int:
        return len(self.prompts) * self.prompt_width + self.own_rows * self.own_width


class _Layout:
    """Where the tokens of a batch stand.

    Attributes:
        beginnings: the shared ones; none where rows are read whole.
        beginning_of: of each row.
        shared: how many tokens of each row stand in its beginning.
        own: the rows that have tokens of their own.
        shape: rows and columns of the own parts.
    """

    def __init__(self, rows: Sequence[Row]):
        size = _Size()
        for row in rows:
            size.add(row)
        self.beginnings: list[Integers] = []
        self.beginning_of, self.shared = [0] * len(rows), [0] * len(rows)
        if size.shares:
            first = {size.prompts[_prompt(row)]: row for row in reversed(rows)}
            self.beginnings = [first[p].ids_T[: first[p].prompt] for p in range(len(first))]
            self.beginning_of = [size.prompts[_prompt(row)] for row in rows]
            self.shared = [row.prompt for row in rows]
        self.own = [r for r, row in enumerate(rows) if row.read > self.shared[r]]
        self.width = max((len(ids_T) for ids_T in self.beginnings), default=0)
        self.shape = (len(self.own), size.own_width if size.shares else size.width)


def _prompt(row: Row) -> bytes:
    """Return the tokens before the first sampled one, as a key."""
    return row.ids_T[: row.prompt].tobytes()


def _episode_rows(episode: Episode, advantages_S: NDArray[np.float64]) -> list[Row]:
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
    return [_join(run) for run in runs]


def _join(run: Sequence[tuple[Step, float]]) -> Row:
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
    return Row(
        ids_T=np.array(ids, dtype=np.int64),
        sampled_T=np.array(sampled, dtype=bool),
        logp_T=np.array(logp, dtype=np.float32),
        advantage_T=np.array(advantage, dtype=np.float32),
        steps=len(run),
    )
