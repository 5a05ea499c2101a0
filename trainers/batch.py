"""From rows of tokens to the batches that forward passes read.

Rows often begin alike: those of a task with the same prompt, those of an episode with the same first turn. A
batch holds such a common prefix once. The rows are sorted by their tokens; each adds only what follows the
prefix that it shares with the row before, and attends to its whole text, wherever in the batch that lies. So
what a model does to each token by itself, which is nearly all of its work, is done once for a shared prefix,
and not for padding. Rows that share little stay whole, side by side, without a mask.

Axes: ``T`` tokens of a row, ``B`` rows, ``M`` places of a batch, ``N`` sampled tokens, ``D`` width of a
state.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onelayer.agents.attention import UNREAD, Runs
from onelayer.trainers.token_rows import Integers, Row

_ALIKE = 0.2
"""share of a row's tokens that it must have in common with another row; else it is read whole"""
_WORTH_IT = 0.1
"""share of a batch's tokens that sharing must save; else its rows are read whole, without the masks that
sharing needs"""
_LONGEST = 8192
"""most tokens of a row that may share: the mask of a longer one is larger than what is saved"""
_STRIDE = 4
"""runs are attended together if the longest has less than this many times the tokens of the shortest"""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Tokens of one text that lie side by side in a batch."""

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
    """every token that is read"""
    ids_BT: Tensor
    """what the model reads: whole rows, padded on the right; or ``[1, M]`` where they share"""
    runs: Sequence[Runs]
    """who attends to whom where rows share; empty where they are whole"""
    predicting_N: Tensor
    """place in ``M`` of the token that predicts each sampled one; the last of a beginning predicts
    several"""
    target_N: Tensor
    """the sampled tokens"""
    logp_N: Tensor
    """their log-probabilities when they were sampled"""
    advantage_N: Tensor
    reply_N: Tensor
    """number of its reply, among those of the batch"""
    idle: bool = False
    """made up, for a pass that only keeps this process in step with others"""

    @property
    def places(self) -> int:
        """The size of ``M``."""
        return self.ids_BT.numel()


def parts(
    rows: Sequence[Row], tokens_per_forward: int, *, share: bool = True, key_cost: float = 0.0
) -> Iterator[tuple[list[Row], bool]]:
    """Yield the rows in parts, each with whether its batch is to share common prefixes.

    A batch made so has at most ``tokens_per_forward`` places. Rows with long common prefixes are kept
    together, the others sorted by length. A row that is longer than this is a part of its own.

    Args:
        rows: in any order.
        tokens_per_forward: most places of a batch, the cost of copied keys included.
        share: hold common prefixes once.
        key_cost: of a token's keys and values, in places; where rows share, they are copied for each row that
            attends to the token.
    """
    alike = _alike(rows) if share else []
    chosen = set(alike)
    alone = [row for row in rows if row not in chosen]
    for together in _cut(alike, tokens_per_forward, key_cost):
        if _worth_sharing(together):
            yield together, True
        else:
            alone += together
    part: list[Row] = []
    for row in sorted(alone, key=lambda row: -row.read):
        if part and (len(part) + 1) * part[0].read > tokens_per_forward:
            yield part, False
            part = []
        part.append(row)
    if part:
        yield part, False


def _cut(alike: Sequence[Row], tokens_per_forward: int, key_cost: float) -> Iterator[list[Row]]:
    """Yield sorted rows in parts that fit if prefixes are shared."""
    part: list[Row] = []
    places = longest = 0
    for row in alike:
        new = row.read - (_common(part[-1], row) if part else 0)
        keys = (len(part) + 1) * max(longest, row.read)  # texts are padded to the longest
        if part and places + new + key_cost * keys > tokens_per_forward:
            yield part
            part, places, longest, new = [], 0, 0, row.read
        part.append(row)
        places, longest = places + new, max(longest, row.read)
    if part:
        yield part


def batch(
    rows: Sequence[Row], device: torch.device | str = "cpu", *, share: bool | None = None
) -> Batch:
    """Return the batch of some rows, in their order.

    Args:
        rows: at least one.
        device: where its tensors are.
        share: hold common prefixes once; None: if that saves enough.
    """
    ordered = sorted(range(len(rows)), key=lambda r: _spelling(rows[r]))
    starts = [0] * len(rows)
    for before, r in itertools.pairwise(ordered):
        starts[r] = _common(rows[before], rows[r])
    if _worth_sharing(rows) if share is None else share:
        ids_BT, places_of, runs = _shared(rows, ordered, starts)
    else:
        starts = [0] * len(rows)
        ids_BT, places_of, runs = *_whole(rows), []
    before_N = [places_of[r][np.flatnonzero(row.sampled_T) - 1] for r, row in enumerate(rows)]
    replies = np.cumsum([0, *(row.steps for row in rows)])

    def sent(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(device)

    return Batch(
        rows=rows,
        pieces=[
            Piece(row.ids_T[:-1], start, int(places_of[r][start]))
            for r, (row, start) in enumerate(zip(rows, starts, strict=True))
            if start < row.read
        ],
        ids_BT=sent(ids_BT),
        runs=[Runs(*map(sent, of_runs)) for of_runs in runs],
        predicting_N=sent(np.concatenate(before_N)),
        target_N=sent(np.concatenate([row.ids_T[row.sampled_T] for row in rows])),
        logp_N=sent(np.concatenate([row.logp_T[row.sampled_T] for row in rows])),
        advantage_N=sent(np.concatenate([row.advantage_T[row.sampled_T] for row in rows])),
        reply_N=sent(
            np.concatenate([n + row.reply_N for n, row in zip(replies, rows, strict=False)])
        ),
    )


def idle_batch(device: torch.device | str) -> Batch:
    """Return a batch of one token without an advantage."""
    nothing_T = np.zeros(2, np.float32)
    row = Row(np.zeros(2, np.int64), np.array([False, True]), nothing_T, nothing_T, steps=1)
    return replace(batch([row], device, share=False), idle=True)


def _whole(rows: Sequence[Row]) -> tuple[Integers, list[Integers]]:
    """Return the rows side by side, and the places of each one's tokens."""
    width = max(row.read for row in rows)
    ids_BT = np.zeros((len(rows), width), dtype=np.int64)
    for ids_T, row in zip(ids_BT, rows, strict=True):
        ids_T[: row.read] = row.ids_T[:-1]
    return ids_BT, [b * width + np.arange(row.read) for b, row in enumerate(rows)]


