"""Whether two answers, once read, are the same answer.

Everything is decided here by structure and exact rational arithmetic, except whether two expressions
are equal as functions or as irrational numbers: an ``Algebra`` decides that.
"""

from collections.abc import Callable, Sequence
from typing import Any

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.around_number import (
    based,
    choices,
    clock_times,
    degrees,
    modular,
    percents,
    quantities,
    ratios,
)
from onelayer.envs.math.grading.comparing import Algebra
from onelayer.envs.math.grading.conventions import Conventions
from onelayer.envs.math.grading.customs import in_degrees, with_constant_of
from onelayer.envs.math.grading.lists import lists
from onelayer.envs.math.grading.relations import relations
from onelayer.envs.math.grading.rounding import is_float_of, rounds_to, terminates
from onelayer.envs.math.grading.words import comparable


class Comparison:
    """Compares answers under ``conventions``; ``gold`` is always the first argument."""

    def __init__(self, conventions: Conventions, algebra: Algebra):
        self.conventions = conventions
        self.algebra = algebra

    def same(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Return whether ``answer`` answers ``gold``."""
        if gold == answer:
            return True
        for kind, compare in _RULES:
            if isinstance(gold, kind) or isinstance(answer, kind):
                return compare(self, gold, answer)
        match gold, answer:
            case a.Scalar(), a.Scalar():
                return self.scalars(gold, answer)
            case a.Text(), a.Text():
                strict = self.conventions.text_case_matters
                words = comparable(gold.text, strict)
                return bool(words) and words == comparable(answer.text, strict)
            case a.Bracketed(), a.Bracketed():
                brackets = (gold.opening, gold.closing) == (answer.opening, answer.closing)
                return brackets and self.in_order(gold.items, answer.items)
            case a.Union(), a.Union():
                return self.any_order(gold.parts, answer.parts)
            case a.Cases(), a.Cases():
                return len(gold.rows) == len(answer.rows) and all(
                    any(self.in_order(row, other) for other in answer.rows) for row in gold.rows
                )
            case a.Matrix(), a.Matrix():
                return len(gold.rows) == len(answer.rows) and all(
                    self.in_order(row, other)
                    for row, other in zip(gold.rows, answer.rows, strict=True)
                )
        return False

    def in_order(self, gold: Sequence[a.Answer], answer: Sequence[a.Answer]) -> bool:
        """Return whether the items are the same, one by one."""
        return len(gold) == len(answer) and all(map(self.same, gold, answer))

    def any_order(self, gold: Sequence[a.Answer], answer: Sequence[a.Answer]) -> bool:
        """Return whether each item has a partner of its own among the others."""
        if len(gold) != len(answer):
            return False
        left = list(answer)
        for item in gold:
            partner = next((i for i, other in enumerate(left) if other == item), None)
            if partner is None:
                partner = next((i for i, other in enumerate(left) if self.same(item, other)), None)
            if partner is None:
                return False
            del left[partner]
        return True

    def scalars(self, gold: a.Scalar, answer: a.Scalar) -> bool:
        """Compare exactly; a decimal may stand for an exact value that it rounds."""
        if gold.text == answer.text:
            return True
        if gold.too_large or answer.too_large:
            return False
        if gold.value is not None and answer.value is not None:
            return gold.value == answer.value or self.approximates(gold, answer)
        if gold.tree is None or answer.tree is None:
            return self.algebra.equal(gold, answer)
        if self.conventions.degrees_as_number:
            gold, answer = in_degrees(gold, answer)
        answer = with_constant_of(gold, answer)
        return self.algebra.equal(gold, answer) or self.approximates(gold, answer)

    def approximates(self, one: a.Scalar, other: a.Scalar) -> bool:
        """Return whether one is a decimal with enough digits, and rounds the other, which is exact."""
        decimal, exact = (one, other) if one.digits is not None else (other, one)
        limit = self.conventions.approximation_digits
        if limit is not None and _is_computed(one, other):
            return True
        if (
            limit is None
            or decimal.digits is None
            or exact.digits is not None
            or exact.tree is None
        ):
            return False
        if decimal.digits < limit or decimal.value is None:
            return False
        if exact.value is None:
            return self.algebra.rounds(exact.tree, decimal.value, decimal.places)
        return not terminates(exact.value) and rounds_to(exact.value, decimal.value, decimal.places)


def _is_computed(gold: a.Scalar, answer: a.Scalar) -> bool:
    """Whether the answer is a float as Python prints it, of the gold's value: 0.30000000000000004 for 0.3."""
    if answer.digits is None or gold.value is None or answer.value is None:
        return False
    shorter = gold.digits is None or gold.digits < answer.digits - 1
    return shorter and is_float_of(gold.value, answer.value, answer.places)


_RULES: tuple[tuple[Any, Callable[[Comparison, a.Answer, a.Answer], bool]], ...] = (
    (a.Relation, relations),
    (a.Quantity, quantities),
    (a.Percent, percents),
    (a.Degrees, degrees),
    (a.Choice, choices),
    (a.Based, based),
    (a.Modular, modular),
    (a.Time, clock_times),
    (a.Ratio, ratios),
    (a.Braces | a.Items, lists),
)
"""kinds and their comparisons, in order: the first kind that either of the two answers has is used"""
