"""What the rules in ``lists``, ``relations`` and ``around_number`` need to compare parts of answers."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.conventions import Conventions
from onelayer.envs.math.grading.tree import Node


class Algebra(Protocol):
    """What needs a computer algebra system. Its methods may raise what the caller of ``same`` handles."""

    def equal(self, gold: a.Scalar, answer: a.Scalar) -> bool:
        """Return whether both are equal wherever they are defined."""

    def proportional(self, gold: Node, answer: Node, positive: bool) -> bool:
        """Return whether one is a constant multiple of the other, a positive one where ``positive``."""

    def rounds(self, exact: Node, value: Fraction, places: int) -> bool:
        """Return whether ``exact``, rounded or cut to ``places`` decimals, is ``value``."""


class Compares(Protocol):
    """Compares answers; ``gold`` is always the first argument. See ``equality.Comparison``."""

    conventions: Conventions
    algebra: Algebra

    def same(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Return whether ``answer`` answers ``gold``."""

    def in_order(self, gold: Sequence[a.Answer], answer: Sequence[a.Answer]) -> bool:
        """Return whether the items are the same, one by one."""

    def any_order(self, gold: Sequence[a.Answer], answer: Sequence[a.Answer]) -> bool:
        """Return whether each item has a partner of its own among the others."""

    def scalars(self, gold: a.Scalar, answer: a.Scalar) -> bool:
        """Return whether two numbers or expressions are equal, or one is a decimal that rounds the other."""
