"""The engine that runs the model in this process: replies of many episodes, written at once.

Prompts may be submitted while other rows still write. They are collected, read in one pass (``reading.py``),
and then written on together with the other rows, one token of each at a time (``writing.py``), until each
reply ends. Every row draws from its own stream of random numbers, so that an episode is the same whichever
others run beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from onelayer.agents.attention import check_kind
from onelayer.agents.cache import RaggedCache
from onelayer.agents.cached import CachedModel
from onelayer.agents.devices import (
    bytes_to_keep,
    cache_columns,
    padded_columns,
    padded_rows,
    step_rows,
    steps_at_once,
    without_cudnn_attention,
)
from onelayer.agents.engine import Ids, Sampled
from onelayer.agents.graphs import GraphedStep
from onelayer.agents.held import HeldTokens, bare, owned
from onelayer.agents.models import context_length
from onelayer.agents.reading import read_prompts
from onelayer.agents.sampling import Sampling, UniformStream
from onelayer.agents.states import CapturedStates
from onelayer.agents.writing import Replies, TokenStep

__all__ = ["Decoder", "Sampled", "Sampling"]

_WAITING_SHARE = 0.25
"""prompts are read once there are this many for each row that writes: a pass over one costs nearly as much"""
_IDLE_SHARE = 0.25
"""rows that write are moved to the front when this spares a step at least this share of its rows"""


@dataclass(frozen=True, slots=True, eq=False)
class _Buffers:
    """The tensors of a rollout on the device and the objects that use them; replaced when they must grow."""

    model: CachedModel
    replies: Replies
    step: TokenStep
    take: Callable[[int, int], None]
    """the same step, on a GPU as a graph"""

    @property
    def cache(self) -> RaggedCache:
        """Keys, values and captured states."""
        return self.model.cache


class Decoder:
    """Samples from ``model``; an ``Engine``.

    Args:
        model: a causal language model whose layers all read earlier tokens by attention.
        stop_ids: tokens that end a reply; they belong to it.
        sampling: temperature, top-p, limit.
        states: keeps what entered its layer at every token, for learning; None: nothing is kept.

    Raises:
        ValueError: a layer works otherwise, such as a state-space layer (``check_kind``).
    """

    answers_alone = False
    """rounding depends on which rows run together"""

    def __init__(
        self,
        model: PreTrainedModel,
        stop_ids: Sequence[int],
        sampling: Sampling,
        states: CapturedStates | None = None,
    ):
        check_kind(model)
        self.model, self.sampling, self.states = model, sampling, states
        self.context = context_length(model)
        self._stop = frozenset(stop_ids)
        self._layers = model.config.get_text_config().num_hidden_layers
        self._allocated: _Buffers | None = None
        self._held = HeldTokens()
        self.forget()

    def submit(self, slot: int, prompt_ids: Sequence[int] | Ids, key: Sequence[int]) -> None:
        """Ask for a reply; see ``Engine``.

        Raises:
            ValueError: the prompt is empty, or the slot's last reply is still awaited.
        """
        if len(prompt_ids) == 0:
            raise ValueError("a prompt needs at least one token")
        if slot in self._waiting or self._row_of.get(slot) in self._writing:
            raise ValueError(f"slot {slot} already waits for a reply")
        self._waiting[slot] = owned(np.asarray(prompt_ids, dtype=np.int64), self._owner(slot))
        if slot not in self._streams:
            self._streams[slot] = UniformStream(key)

    @torch.no_grad()
    def step(self) -> list[tuple[int, Sampled]]:
        """Read the waiting prompts if there are enough, else write on; return the replies that ended."""
        with without_cudnn_attention():
            if self._waiting and len(self._waiting) >= _WAITING_SHARE * len(self._writing):
                self._read_waiting()
            elif self._writing:
                self._write()
            return self._ended()

    def release(self, slots: Sequence[int]) -> None:
        """End these episodes. Their rows keep the tokens, which the next episode's prompt may begin with."""
        for slot in slots:
            self._waiting.pop(slot, None)
            self._streams.pop(slot, None)
            self._texts.pop(slot, None)
            row = self._row_of.pop(slot, None)
            if row is not None:
                self._slot_of.pop(row)
                self._writing.pop(row, None)
                self._buffers.replies.writes_R[row] = False

    def forget(self) -> None:
        """Drop what was read: the weights changed, or all episodes are new. Small buffers are kept."""
        self._waiting: dict[int, Ids] = {}
        self._streams: dict[int, UniformStream] = {}
        self._row_of: dict[int, int] = {}
        self._slot_of: dict[int, int] = {}
        self._writing: dict[int, int] = {}
        """row: the column of its next token, or a few columns further"""
        self._texts: dict[int, Ids] = {}
        """slot: the text whose states were stored last"""
        buffers = self._allocated
        if buffers is None or buffers.cache.nbytes > bytes_to_keep(self.model.device):
            self._held, self._allocated = HeldTokens(), None
            return
        buffers.cache.clear()
        buffers.replies.writes_R.zero_()
        self._held.length_R[:] = 0
        if isinstance(buffers.take, GraphedStep):
            buffers.take.keep_valid()

    @property
    def _buffers(self) -> _Buffers:
        assert self._allocated is not None, "prompts are read first"
        return self._allocated

    def _read_waiting(self) -> None:
        """Give each prompt that waits a row, read it, and draw the first token of its reply."""
        prompts = self._waiting
        self._seat(prompts)
        self._reserve(len(self._slot_of), max(len(ids) for ids in prompts.values()) + 1)
        rows = [self._row_of[slot] for slot in prompts]
        by_row = dict(zip(rows, prompts.values(), strict=True))
        logits_BV = read_prompts(self._buffers.model, self._held, by_row)
        limit, device = self.sampling.response_limit, self.model.device
        row_B = torch.tensor(rows, device=device)
        lengths = [len(ids) for ids in prompts.values()]
        uniform_BL = np.stack([self._streams[slot].peek(limit) for slot in prompts])
        self._buffers.replies.begin(row_B, torch.tensor(lengths, device=device), uniform_BL)
        self._buffers.step.record(logits_BV, row_B)
        self._writing.update(zip(rows, lengths, strict=True))
        self._waiting = {}

    def _seat(self, slots: Sequence[int] | dict[int, Ids]) -> None:
        """Give every slot a row, the first ones that are free."""
        row = 0
        for slot in slots:
            if slot not in self._row_of:
                while row in self._slot_of:
                    row += 1
                self._row_of[slot], self._slot_of[row] = row, slot

    def _reserve(self, rows: int, columns: int) -> None:
        """Make room for so many rows and columns."""
        rows = padded_rows(max(rows, 1 + max(self._slot_of)), self.model.device)
        columns = cache_columns(columns)
        device, limit = self.model.device, self.sampling.response_limit
        if self._allocated is None:
            cache = RaggedCache(self._layers, rows, columns + 1)
            replies = Replies.empty(rows, limit, device)
        else:
            cache, replies = self._allocated.cache, self._allocated.replies
            if not cache.reserve(rows, columns):
                return
            if rows > len(replies.row_R):
                replies = replies.grown(rows)
        self._held.grow(cache.rows, cache.columns)
        model = self._cached_model(cache)
        step = TokenStep(model, replies, sorted(self._stop), self.sampling)
        take: TokenStep | GraphedStep = step
        if device.type == "cuda":
            take = GraphedStep(step)
            before = None if self._allocated is None else self._allocated.take
            # A model that cannot be captured is tried, and reported, only once.
            take.refused = isinstance(before, GraphedStep) and before.refused
        self._allocated = _Buffers(model, replies, step, take)

    def _write(self) -> None:
        """Draw a token, on a GPU several, for each row that writes."""
        device = self.model.device
        steps = steps_at_once(device)
        used = max(self._writing.values()) + steps
        self._reserve(0, used)
        columns = padded_columns(used, device)
        self._bring_to_front(columns)
        rows = self._step_rows(max(self._writing) + 1, columns)
        for _ in range(steps):
            self._buffers.take(rows, columns)
        for row in self._writing:
            self._writing[row] += steps

    def _step_rows(self, rows: int, columns: int) -> int:
        return step_rows(rows, self._buffers.cache.rows, columns, self.model.device)

    def _bring_to_front(self, columns: int) -> None:
        """Exchange rows that write with idle rows before them, if a step would run many idle ones."""
        busy, now = len(self._writing), self._step_rows(max(self._writing) + 1, columns)
        if self._step_rows(busy, columns) > (1 - _IDLE_SHARE) * now:
            return
        away = [row for row in range(busy) if row not in self._writing]
        here = sorted(row for row in self._writing if row >= busy)
        used = max(
            *(self._writing[row] for row in here), *(int(self._held.length_R[row]) for row in away)
        )
        self._buffers.cache.exchange(away, here, used)
        self._buffers.replies.exchange(away, here)
        self._held.exchange(away, here)
        for a, b in zip(away, here, strict=True):
            self._writing[a] = self._writing.pop(b)
            slots = self._slot_of.pop(a, None), self._slot_of.pop(b)
            self._slot_of[a] = slots[1]
            self._row_of[slots[1]] = a
            if slots[0] is not None:
                self._slot_of[b] = slots[0]
                self._row_of[slots[0]] = b

    def _ended(self) -> list[tuple[int, Sampled]]:
        """Return the replies that have ended, and keep their states."""
        if not self._writing:
            return []
        writes = self._buffers.replies.writes_R[: max(self._writing) + 1].tolist()
        rows = [row for row in self._writing if not writes[row]]
        if not rows:
            return []
        replies = self._buffers.replies.ended(rows, self._stop)
        ended = []
        for row, reply in zip(rows, replies, strict=True):
            slot = self._slot_of[row]
            del self._writing[row]
            prompt = int(self._held.length_R[row])
            said = np.array(reply.ids[:-1], dtype=np.int64)
            self._held.put(row, owned(said, self._owner(slot)), prompt)
            self._streams[slot].use(len(reply.ids))
            self._keep_states(slot, row, reply.ids[-1])
            ended.append((slot, reply))
        return ended

    def _owner(self, slot: int) -> int:
        """Return which policy plays a slot; here there is one."""
        return 0

    def _cached_model(self, cache: RaggedCache) -> CachedModel:
        """Return the object that runs the forward passes."""
        return CachedModel(self.model, cache, self.states)

    def _states_of(self, slot: int) -> CapturedStates | None:
        """Return what keeps the states of a slot."""
        return self.states

    def _keep_states(self, slot: int, row: int, last_id: int) -> None:
        """Store the states of the tokens that the row got since the slot's last reply."""
        states = self._states_of(slot)
        if states is None:
            return
        hidden_RKD = self._buffers.cache.hidden_RKD
        assert hidden_RKD is not None
        ids, before = np.append(bare(self._held.row(row)), last_id), self._texts.get(slot)
        continues = before is not None and np.array_equal(ids[: len(before)], before)
        # The last token of a reply is read at the next turn, so its state comes with that.
        start = len(before) - 1 if before is not None and continues else 0
        states.put(ids, start, hidden_RKD[row, start : len(ids) - 1])
        self._texts[slot] = ids