def _shared(
    rows: Sequence[Row], ordered: Sequence[int], starts: Sequence[int]
) -> tuple[Integers, list[Integers], list[tuple[Integers, ...]]]:
    """Return one long row, the places of each row's tokens in it, and the arrays of ``Runs``.

    Args:
        rows: what to read.
        ordered: their indices, sorted by their tokens.
        starts: the length of the prefix that each row shares with the one before it in that order.
    """
    new = [row.read - start for row, start in zip(rows, starts, strict=True)]
    groups: list[list[int]] = []
    for r in sorted(range(len(rows)), key=lambda r: -new[r]):
        if new[r] and not (groups and new[r] * _STRIDE > new[groups[-1][0]]):
            groups.append([])
        if new[r]:
            groups[-1].append(r)
    first, end = [0] * len(rows), 0
    for r in itertools.chain.from_iterable(groups):
        first[r], end = end, end + new[r]
    ids_M, before_T = np.zeros(end, dtype=np.int64), np.zeros(0, dtype=np.int64)
    places_of: list[Integers] = [before_T] * len(rows)
    for r in ordered:
        own_T = first[r] + np.arange(new[r])
        ids_M[own_T] = rows[r].ids_T[starts[r] : -1]
        before_T = places_of[r] = np.concatenate([before_T[: starts[r]], own_T])
    return (
        ids_M[None],
        places_of,
        [_runs([places_of[r] for r in g], [new[r] for r in g]) for g in groups],
    )


def _runs(places: Sequence[Integers], new: Sequence[int]) -> tuple[Integers, ...]:
    """Return the arrays of ``Runs`` of some texts: the places of each, of which the last are its run."""
    longest, most = max(map(len, places)), max(new)
    key_RK = np.zeros((len(places), longest), dtype=np.int64)
    key_position_RK = np.full((len(places), longest), UNREAD)
    query_RQ, position_RQ = np.zeros((2, len(places), most), dtype=np.int64)
    for r, (place_T, count) in enumerate(zip(places, new, strict=True)):
        key_RK[r, : len(place_T)] = place_T
        key_position_RK[r, : len(place_T)] = np.arange(len(place_T))
        position_RQ[r] = len(place_T) - count + np.minimum(np.arange(most), count - 1)
        query_RQ[r] = place_T[position_RQ[r]]
    real_X = np.flatnonzero(np.arange(most) < np.array(new)[:, None])
    return query_RQ, key_RK, position_RQ, key_position_RK, real_X


def _alike(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that share a long prefix with another one, sorted by their tokens."""
    ordered = sorted(rows, key=_spelling)
    most = [0] * len(rows)
    for r, pair in enumerate(itertools.pairwise(ordered)):
        common = _common(*pair)
        most[r], most[r + 1] = max(most[r], common), common
    return [
        row
        for row, common in zip(ordered, most, strict=True)
        if common >= _ALIKE * row.read and row.read <= _LONGEST
    ]


def _worth_sharing(rows: Sequence[Row]) -> bool:
    """Return whether reading common prefixes once saves enough to be worth the masks that it needs."""
    ordered = sorted(rows, key=_spelling)
    saved = sum(_common(*pair) for pair in itertools.pairwise(ordered))
    longest = max(row.read for row in rows)
    return longest <= _LONGEST and saved > _WORTH_IT * sum(row.read for row in rows)


def _spelling(row: Row) -> bytes:
    """Return a key that sorts rows by their tokens."""
    return row.ids_T[:-1].astype(">u4").tobytes()


def _common(one: Row, other: Row) -> int:
    """Return the length of the prefix that both rows share, among the tokens that are read."""
    most = min(one.read, other.read)
    differs = np.flatnonzero(one.ids_T[:most] != other.ids_T[:most])
    return int(differs[0]) if len(differs) else most
