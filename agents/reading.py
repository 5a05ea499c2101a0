"""Reading prompts into the rows of a cache; what several prompts share is read once.

A row keeps the tokens that it has read. Of its next prompt only what follows the common beginning is read,
whether the history grows or is rebuilt. A beginning that another row holds is copied from there. Equal
prompts, and instructions that all prompts begin with, are read by one row and copied to the others.

Axes: ``R`` rows of the cache, ``B`` rows of a pass, ``Q`` new tokens, ``V`` vocabulary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from onelayer.agents.cached import CachedModel
from onelayer.agents.devices import padded_columns, padded_rows, padded_tokens, pass_tokens
from onelayer.agents.engine import Ids
from onelayer.agents.held import HeldTokens, bare, common_beginning, owner_of

_WORTH_A_COPY = 8
"""a copy is made where another row holds at least this many more tokens of the prompt"""
_TOKENS_OF_A_PASS = 16384
"""most tokens that are read at once, padding too: their activations need memory"""


@dataclass(slots=True)
class _Reader:
    """A row that reads a prompt, and the rows with equal prompts that copy it."""

    row: int
    ids: Ids
    known: int
    """tokens of the prompt that the row holds already"""
    followers: list[int] = field(default_factory=list)

    @property
    def unread(self) -> int:
        """How many tokens are to be read."""
        return len(self.ids) - self.known


def read_prompts(model: CachedModel, held: HeldTokens, prompts: Mapping[int, Ids]) -> Tensor:
    """Read each row's prompt; return the logits after each, ``[B, V]``, in the order of ``prompts``.

    The cache must have room. The last token of a prompt is always read, for its logits.
    """
    readers = _readers(held, prompts)
    _copy_from_others(model, held, readers)
    _read_instructions(model, held, readers)
    parts, order = [], []
    for batch in _batches(readers, pass_tokens(model.device)):
        parts.append(_read(model, held, batch))
        order += batch
    for reader in order:
        held.put(reader.row, reader.ids)
    place = {}
    for i, reader in enumerate(order):
        place.update(dict.fromkeys([reader.row, *reader.followers], i))
    _copy_to_followers(model, held, order)
    logits_BV = torch.cat(parts)
    wanted = [place[row] for row in prompts]
    if wanted == list(range(len(logits_BV))):
        return logits_BV
    return logits_BV[torch.tensor(wanted, device=logits_BV.device)]


def _readers(held: HeldTokens, prompts: Mapping[int, Ids]) -> list[_Reader]:
    """Choose for each different prompt the row that reads it: the one that holds most of it already."""
    alike: dict[bytes, list[int]] = {}
    for row, ids in prompts.items():
        alike.setdefault(ids.tobytes(), []).append(row)
    readers = []
    for rows in alike.values():
        ids = prompts[rows[0]]
        common_R = held.common(ids[:-1], rows)
        best = int(common_R.argmax())
        followers = [*rows[:best], *rows[best + 1 :]]
        readers.append(_Reader(rows[best], ids, int(common_R[best]), followers))
    return readers


def _copy_from_others(model: CachedModel, held: HeldTokens, readers: Sequence[_Reader]) -> None:
    """Copy the beginning of a prompt from a row that holds much more of it than the reader."""
    of, to, start, end = [], [], [], []
    for reader in readers:
        if reader.unread <= _WORTH_A_COPY:
            continue
        common_R = held.common(reader.ids[:-1])
        donor = int(common_R.argmax())
        if common_R[donor] - reader.known >= _WORTH_A_COPY:
            of.append(donor)
            to.append(reader.row)
            start.append(reader.known)
            reader.known = int(common_R[donor])
            end.append(reader.known)
    if to:
        # Columns before a row's start are equal in both, those after its end are not used.
        model.cache.copy(of, to, slice(min(start), max(end)))
        for reader in readers:
            if reader.row in to:
                held.put(reader.row, reader.ids[: reader.known])


def _read_instructions(model: CachedModel, held: HeldTokens, readers: Sequence[_Reader]) -> None:
    """Read the common beginning of an owner's prompts once and copy it to all rows, if that saves much."""
    of_owner: dict[int, list[_Reader]] = {}
    for reader in readers:
        of_owner.setdefault(int(owner_of(reader.ids[:1])[0]), []).append(reader)
    found = [_common_of(alike, model) for alike in of_owner.values()]
    needed = [saving for saving in found if saving is not None]
    unread = [(source, common) for source, common, _ in needed if source.known < common]
    if unread:
        _read(model, held, [_Reader(s.row, s.ids[:common], s.known) for s, common in unread])
    for source, common, lacking in needed:
        source.known = max(source.known, common)
        start = min(reader.known for reader in lacking)
        rows = [reader.row for reader in lacking]
        model.cache.copy([source.row] * len(rows), rows, slice(start, common))
        for reader in lacking:
            reader.known = common


