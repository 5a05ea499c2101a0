"""From rows to forward passes that fit into memory and begin at the first layer that learns."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from torch import Tensor, nn

from onelayer.agents.states import CapturedStates
from onelayer.trainers.batch import Batch, batch, idle_batch, parts
from onelayer.trainers.memory import (
    advised,
    default_tokens,
    give_back,
    is_out_of_memory,
    key_cost,
)
from onelayer.trainers.placement import Replicated, Sharded
from onelayer.trainers.score import Scorer
from onelayer.trainers.token_rows import Row

logger = logging.getLogger(__name__)

Found = TypeVar("Found")


class Passes:
    """Cuts rows into batches, and finds or computes the states that they begin with.

    Args:
        scorer: runs the model.
        first: the layer that a pass begins at.
        states: what entered it while playing; None where it is layer 0.
        tokens_per_forward: places of a batch; None: what fits.
        again: whether the same rows are read more than once, so that states are worth keeping.
        placement: says how many passes a process makes.
    """

    def __init__(
        self,
        scorer: Scorer,
        first: int,
        states: CapturedStates | None,
        tokens_per_forward: int | None,
        again: bool,
        placement: Replicated | Sharded,
    ):
        self.scorer, self.first, self.states, self.again = scorer, first, states, again
        self.placement = placement
        self._given = tokens_per_forward
        self.tokens_per_forward = tokens_per_forward or 1
        self._halved = self._warned = False

    def prepare(self, rows: Sequence[Row]) -> None:
        """Choose how many tokens a pass of this update may read: what was given, or what fits.

        It does not depend on earlier updates, so that a resumed run makes the same batches.
        """
        longest = max((row.read for row in rows), default=0)
        self._halved = False
        if self._given is None:
            model = self.scorer.model
            self.tokens_per_forward = default_tokens(model, self.first, model.device, longest)
            return
        self.tokens_per_forward = self._given
        if self._given < longest and not self._warned:
            self._warned = True
            logger.warning(
                "an episode made a row of %d tokens, more than --tokens-per-forward %d: such rows are read "
                "alone, and need more memory; let --history show fewer turns where that is too much",
                longest,
                self._given,
            )

    def batches(self, rows: Sequence[Row]) -> Iterator[tuple[Batch, Tensor | None]]:
        """Yield the rows as batches, each with the states ``[M, D]`` that enter the first layer of a pass.

        Idle batches follow if other processes make more passes, because all must make as many.
        """
        device = self.scorer.model.device
        may, cost = self.scorer.shares, key_cost(self.scorer.model)
        cut = list(parts(rows, self.tokens_per_forward, share=may, key_cost=cost))
        # Processes that share a layer fetch it together, so they agree on the number before the first pass.
        most = self.placement.begin_passes(len(cut))
        for part, share in cut:
            made = batch(part, device, share=share)
            yield made, None if self.states is None else self._entering(made, self.states)
        for _ in range(len(cut), most):
            yield idle_batch(device), None

    def _entering(self, made: Batch, states: CapturedStates) -> Tensor:
        """Return what was captured, else run the layers below once more."""
        found: list[Tensor] = []
        for piece in made.pieces:
            states_TD = states.get(piece.ids_T, piece.start)
            if states_TD is None:
                break
            found.append(states_TD)
        else:
            entering_MD = found[0].new_zeros((made.places, found[0].shape[1]))
            for piece, states_TD in zip(made.pieces, found, strict=True):
                entering_MD[piece.places] = states_TD
            return entering_MD
        entering_MD = self.scorer.states(made, self.first)
        if self.again:
            for piece in made.pieces:
                states.put(piece.ids_T, piece.start, entering_MD[piece.places])
        return entering_MD

    def within_memory(
        self, work: Callable[[], Found], parameters: Sequence[nn.Parameter] = ()
    ) -> Found:
        """Do some work; where memory runs out for the first time, do it again with half the tokens at once.

        The rest of the update keeps to half the tokens.

        Args:
            work: makes passes of ``batches``; what it has done before memory ran out is dropped.
            parameters: whose gradients it adds up.

        Raises:
            OutOfMemory: for the second time in an update.
        """
        if self._halved or self.placement.sharded:  # one process alone cannot repeat sharded passes
            with self._last_try():
                return work()
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        self._halved = True
        self.tokens_per_forward = max(1, self.tokens_per_forward // 2)
        logger.warning(
            "out of memory in an update: it goes on with %d tokens in a forward pass",
            self.tokens_per_forward,
        )
        give_back(parameters)
        with self._last_try():
            return work()

    def _last_try(self) -> AbstractContextManager[None]:
        return advised(
            f"in an update, with {self.tokens_per_forward} tokens in a forward pass",
            "lower --tokens-per-forward or set --gradient-checkpointing true",
        )
