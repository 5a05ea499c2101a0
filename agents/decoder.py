"""Sampling replies from a transformers model for many running episodes at once.

The cache keeps what an episode has read: a prompt that begins with the tokens of the turn before costs only
its new tokens, whether the history grows or is rebuilt. What episodes have in common is read once: the equal
prompts that a group begins with, and the instructions that all prompts begin with. Rows that have finished
their reply leave the forward pass.

Every row draws from its own stream of random numbers, so that an episode is the same whichever others run
beside it. Axes: ``B`` rows in a forward pass, ``Q`` new tokens, ``K`` columns attended to, ``V`` vocabulary,
``R`` rows of the cache.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import PreTrainedModel

from onelayer.agents.attention import attending, check_kind
from onelayer.agents.cache import RaggedCache, exchange
from onelayer.agents.forward import capturing, logits_only_at
from onelayer.agents.sampling import Sampling, inverse_cdf, uniform
from onelayer.agents.states import CapturedStates

__all__ = ["Decoder", "Sampled", "Sampling"]

_WORTH_A_PASS = 64
"""tokens that a forward pass of its own must save before instructions are read ahead of the rest"""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One reply, token by token."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    """under the softmax at the sampling temperature (at 1 where that is 0), before ``top_p``"""
    cut: bool
    """stopped by the limit instead of a stop token"""


@dataclass(slots=True, eq=False)
class _Row:
    """What one row of the cache holds."""

    slot: int = -1
    """-1: it is free, and what it holds may begin the next episode's prompt"""
    ids: list[int] = field(default_factory=list)
    """tokens whose keys and values are in the cache"""
    draws: Iterator[float] | None = None


