"""A forward pass over the new tokens of some rows of a cache.

Axes: ``B`` rows of the pass, ``Q`` new tokens of a row, ``V`` vocabulary.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor
from transformers import PreTrainedModel

from onelayer.agents.attention import attending
from onelayer.agents.cache import RaggedCache
from onelayer.agents.forward import capturing, logits_only_at
from onelayer.agents.states import CapturedStates


class CachedModel:
    """A model with the cache that its passes read and write.

    Args:
        model: a causal language model.
        cache: holds the rows that passes read and write.
        states: its ``layer`` is the one whose inputs the cache keeps too; None: it keeps none.
    """

    def __init__(self, model: PreTrainedModel, cache: RaggedCache, states: CapturedStates | None):
        self.model, self.cache, self.states = model, cache, states

    @property
    def device(self) -> torch.device:
        """Where the tokens go."""
        device: torch.device = self.model.device
        return device

    def read(
        self,
        ids_BQ: Tensor,
        position_BQ: Tensor,
        column_BQ: Tensor,
        row_B: Tensor,
        reads: slice | Tensor,
        columns: int,
        last_B: Tensor,
    ) -> Tensor:
        """Return the logits after token ``last_B[b]`` of each row, ``[B, V]``.

        Args:
            ids_BQ: new tokens.
            position_BQ: position of each token in its row; for padding any position that the model knows.
            column_BQ: where the keys and values of each token go; those of padding go to the waste column.
            row_B: rows of the cache.
            reads: the same rows, as a slice where they are the first ones.
            columns: how many columns are read.
            last_B: indices into ``Q``.
        """
        self.cache.place(row_B, column_BQ, reads, columns)
        each_B = torch.arange(len(row_B), device=row_B.device)
        with ExitStack() as stack:
            stack.enter_context(self._of_rows(row_B))
            stack.enter_context(logits_only_at(self.model, (each_B, last_B)))
            where = stack.enter_context(attending(self.model, position_BQ, columns=columns))
            logits_BV: Tensor = self.model(
                input_ids=ids_BQ, past_key_values=self.cache, use_cache=True, **where
            ).logits[0]
        return logits_BV

    @contextmanager
    def _of_rows(self, row_B: Tensor) -> Iterator[None]:
        """Run a pass over these rows of the cache, and keep what entered the captured layer."""
        if self.states is None:
            yield
            return
        with capturing(self.states.layer) as captured:
            yield
        self.cache.keep_hidden(captured[0])
