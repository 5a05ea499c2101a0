"""A key-value cache whose rows have different lengths.

Episodes of a batch read and write different numbers of tokens. Here token ``t`` of an episode always lies in
column ``t`` of its row, so no padding is ever attended to. The buffers stay in place until they have to grow,
as a CUDA graph requires. Padding writes its keys and values to the last column, which nothing reads.

Axes: ``R`` rows, ``K`` columns, ``B`` rows of a forward pass, ``Q`` its new tokens, ``D`` hidden width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


@dataclass(slots=True)
class _Pass:
    """Where a forward pass writes and what it reads; all layers share one."""

    row_B1: Tensor
    column_BQ: Tensor
    reads: slice | Tensor
    """index of the rows that are read: a slice costs nothing, any other index copies the rows"""
    used: int
    """how many columns are read"""


class RaggedLayer(CacheLayerMixin):  # type: ignore[misc]
    """Keys and values of one transformer layer, ``[R, heads, K, head width]``."""

    is_sliding = False

    def __init__(self, now: _Pass, rows: int, columns: int):
        super().__init__()
        self._now, self._rows, self._columns = now, rows, columns

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Allocate the rows once widths, dtype and device are known."""
        shape = (self._rows, key_states.shape[1], self._columns)
        # Zeros: columns that are not written yet get an attention of 0, and 0 times NaN would be NaN.
        self.keys = key_states.new_zeros((*shape, key_states.shape[-1]))
        self.values = value_states.new_zeros((*shape, value_states.shape[-1]))
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write the new tokens to their columns; return the rows and columns that are read."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        now = self._now
        # advanced indices around a slice: the indexed axes come first, [B, Q, heads, width]
        self.keys[now.row_B1, :, now.column_BQ] = key_states.transpose(1, 2)
        self.values[now.row_B1, :, now.column_BQ] = value_states.transpose(1, 2)
        return self.keys[now.reads, :, : now.used], self.values[now.reads, :, : now.used]

    def grow(self, rows: int, columns: int) -> None:
        """Move to larger buffers."""
        self._rows, self._columns = rows, columns
        if self.is_initialized:
            self.keys = _grown(self.keys, rows, columns, axis=2)
            self.values = _grown(self.values, rows, columns, axis=2)

    def get_seq_length(self) -> int:
        """Return 0: positions are always given, never derived from the cache."""
        return 0

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return the attended length and its offset."""
        return self._now.used, 0

    def get_max_length(self) -> int:
        """Return -1: there is no limit."""
        return -1


class RaggedCache(Cache):  # type: ignore[misc]
    """Keys and values of all layers, and the hidden states that entered one layer, the captured one.

    Attributes:
        rows, columns: sizes of the buffers; the last column holds what is thrown away.
        hidden_RKD: input of the captured layer at every token; None until something was captured.
    """

    def __init__(self, layers: int, rows: int, columns: int):
        self.rows, self.columns = rows, columns
        self.hidden_RKD: Tensor | None = None
        nothing = torch.empty(0, dtype=torch.long)
        # Layers refer to this and not to the cache: a reference cycle would keep dropped caches in memory.
        self._now = _Pass(nothing, nothing, slice(0, 0), 0)
        super().__init__(layers=[RaggedLayer(self._now, rows, columns) for _ in range(layers)])

    @property
    def waste(self) -> int:
        """The column for tokens that are thrown away."""
        return self.columns - 1

    def clear(self) -> None:
        """Put zeros everywhere: what other weights left there could be NaN or infinite."""
        for tensor in self._buffers():
            tensor.zero_()

    @property
    def nbytes(self) -> int:
        """Bytes of the buffers."""
        return sum(tensor.nbytes for tensor in self._buffers())

    def reserve(self, rows: int, columns: int) -> bool:
        """Make room for these sizes, the waste column not counted; return whether the buffers moved."""
        if rows <= self.rows and columns <= self.waste:
            return False
        self.rows = max(rows, self.rows)
        self.columns = max(columns + 1, self.columns)
        for layer in self.layers:
            layer.grow(self.rows, self.columns)
        if self.hidden_RKD is not None:
            self.hidden_RKD = _grown(self.hidden_RKD, self.rows, self.columns, axis=1)
        return True

    def place(self, row_B: Tensor, column_BQ: Tensor, reads: slice | Tensor, used: int) -> None:
        """Say where the next forward pass writes, and which rows and how many columns it reads."""
        now = self._now
        now.row_B1, now.column_BQ = row_B[:, None], column_BQ
        now.reads, now.used = reads, used

    def keep_hidden(self, hidden_BQD: Tensor, rows: Tensor | None = None) -> None:
        """Store what entered the captured layer in the last forward pass, token by token.

        Args:
            hidden_BQD: the states of all rows of the pass.
            rows: indices of the rows to store, those whose captured layer this is; None: all.
        """
        if self.hidden_RKD is None:
            self.hidden_RKD = hidden_BQD.new_zeros((self.rows, self.columns, hidden_BQD.shape[-1]))
        row_B1, column_BQ = self._now.row_B1, self._now.column_BQ
        if rows is not None:
            row_B1, column_BQ, hidden_BQD = row_B1[rows], column_BQ[rows], hidden_BQD[rows]
        self.hidden_RKD[row_B1, column_BQ] = hidden_BQD

    def exchange(self, a: Sequence[int], b: Sequence[int], used: int) -> None:
        """Exchange the first ``used`` columns of row ``a[i]`` and row ``b[i]``, for all i."""
        self.copy([*b, *a], [*a, *b], slice(0, used))

    def copy(self, of: Sequence[int], to: Sequence[int], columns: slice) -> None:
        """Give row ``to[i]`` these columns of row ``of[i]``, for all i at once."""
        for tensor_RK in self._buffers():
            of_B, to_B = (torch.tensor(rows, device=tensor_RK.device) for rows in (of, to))
            tensor_RK[to_B, columns] = tensor_RK[of_B, columns]

    def _buffers(self) -> Iterator[Tensor]:
        """Yield all buffers as ``[R, K, ...]``."""
        for layer in self.layers:
            if layer.is_initialized:
                yield layer.keys.transpose(1, 2)
                yield layer.values.transpose(1, 2)
        if self.hidden_RKD is not None:
            yield self.hidden_RKD


def _grown(tensor: Tensor, rows: int, columns: int, axis: int) -> Tensor:
    """Return a larger buffer that begins with this one; the columns are along ``axis``."""
    shape = [*tensor.shape]
    shape[0], shape[axis] = rows, columns
    larger = tensor.new_zeros(shape)
    larger[: len(tensor)].narrow(axis, 0, tensor.shape[axis]).copy_(tensor)
    return larger
