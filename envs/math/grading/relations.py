"""Comparing equations and inequalities, with each other and with the values that they give to a name."""

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.comparing import Compares
from onelayer.envs.math.grading.rounding import rounds_to
from onelayer.envs.math.grading.statements import (
    FLIPPED,
    assignment,
    claimed,
    difference,
    ends,
    exact_sides,
    interval,
    is_constant,
    is_solved,
    last_exact,
    stated,
    states_a_number,
    symbols_of_sides,
    turned,
)


def relations(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare equations and inequalities, with each other and with the values that they give to a name."""
    if isinstance(gold, a.Relation) and isinstance(answer, a.Relation):
        return _two_relations(compare, gold, answer)
    if isinstance(gold, a.Items | a.Braces) or isinstance(answer, a.Items | a.Braces):
        relation = next(x for x in (gold, answer) if isinstance(x, a.Relation))
        value = stated(relation)
        if value is None or not compare.conventions.name_optional:
            return False
        return compare.same(value, answer) if relation is gold else compare.same(gold, value)
    if isinstance(gold, a.Relation):
        return _named_gold(compare, gold, answer)
    assert isinstance(answer, a.Relation)
    region = _interval_of(compare, answer)
    if region is not None:
        return isinstance(gold, a.Bracketed | a.Union) and compare.same(gold, region)
    values = _values_of(compare, answer)
    if not values and isinstance(gold, a.Scalar) and set(answer.operators) == {"="}:
        return all(compare.same(gold, side) for side in answer.sides)  # x^2-1 = (x-1)(x+1)
    return any(compare.same(gold, value) for value in values)


def _named_gold(compare: Compares, gold: a.Relation, answer: a.Answer) -> bool:
    """Compare ``x = 5`` or ``x < 5`` with an answer that names nothing."""
    region = _interval_of(compare, gold)
    if region is not None:
        return isinstance(answer, a.Bracketed | a.Union) and compare.same(region, answer)
    if not compare.conventions.name_optional:
        return False
    value = stated(gold)
    if value is None and set(gold.operators) <= {"=", "≈"} and all(map(is_constant, gold.sides)):
        value = last_exact(gold)  # 5 + 3 = 8, or \sqrt2 ≈ 1.41
    values = [value, *(gold.sides[-1:] if gold.operators[-1] == "≈" else ())]
    return any(value is not None and compare.same(value, answer) for value in values)


def _values_of(compare: Compares, relation: a.Relation) -> list[a.Answer]:
    """Return the values that ``x = 5``, ``2 + 3 = 5`` or ``10/3 ≈ 3.33`` states, the exact one first."""
    value = claimed(relation)
    if value is None or not _consistent(compare, relation, value):
        return []
    last = relation.sides[-1]
    if relation.operators[-1] != "≈" or value is last:
        return [value]
    if not isinstance(value, a.Scalar) or not isinstance(last, a.Scalar):
        return [value]
    return [value, last] if _rounds(compare, value, last) else [value]


def _consistent(compare: Compares, relation: a.Relation, value: a.Answer) -> bool:
    """Return whether all numbers before a ``≈`` are equal: ``x = 2 + 3 = 5`` states 5, ``4 = 5`` nothing.

    Values that are no plain numbers are not compared: ``worked_out.value_of`` relies on none of them.
    """
    if not isinstance(value, a.Scalar):
        return True
    numbers = [
        s
        for s in exact_sides(relation)
        if isinstance(s, a.Scalar) and s is not value and is_constant(s)
    ]
    return all(compare.same(s, value) or _rounds(compare, s, value) for s in numbers)


def _rounds(compare: Compares, exact: a.Scalar, decimal: a.Scalar) -> bool:
    if decimal.value is None or exact.tree is None or exact.too_large:
        return False
    if exact.value is not None:
        return rounds_to(exact.value, decimal.value, decimal.places)
    return compare.algebra.rounds(exact.tree, decimal.value, decimal.places)


def _interval_of(compare: Compares, relation: a.Relation) -> a.Answer | None:
    """Return ``(-∞, 5)`` for ``x < 5`` under the convention; None for other relations."""
    if not compare.conventions.relation_as_interval:
        return None
    return interval(relation)


def _two_relations(compare: Compares, gold: a.Relation, answer: a.Relation) -> bool:
    """Compare two relations: side by side, in reverse order, or as equations up to a factor."""
    if ("∈",) in (gold.operators, answer.operators) and gold.operators != answer.operators:
        return _bounds_alike(compare, gold, answer)
    names, others = symbols_of_sides(gold), symbols_of_sides(answer)
    equations = set(gold.operators) == set(answer.operators) == {"="}
    if equations and min(len(names), len(others)) > 1:  # p(1) = p(5) = 1/4 is not p(8)'s value
        value, other_value = stated(gold), stated(answer)
        if value is None or other_value is None:
            return names == others
        return names == others and compare.same(value, other_value)
    value = stated(answer)
    if value is not None and not _consistent(compare, answer, value):
        return False
    pair, other = assignment(gold), assignment(answer)
    if pair is not None and other is not None and pair[0] == other[0]:
        same = compare.same(pair[1], other[1])
        if same or (is_solved(gold) and is_solved(answer)):
            return same
    if (
        gold.operators == answer.operators == ("=",)
        and states_a_number(gold)
        and not states_a_number(answer)
    ):
        return False  # 3x + 2 = 17 does not say what x is
    if set(gold.operators) == {"="} and set(answer.operators) == {"="}:
        gold, answer = ends(gold), ends(answer)
    for way in (answer, turned(answer)):
        if way is not None and way.operators == gold.operators:
            if compare.in_order(gold.sides, way.sides):
                return True
            if _scaled(compare, gold, way):
                return True
    return False


def _bounds_alike(compare: Compares, gold: a.Relation, answer: a.Relation) -> bool:
    """Compare ``x ∈ (1, 2)`` with ``1 < x < 2``."""
    names = [symbols_of_sides(r) for r in (gold, answer)]
    regions = _interval_of(compare, gold), _interval_of(compare, answer)
    if names[0] != names[1] or regions[0] is None or regions[1] is None:
        return False
    return compare.same(regions[0], regions[1])


def _scaled(compare: Compares, gold: a.Relation, answer: a.Relation) -> bool:
    """Return whether the differences of the two sides are proportional."""
    if (
        len(gold.sides) != 2
        or not compare.conventions.scaled_equations
        or gold.operators[0] not in FLIPPED
    ):
        return False
    if any(isinstance(s, a.Scalar) and s.too_large for s in (*gold.sides, *answer.sides)):
        return False
    first, second = difference(gold), difference(answer)
    if first is None or second is None:
        return False
    return compare.algebra.proportional(first, second, positive=gold.operators[0] in "<>≤≥")