def _common_of(
    readers: Sequence[_Reader], model: CachedModel
) -> tuple[_Reader, int, list[_Reader]] | None:
    """Return who reads the common beginning, its length, and who copies it; None if that saves little."""
    common = min(common_beginning([r.ids for r in readers]), min(len(r.ids) for r in readers) - 1)
    source = max(readers, key=lambda reader: reader.known)
    lacking = [reader for reader in readers if reader.known < common and reader is not source]
    unread = common - source.known
    if not lacking or (unread > 0 and unread * len(lacking) < pass_tokens(model.device)):
        return None
    return source, common, lacking


def _batches(readers: Sequence[_Reader], worth: int) -> list[list[_Reader]]:
    """Divide the readers into passes of the least total cost.

    A pass costs its rows times its longest prompt, plus ``worth`` tokens. Where readers are sorted by length,
    the best division cuts only where the length changes. Dynamic programming: ``best[i]`` is the least cost
    of the first i readers.
    """
    readers = sorted(readers, key=lambda reader: -reader.unread)
    ends = [i for i in range(1, len(readers)) if readers[i].unread < readers[i - 1].unread]
    best, cut = {0: 0}, {0: 0}
    for end in [*ends, len(readers)]:
        best[end], cut[end] = min(
            (cost + (end - start) * readers[start].unread + worth, start)
            for start, cost in best.items()
        )
    batches, end = [], len(readers)
    while end:
        batch = readers[cut[end] : end]
        size = max(1, _TOKENS_OF_A_PASS // batch[0].unread)
        batches += [batch[first : first + size] for first in range(0, len(batch), size)]
        end = cut[end]
    return batches


def _read(model: CachedModel, held: HeldTokens, readers: Sequence[_Reader]) -> Tensor:
    """Read the tokens of the prompts that the rows do not hold; return the logits after each, ``[B, V]``."""
    device, count_B = model.device, [reader.unread for reader in readers]
    shape = (padded_rows(len(readers), device), padded_tokens(max(count_B), device))
    ids_BQ, position_BQ = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    column_BQ = np.full(shape, model.cache.waste)
    row_B, last_B = np.zeros(shape[0], dtype=np.int64), np.zeros(shape[0], dtype=np.int64)
    for b, (reader, count) in enumerate(zip(readers, count_B, strict=True)):
        ids_BQ[b, :count] = bare(reader.ids[reader.known :])
        position_BQ[b, :count] = np.arange(reader.known, len(reader.ids))
        column_BQ[b, :count] = position_BQ[b, :count]
        row_B[b], last_B[b] = reader.row, count - 1
    ids, position, column, rows, last = (
        torch.from_numpy(array).to(device)
        for array in (ids_BQ, position_BQ, column_BQ, row_B, last_B)
    )
    in_front = bool((row_B == np.arange(shape[0])).all())
    columns = padded_columns(max(len(reader.ids) for reader in readers), device)
    reads = slice(0, shape[0]) if in_front else rows
    logits_BV = model.read(ids, position, column, rows, reads, columns, last)
    return logits_BV[: len(readers)]


def _copy_to_followers(model: CachedModel, held: HeldTokens, readers: Sequence[_Reader]) -> None:
    pairs = [(reader, row) for reader in readers for row in reader.followers]
    if not pairs:
        return
    start = min(
        int(held.common(reader.ids, reader.followers).min())
        for reader in readers
        if reader.followers
    )
    end = max(len(reader.ids) for reader, _ in pairs)
    model.cache.copy(
        [reader.row for reader, _ in pairs], [row for _, row in pairs], slice(start, end)
    )
    for reader, row in pairs:
        held.put(row, reader.ids)
