"""The states that enter a layer, kept from playing for learning.

The layers below the first trained one never change, so the state that enters it at a token depends on nothing
but that token and those before it. The tokens are therefore the address of a state: playing stores the states
of each text that it reads, and learning finds them by the same text, whichever episode or turn it came from.
A beginning that many texts share is stored once. Axes: ``T`` tokens of a text, ``D`` width of a state.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_BLOCK_BYTES = 16 << 20
"""memory is taken in blocks of this size, so that a store which grows is never copied"""


Ids = Sequence[int] | NDArray[np.int64]


class CapturedStates:
    """What entered ``layer`` at the tokens that were read, in the model's dtype and on its device.

    Args:
        layer: the decoder layer whose input is kept.
        budget_bytes: most bytes of states; what does not fit is not kept.

    Attributes:
        full: a state found no room. From then on nothing more is kept, until ``clear``.
    """

    def __init__(self, layer: nn.Module, budget_bytes: int):
        self.layer = layer
        self.budget_bytes = budget_bytes
        self.clear()

    def clear(self) -> None:
        """Forget all states and free their memory."""
        self.full = False
        self._place_of: dict[int, int] = {}
        self._blocks: list[Tensor] = []

    def __len__(self) -> int:
        """Return how many states are held."""
        return len(self._place_of)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that are held."""
        return sum(block.nbytes for block in self._blocks)

    def put(self, ids: Ids, start: int, hidden_TD: Tensor) -> None:
        """Keep the states at tokens ``start, ..., start + T - 1`` of the text ``ids``.

        States that are held already stay as they are. A later piece of a text comes with all the tokens
        before it: ``put([5, 7, 9], 2, hidden_1D)`` keeps the state of 9 after 5 and 7.

        Raises:
            ValueError: the text has fewer than ``start + T`` tokens.
        """
        end = start + len(hidden_TD)
        if not 0 <= start <= end <= len(ids):
            raise ValueError(f"states of tokens {start} to {end} of a text of {len(ids)} tokens")
        if self.full or start == end:
            return
        addresses = _addresses(ids[:end])[start:]
        new = [t for t, address in enumerate(addresses) if address not in self._place_of]
        capacity, held = self.budget_bytes // hidden_TD[0].nbytes, len(self)
        if len(new) > capacity - held:
            self.full, new = True, new[: capacity - held]
        hidden_TD = hidden_TD.detach()
        rows = -(-_BLOCK_BYTES // hidden_TD[0].nbytes)
        while len(self._blocks) * rows < held + len(new):
            size = min(rows, capacity - len(self._blocks) * rows)
            self._blocks.append(hidden_TD.new_empty((size, hidden_TD.shape[1])))
        places = range(held, held + len(new))
        new_T = torch.tensor(new, dtype=torch.long, device=hidden_TD.device)
        for block, row_S, among_S in self._where(places):
            block[row_S] = hidden_TD[new_T[among_S]]
        self._place_of.update(zip((addresses[t] for t in new), places, strict=True))

    def get(self, ids: Ids, start: int = 0) -> Tensor | None:
        """Return the states at the tokens of a text from ``start`` on, ``[T, D]``; None if one is missing.

        Leave out the last token of a training row: no pass ever read it, so it has no state.
        """
        places = [self._place_of.get(address, -1) for address in _addresses(ids)[start:]]
        if not places or min(places) < 0:
            return None
        hidden_TD = self._blocks[0].new_empty((len(places), self._blocks[0].shape[1]))
        for block, row_S, among_S in self._where(places):
            hidden_TD[among_S] = block[row_S]
        return hidden_TD

    def _where(self, places: Sequence[int]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield each block that holds some of the places, their rows in it, and their indices."""
        if not places:
            return
        rows, device = len(self._blocks[0]), self._blocks[0].device
        place_T = torch.tensor(places, device=device)
        number_T = place_T // rows
        for number in sorted({place // rows for place in places}):
            among_S = (number_T == number).nonzero()[:, 0]
            yield self._blocks[number], place_T[among_S] % rows, among_S


def _addresses(ids: Ids) -> list[int]:
    """Return a hash for each token, of it and all tokens before it.

    Zobrist's hash: every pair of token and position has a random number of 64 bits (SplitMix64 of the
    pair), and a text is the sum of its numbers. Among a million texts two agree with a chance of 3e-8.
    """
    place_T = np.arange(1, len(ids) + 1, dtype=np.uint64)
    pair_T: NDArray[np.uint64] = np.asarray(ids, dtype=np.uint64) * np.uint64(1 << 32) + place_T
    pair_T = (pair_T ^ (pair_T >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    pair_T = (pair_T ^ (pair_T >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    addresses: list[int] = np.cumsum(pair_T ^ (pair_T >> np.uint64(31)), dtype=np.uint64).tolist()
    return addresses
