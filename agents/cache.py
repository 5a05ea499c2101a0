"""A key-value cache whose rows have lengths of their own.

Episodes of a batch read and write different numbers of tokens. Here token ``t`` of an episode always lies in
column ``t`` of its row, so no padding is ever attended to, and rows that have nothing to do are left out of
a forward pass by keeping the busy ones in front: ``keys[:busy]`` is a view, not a copy.
"""

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


class RaggedLayer(CacheLayerMixin):  # type: ignore[misc]
    """Keys and values of one transformer layer, ``[rows, heads, columns, head width]``."""

    is_sliding = False

    def __init__(self, cache: "RaggedCache"):
        super().__init__()
        # No reference back: with a cycle, memory would stay taken until the garbage collector comes by.
        self.cache = weakref.proxy(cache)

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Allocate the rows once shapes, dtype and device are known."""
        _, heads, _, width = key_states.shape
        shape = (self.cache.rows, heads, self.cache.columns, width)
        self.keys = key_states.new_zeros(shape)
        self.values = value_states.new_zeros((*shape[:3], value_states.shape[-1]))
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write the new tokens to their columns; return the busy part of the rows."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        if self.keys.shape[2] < self.cache.columns:
            self.keys = _widened(self.keys, self.cache.columns)
            self.values = _widened(self.values, self.cache.columns)
        rows_B1, columns_BQ, used = self.cache.writing
        # advanced indices around a slice: the indexed axes come first, [B, Q, heads, width]
        self.keys[rows_B1, :, columns_BQ] = key_states.transpose(1, 2)
        self.values[rows_B1, :, columns_BQ] = value_states.transpose(1, 2)
        busy = rows_B1.shape[0]
        return self.keys[:busy, :, :used], self.values[:busy, :, :used]

    def get_seq_length(self) -> int:
        """Return 0: positions are always given, never derived from the cache."""
        return 0

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return the attended length and its offset."""
        return self.cache.writing[2], 0

    def get_max_length(self) -> int:
        """Return -1: there is no limit."""
        return -1


class RaggedCache(Cache):  # type: ignore[misc]
    """The cache of a whole model for up to ``rows`` sequences."""

    def __init__(self, layers: int, rows: int, columns: int = 256):
        self.rows = rows
        self.columns = columns
        self.writing: tuple[Tensor, Tensor, int] = (torch.empty(0), torch.empty(0), 0)
        super().__init__(layers=[RaggedLayer(self) for _ in range(layers)])

    def place(self, columns_BQ: Tensor, used: int) -> None:
        """Say where the next forward pass writes: row ``b``, column ``columns_BQ[b, q]``.

        ``used`` columns are attended to.
        """
        while self.columns < used:
            self.columns *= 2
        rows_B1 = torch.arange(len(columns_BQ), device=columns_BQ.device)[:, None]
        self.writing = (rows_B1, columns_BQ, used)

    def swap(self, a: Sequence[int], b: Sequence[int], used: int) -> None:
        """Exchange row ``a[i]`` with row ``b[i]``, for all i; ``used`` columns of them hold something."""
        for layer in self.layers:
            if layer.is_initialized:
                exchange(layer.keys.transpose(1, 2), a, b, used)
                exchange(layer.values.transpose(1, 2), a, b, used)

    def copy(self, of: Sequence[int], to: Sequence[int], columns: slice) -> None:
        """Give row ``to[i]`` these columns of row ``of[i]``, for all i."""
        for layer in self.layers:
            layer.keys[to, :, columns] = layer.keys[of, :, columns]
            layer.values[to, :, columns] = layer.values[of, :, columns]


def exchange(tensor_RK: Tensor, a: Sequence[int], b: Sequence[int], used: int) -> None:
    """Exchange rows of a tensor ``[rows, columns, ...]`` in place, as far as the first columns."""
    to, of = [*a, *b], [*b, *a]
    tensor_RK[to, :used] = tensor_RK[of, :used]


def _widened(tensor: Tensor, columns: int) -> Tensor:
    wider = tensor.new_zeros((*tensor.shape[:2], columns, tensor.shape[3]))
    wider[:, :, : tensor.shape[2]] = tensor
    return wider
