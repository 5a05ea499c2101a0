"""The host's record of which tokens each row of the cache holds, so that no token is read twice.

Axes: ``R`` rows, ``K`` columns.
"""

from collections.abc import Sequence

import numpy as np

from onelayer.agents.engine import Ids

_OWNER_BITS = 32


def owned(ids: Ids, owner: int) -> Ids:
    """Return the ids marked as this owner's, unequal to those of all others; owner 0's are unchanged."""
    return ids + (owner << _OWNER_BITS)


def bare(ids: Ids) -> Ids:
    """Return the ids without the mark of their owner."""
    tokens: Ids = ids & ((1 << _OWNER_BITS) - 1)
    return tokens


def owner_of(ids: Ids) -> Ids:
    """Return the owner of each id."""
    owners: Ids = ids >> _OWNER_BITS
    return owners


class HeldTokens:
    """Token ``t`` of a row lies in column ``t``; a row of length ``n`` holds its first ``n`` columns.

    Where several policies share a cache, each has its own keys and values for the same text. So their ids are
    marked by ``owned``, and never match those of another policy.
    """

    def __init__(self) -> None:
        self.ids_RK: Ids = np.zeros((0, 0), dtype=np.int64)
        self.length_R: Ids = np.zeros(0, dtype=np.int64)

    def grow(self, rows: int, columns: int) -> None:
        """Make room for at least so many rows and columns."""
        missing = (max(rows - len(self.length_R), 0), max(columns - self.ids_RK.shape[1], 0))
        self.ids_RK = np.pad(self.ids_RK, [(0, missing[0]), (0, missing[1])])
        self.length_R = np.pad(self.length_R, (0, missing[0]))

    def common(self, ids: Ids, rows: slice | Sequence[int] = slice(None)) -> Ids:
        """Return the length of the prefix that each of the rows shares with ``ids``, ``[R]``."""
        held_RK = self.ids_RK[rows, : len(ids)]
        # One more column that always differs, so that argmax finds it where no column before it does.
        differs_RK = np.ones((len(held_RK), len(ids) + 1), dtype=bool)
        np.not_equal(held_RK, ids, out=differs_RK[:, :-1])
        common_R: Ids = np.minimum(differs_RK.argmax(1), self.length_R[rows])
        return common_R

    def put(self, row: int, ids: Ids, start: int = 0) -> None:
        """Note that the row now holds its first ``start`` tokens and then these, and nothing more."""
        self.length_R[row] = start + len(ids)
        self.ids_RK[row, start : start + len(ids)] = ids

    def row(self, row: int) -> Ids:
        """Return the tokens that a row holds."""
        return self.ids_RK[row, : self.length_R[row]]

    def exchange(self, a: Sequence[int], b: Sequence[int]) -> None:
        """Exchange row ``a[i]`` with row ``b[i]``, for all i."""
        to, of = [*a, *b], [*b, *a]
        self.ids_RK[to] = self.ids_RK[of]
        self.length_R[to] = self.length_R[of]


def common_beginning(prompts: Sequence[Ids]) -> int:
    """Return the length of the prefix that all prompts share."""
    first, shared = prompts[0], min(len(prompt) for prompt in prompts)
    for prompt in prompts[1:]:
        differs = first[:shared] != prompt[:shared]
        if differs.any():
            shared = int(differs.argmax())
    return shared