class Decoder:
    """Samples from ``model``; ``slots`` name episodes as in ``Agent``.

    Args:
        model: a causal language model whose layers all read earlier tokens by attention.
        stop_ids: tokens that end a reply; they belong to it.
        sampling: temperature, top-p, limit.
        states: keeps what enters its layer at each token that is read.

    Raises:
        ValueError: the model mixes in something else, such as state-space layers (``check_kind``).
    """

    def __init__(
        self,
        model: PreTrainedModel,
        stop_ids: Sequence[int],
        sampling: Sampling,
        states: CapturedStates | None = None,
    ):
        check_kind(model)
        self.model = model
        self.sampling = sampling
        self.states = states
        self._stop = frozenset(stop_ids)
        self.forget()

    def forget(self) -> None:
        """Drop the cache: the weights changed, or all episodes are new."""
        self._rows: list[_Row] = []
        self._cache: RaggedCache | None = None
        self._hidden_RKD: Tensor | None = None

    def release(self, slots: Sequence[int]) -> None:
        """Free the rows of these episodes; the next ones there need not read the instructions again."""
        for row in self._rows:
            if row.slot in slots:
                row.slot, row.draws = -1, None

    @torch.no_grad()
    def sample(
        self,
        slots: Sequence[int],
        prompts: Sequence[Sequence[int]],
        keys: Sequence[Sequence[int]],
        known: Sequence[int] | None = None,
    ) -> list[Sampled]:
        """Return one reply to each prompt, a whole one each time.

        ``keys`` seed an episode's random numbers when its slot is first seen. Rows of slots that are not
        passed are taken to be free. The states of the first ``known`` tokens of each prompt, but for the last
        of them, were kept with the replies before.
        """
        self._seat(slots, keys)
        position = {slot: i for i, slot in enumerate(slots)}
        replies: list[list[int]] = [[] for _ in slots]
        logprobs: list[list[float]] = [[] for _ in slots]
        logits_BV = self._read_prompts(dict(zip(slots, prompts, strict=True)))
        while True:
            chosen_B, logp_B = self._draw(logits_BV, self._rows[: len(logits_BV)])
            unfinished = set()
            for b, (token, logp) in enumerate(zip(chosen_B, logp_B, strict=True)):
                i = position[self._rows[b].slot]
                replies[i].append(token)
                logprobs[i].append(logp)
                if token not in self._stop and len(replies[i]) < self.sampling.response_limit:
                    unfinished.add(b)
            if not unfinished:
                break
            self._bring_to_front(unfinished)
            busy = self._rows[: len(unfinished)]
            logits_BV = self._read([[replies[position[row.slot]][-1]] for row in busy])
        known = [0] * len(slots) if known is None else known
        for slot, skip in zip(slots, known, strict=True):
            self._keep_states(slot, skip)
        return [
            Sampled(tuple(ids), tuple(logp), ids[-1] not in self._stop)
            for ids, logp in zip(replies, logprobs, strict=True)
        ]

    def _seat(self, slots: Sequence[int], keys: Sequence[Sequence[int]]) -> None:
        """Give every slot a row, one of the first ``len(slots)``."""
        wanted = set(slots)
        self.release([row.slot for row in self._rows if row.slot not in wanted])
        if len(self._rows) < len(slots):
            self._grow(len(slots))
        seated = {row.slot for row in self._rows}
        free = iter([row for row in self._rows if row.slot == -1])
        for slot, key in zip(slots, keys, strict=True):
            if slot not in seated:
                row = next(free)
                row.slot, row.draws = slot, uniform(key)
        self._bring_to_front({r for r, row in enumerate(self._rows) if row.slot in wanted})

    def _grow(self, rows: int) -> None:
        """Start a cache of more rows; what was read is read again."""
        layers = self.model.config.get_text_config().num_hidden_layers
        self._cache = RaggedCache(layers, rows)
        self._hidden_RKD = None
        for row in self._rows:
            row.ids = []
        self._rows += [_Row() for _ in range(rows - len(self._rows))]

    def _read_prompts(self, prompts: Mapping[int, Sequence[int]]) -> Tensor:
        """Read each slot's prompt, equal ones once; return the logits after each row's, ``[B, V]``."""
        rows = self._rows[: len(prompts)]
        for row in rows:  # the last token is always read, for its logits
            del row.ids[_common(row.ids, prompts[row.slot][:-1]) :]
        readers: dict[tuple[int, ...], _Row] = {}
        for row in sorted(rows, key=lambda row: -len(row.ids)):
            readers.setdefault(tuple(prompts[row.slot]), row)
        self._read_instructions(readers)
        reading = set(readers.values())
        self._bring_to_front({r for r, row in enumerate(rows) if row in reading})
        rows = self._rows[: len(prompts)]
        logits_BV = self._read([prompts[row.slot][len(row.ids) :] for row in rows[: len(reading)]])
        reader_of_B = [readers[tuple(prompts[row.slot])] for row in rows]
        self._copy(reader_of_B[len(reading) :], rows[len(reading) :])
        return logits_BV[[rows.index(row) for row in reader_of_B]]

    def _read_instructions(self, readers: Mapping[tuple[int, ...], _Row]) -> None:
        """Let one row read what all prompts begin with and the others copy it, if that saves much."""
        first, last = min(readers), max(readers)  # as in a dictionary: the others lie between them
        common = min(_common(first, last), len(first) - 1)
        source = max(readers.values(), key=lambda row: len(row.ids))
        lacking = [row for row in readers.values() if row is not source and len(row.ids) < common]
        unread = first[len(source.ids) : common]
        if not lacking or (unread and len(unread) * len(lacking) < _WORTH_A_PASS):
            return
        if unread:
            self._bring_to_front({self._rows.index(source)})
            self._read([unread])
        self._copy([source] * len(lacking), lacking, common)

    def _copy(self, of: Sequence[_Row], to: Sequence[_Row], columns: int | None = None) -> None:
        """Give row ``to[i]`` what row ``of[i]`` holds, or the first columns of it."""
        if not to:
            return
        place = {row: r for r, row in enumerate(self._rows)}
        of_rows, to_rows = [place[row] for row in of], [place[row] for row in to]
        start = min(len(row.ids) for row in to)  # what lies before is equal
        end = columns or max(len(row.ids) for row in of)
        assert self._cache is not None
        self._cache.copy(of_rows, to_rows, slice(start, end))
        if self._hidden_RKD is not None:
            self._hidden_RKD[to_rows, start:end] = self._hidden_RKD[of_rows, start:end]
        for source, row in zip(of, to, strict=True):
            row.ids = source.ids[:columns]

    def _read(self, new: Sequence[Sequence[int]]) -> Tensor:
        """Feed the new tokens of the first ``len(new)`` rows; return the logits after each, ``[B, V]``."""
        rows, device = self._rows[: len(new)], self.model.device
        width = max(len(ids) for ids in new)
        ids_BQ = torch.tensor([[*ids, *[0] * (width - len(ids))] for ids in new], device=device)
        counts_B = torch.tensor([len(ids) for ids in new], device=device)
        starts_B = torch.tensor([len(row.ids) for row in rows], device=device)
        # Padding writes to columns past the row's end, which the next tokens overwrite.
        columns_BQ = starts_B[:, None] + torch.arange(width, device=device)
        used = max(len(row.ids) for row in rows) + width
        assert self._cache is not None
        self._cache.place(columns_BQ, used)
        # Padding stands where the row's last token does: a position that the model surely knows.
        position_BQ = columns_BQ.minimum((starts_B + counts_B - 1)[:, None])
        last_BQ = torch.arange(width, device=device) == counts_B[:, None] - 1
        with ExitStack() as stack:
            stack.enter_context(logits_only_at(self.model, last_BQ))
            captured = (
                stack.enter_context(capturing(self.states.layer))
                if self.states is not None
                else None
            )
            where = stack.enter_context(attending(self.model, position_BQ, columns=used))
            logits_BV: Tensor = self.model(
                input_ids=ids_BQ, past_key_values=self._cache, use_cache=True, **where
            ).logits[0]
        if captured:
            self._store_hidden(captured[0], columns_BQ)
        for row, ids in zip(rows, new, strict=True):
            row.ids += ids
        return logits_BV.float()

    def _draw(self, logits_BV: Tensor, rows: Sequence[_Row]) -> tuple[list[int], list[float]]:
        """Return a token for each row and its log-probability."""
        temperature = self.sampling.temperature or 1.0
        logp_BV = torch.log_softmax(logits_BV / temperature, dim=-1)
        if self.sampling.temperature == 0:
            chosen_B = logp_BV.argmax(-1)
        else:
            draws_B = [next(row.draws) for row in rows if row.draws is not None]
            chosen_B = inverse_cdf(logp_BV.exp(), draws_B, self.sampling.top_p)
        return chosen_B.tolist(), logp_BV.gather(-1, chosen_B[:, None])[:, 0].tolist()

    def _bring_to_front(self, wanted: Set[int]) -> None:
        """Make the wanted rows the first ones, moving as few as possible."""
        rows = self._rows
        away = [r for r in range(len(wanted)) if r not in wanted]
        here = [r for r in sorted(wanted) if r >= len(wanted)]
        if not away:
            return
        used = max(len(rows[r].ids) for r in (*away, *here))
        if used and self._cache is not None:
            self._cache.swap(away, here, used)
            if self._hidden_RKD is not None:
                exchange(self._hidden_RKD, away, here, used)
        for a, b in zip(away, here, strict=True):
            rows[a], rows[b] = rows[b], rows[a]

    def _store_hidden(self, hidden_BQD: Tensor, columns_BQ: Tensor) -> None:
        assert self._cache is not None
        stored, columns = self._hidden_RKD, self._cache.columns
        if stored is None or stored.shape[1] < columns:
            wider = hidden_BQD.new_zeros((self._cache.rows, columns, hidden_BQD.shape[-1]))
            if stored is not None:
                wider[:, : stored.shape[1]] = stored
            self._hidden_RKD = stored = wider
        stored[torch.arange(len(columns_BQ), device=stored.device)[:, None], columns_BQ] = (
            hidden_BQD
        )

    def _keep_states(self, slot: int, known: int) -> None:
        if self.states is None or self._hidden_RKD is None:
            return
        r = next(i for i, row in enumerate(self._rows) if row.slot == slot)
        ids = self._rows[r].ids
        # Not from where reading began: a rebuilt prompt may find its first tokens in the cache.
        start = max(known - 1, 0)
        self.states.put(ids, start, self._hidden_RKD[r, start : len(ids)])


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens both begin with."""
    most = min(len(one), len(other))
    return next((i for i in range(most) if one[i] != other[i]), most)
