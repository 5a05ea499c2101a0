"""Rows that begin alike share their beginning in a forward pass.

All episodes of a task begin with the same prompt, which for a problem with a short answer is most of the
tokens. Here the prompt stands once and the replies stand behind it, side by side: each attends to the prompt
and to itself, at the positions it had, so that log-probabilities and gradients are those of separate rows.
Axes: ``B`` packs, ``T`` tokens of a pack, ``D`` width of the hidden state.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from onelayer.agents.attention import BEGINNING
from onelayer.trainers.rows import Batch, Floats, Packing, Row, collate, sampled_tokens

_WIDEST = 1024
"""tokens of a pack: attention costs their square"""
_WORTH_IT = 0.5
"""of the tokens of separate rows, padding too; packs must come below it: their attention, over all replies at
once and with a mask of its own, costs more than that of separate rows (the tiny model's long episodes, packed
at 0.8, took 1.4 times the time)"""

_PADDING = -1
"""the part of padding; what a row has of its own is 1, 2, ..., behind part 0, the beginning"""


def by_beginning(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """Yield the rows ``size`` at a time, longest first, those with equal beginnings side by side."""
    longest: dict[bytes, int] = {}
    for row in rows:
        longest[_beginning(row)] = max(len(row.ids_T), longest.get(_beginning(row), 0))
    ordered = sorted(
        rows, key=lambda row: (-longest[_beginning(row)], _beginning(row), -len(row.ids_T))
    )
    for first in range(0, len(ordered), size):
        yield ordered[first : first + size]


def pack(rows: Sequence[Row], device: torch.device | str = "cpu") -> Batch:
    """Return a batch of the rows in their order, packed where that saves much, else row by row.

    Only neighbours share: ``by_beginning`` makes rows with equal beginnings neighbours.
    """
    packs = _packs(rows)
    width = max(_tokens(members) for members in packs)
    apart = len(rows) * (max(len(row.ids_T) for row in rows) - 1)
    if len(packs) * width > _WORTH_IT * apart:
        return collate(rows, device)
    shape = (len(packs), width)
    ids_BT, positions_BT = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    part_BT = np.full(shape, _PADDING)
    hidden_BTD = _no_states(rows, shape)
    predicting: list[tuple[int, int]] = []
    for b, members in enumerate(packs):
        for part, columns, tokens, row in _laid_out(members):
            ids_BT[b, columns], part_BT[b, columns] = row.ids_T[tokens], part
            positions_BT[b, columns] = np.arange(tokens.start, tokens.stop)
            if hidden_BTD is not None and row.hidden_TD is not None:
                hidden_BTD[b, columns] = row.hidden_TD[tokens]
            if part != BEGINNING:
                # Token t is predicted by token t - 1: for the first of a reply the prompt's last one.
                before = np.flatnonzero(row.sampled_T) - 1
                own = before - tokens.start + columns.start
                predicting += [(b, int(c)) for c in np.where(before < tokens.start, before, own)]
    rows_N, columns_N = torch.tensor(predicting, device=device).T
    predicts_BT = torch.zeros(shape, dtype=torch.bool, device=device)
    predicts_BT[rows_N, columns_N] = True
    return Batch(
        ids_BT=torch.from_numpy(ids_BT).to(device),
        read_BT=torch.from_numpy(part_BT != _PADDING).to(device),
        predicts_BT=predicts_BT,
        hidden_BTD=None if hidden_BTD is None else torch.from_numpy(hidden_BTD).to(device),
        packing=Packing(
            part_BT=torch.from_numpy(part_BT).to(device),
            positions_BT=torch.from_numpy(positions_BT).to(device),
            predicting_N=(rows_N, columns_N),
        ),
        **sampled_tokens(rows, device),
    )


def _beginning(row: Row) -> bytes:
    """Return the tokens before the first sampled one, as a key."""
    return row.ids_T[: _beginning_length(row)].tobytes()


def _beginning_length(row: Row) -> int:
    return int(row.sampled_T.argmax())


def _packs(rows: Sequence[Row]) -> list[list[Row]]:
    """Join neighbours with equal beginnings, up to the widest pack."""
    packs: list[list[Row]] = []
    for row in rows:
        joins = packs and _beginning(packs[-1][0]) == _beginning(row)
        if joins and _tokens([*packs[-1], row]) <= _WIDEST:
            packs[-1].append(row)
        else:
            packs.append([row])
    return packs


def _tokens(members: Sequence[Row]) -> int:
    """Return how many tokens a pack reads; the last of each row is read by nobody."""
    shared = _beginning_length(members[0])
    return shared + sum(len(row.ids_T) - 1 - shared for row in members)


def _laid_out(members: Sequence[Row]) -> Iterator[tuple[int, slice, slice, Row]]:
    """Yield each part of a pack: its number, its columns, and which tokens of which row it holds."""
    shared = end = _beginning_length(members[0])
    yield BEGINNING, slice(0, shared), slice(0, shared), members[0]
    for part, row in enumerate(members, start=BEGINNING + 1):
        start, end = end, end + len(row.ids_T) - 1 - shared
        yield part, slice(start, end), slice(shared, len(row.ids_T) - 1), row


def _no_states(rows: Sequence[Row], shape: tuple[int, int]) -> Floats | None:
    """Return room for the states that enter the first trained layer, None where they are not recorded."""
    first = rows[0].hidden_TD
    if first is None or any(row.hidden_TD is None for row in rows):
        return None
    return np.zeros((*shape, first.shape[1]), dtype=np.float32)
