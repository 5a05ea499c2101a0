"""The token step: from the last token of each row to the next one, all on the device.

The next token of each row, its position, its random numbers and its reply are tensors of fixed size, and a
step is a fixed sequence of operations on them, as a CUDA graph needs (``graphs.py``). While a reply is
written, only the flag that says whether it goes on is read back from the device. On a CPU the same step runs
without a graph.

Axes: ``R`` rows, ``B`` rows of a step, ``L`` tokens of a reply, ``V`` vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onelayer.agents.cached import CachedModel
from onelayer.agents.engine import Sampled
from onelayer.agents.sampling import Sampling, draw, exact_device


@dataclass(slots=True, eq=False)
class Replies:
    """The replies that the rows write, as tensors on the device."""

    writes_R: Tensor
    """bool: the row's reply goes on"""
    token_R: Tensor
    """its last token, which is to be read"""
    position_R: Tensor
    """where that token stands in the row"""
    count_R: Tensor
    """tokens of the reply"""
    uniform_RL: Tensor
    """random numbers of the reply, one for each token"""
    ids_RL: Tensor
    logp_RL: Tensor
    row_R: Tensor = field(init=False)
    """0, 1, 2, ..."""

    @classmethod
    def empty(cls, rows: int, limit: int, device: torch.device) -> "Replies":
        """Return rows that write nothing."""
        return cls(
            writes_R=torch.zeros(rows, dtype=torch.bool, device=device),
            token_R=torch.zeros(rows, dtype=torch.long, device=device),
            position_R=torch.zeros(rows, dtype=torch.long, device=device),
            count_R=torch.zeros(rows, dtype=torch.long, device=device),
            uniform_RL=torch.zeros((rows, limit), dtype=torch.float64, device=exact_device(device)),
            ids_RL=torch.zeros((rows, limit), dtype=torch.long, device=device),
            logp_RL=torch.zeros((rows, limit), dtype=torch.float32, device=device),
        )

    def __post_init__(self) -> None:
        self.row_R = torch.arange(len(self.token_R), device=self.token_R.device)

    def grown(self, rows: int) -> "Replies":
        """Return the same replies with room for more rows."""
        larger = Replies.empty(rows, self.ids_RL.shape[1], self.token_R.device)
        for name in _OF_A_ROW:
            getattr(larger, name)[: len(self.token_R)] = getattr(self, name)
        return larger

    def exchange(self, a: Sequence[int], b: Sequence[int]) -> None:
        """Exchange row ``a[i]`` with row ``b[i]``, for all i."""
        to, of = [*a, *b], [*b, *a]
        for name in _OF_A_ROW:
            tensor_R = getattr(self, name)
            tensor_R[to] = tensor_R[of]

    def begin(self, row_B: Tensor, position_B: Tensor, uniform_BL: NDArray[np.float64]) -> None:
        """Let rows begin a reply whose first token will stand at these positions."""
        self.writes_R[row_B] = True
        self.position_R[row_B] = position_B - 1  # ``record`` adds 1
        self.count_R[row_B] = 0
        device = self.uniform_RL.device
        self.uniform_RL[row_B.to(device)] = torch.from_numpy(uniform_BL).to(device)

    def ended(self, rows: Sequence[int], stop_ids: frozenset[int]) -> list[Sampled]:
        """Return the replies of rows that have ended, reading them from the device at once."""
        count_B = self.count_R[rows].tolist()
        ids_BL = self.ids_RL[rows, : max(count_B)].tolist()
        logp_BL = self.logp_RL[rows, : max(count_B)].tolist()
        replies = []
        for ids, logp, count in zip(ids_BL, logp_BL, count_B, strict=True):
            cut = ids[count - 1] not in stop_ids
            replies.append(Sampled(tuple(ids[:count]), tuple(logp[:count]), cut))
        return replies


_OF_A_ROW = tuple(f.name for f in fields(Replies) if f.init)


class TokenStep:
    """Draws the next token of every row that writes.

    Args:
        model: with its cache.
        replies: are written to.
        stop_ids: tokens that end a reply.
        sampling: temperature, top-p, limit.
    """

    def __init__(
        self, model: CachedModel, replies: Replies, stop_ids: Sequence[int], sampling: Sampling
    ):
        self.model, self.replies, self.sampling = model, replies, sampling
        self._stop_S = torch.tensor(list(stop_ids), dtype=torch.long, device=model.device)

    def __call__(self, rows: int, columns: int) -> None:
        """Take one step of the first ``rows`` rows, whose tokens lie in the first ``columns`` columns.

        Idle rows among them are computed too, and change nothing: their keys and values go to the waste
        column, and their tokens are dropped.
        """
        replies = self.replies
        row_B, writes_B = replies.row_R[:rows], replies.writes_R[:rows]
        position_B = torch.where(writes_B, replies.position_R[:rows], 0)
        logits_BV = self.model.read(
            replies.token_R[:rows, None],
            position_B[:, None],
            torch.where(writes_B, position_B, self.model.cache.waste)[:, None],
            row_B,
            slice(0, rows),
            columns,
            torch.zeros_like(row_B),
        )
        self.record(logits_BV, row_B)

    def record(self, logits_BV: Tensor, row_B: Tensor) -> None:
        """Draw a token for each row that writes, from the logits after its last one."""
        replies, limit = self.replies, self.sampling.response_limit
        writes_B, count_B = replies.writes_R[row_B], replies.count_R[row_B]
        at_B = count_B.clamp(max=limit - 1)
        device = replies.uniform_RL.device
        uniform_B = replies.uniform_RL[row_B.to(device), at_B.to(device)]
        chosen_B, logp_B = draw(logits_BV, uniform_B, self.sampling)
        replies.ids_RL[row_B, at_B] = torch.where(writes_B, chosen_B, replies.ids_RL[row_B, at_B])
        replies.logp_RL[row_B, at_B] = torch.where(writes_B, logp_B, replies.logp_RL[row_B, at_B])
        replies.token_R[row_B] = torch.where(writes_B, chosen_B, replies.token_R[row_B])
        replies.position_R[row_B] += writes_B.long()
        replies.count_R[row_B] = count_B + writes_B.long()
        stops_B = (chosen_B[:, None] == self._stop_S).any(-1)
        replies.writes_R[row_B] = writes_B & ~stops_B & (count_B + 1 < limit)
