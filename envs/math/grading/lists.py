"""Comparing lists and sets: with or without braces, in order or not, with or without names."""

import re
from collections.abc import Sequence
from fractions import Fraction

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.comparing import Compares
from onelayer.envs.math.grading.statements import assignment, interval, stated
from onelayer.envs.math.grading.tree import Node


def lists(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare lists and sets, with or without braces, with or without names."""
    if isinstance(gold, a.Union) or isinstance(answer, a.Union):
        return _as_unions(compare, gold, answer)
    listed, other = _as_list(gold, answer), _as_list(answer, gold)
    if listed is None or other is None:
        return False
    if isinstance(listed, a.Braces) and isinstance(other, a.Braces):
        return compare.any_order(_distinct(compare, listed.items), _distinct(compare, other.items))
    items, others = list(listed.items), list(other.items)
    if isinstance(listed, a.Bracketed) or isinstance(other, a.Bracketed):
        return compare.in_order(_unnamed(items), _unnamed(others))
    if type(listed) is not type(other) and not compare.conventions.list_as_set:
        return len(items) == len(others) == 1 and compare.same(items[0], others[0])
    names, other_names = _names(items), _names(others)
    ordered = compare.conventions.list_order_matters and isinstance(gold, a.Items)
    if bool(names) != bool(other_names) and compare.conventions.name_optional:
        # different names fix the order: x = 2, y = 3, but not x = 2, x = 3
        ordered = ordered or len(set(names or other_names)) > 1
        items, others = _unnamed(items), _unnamed(others)
    return compare.in_order(items, others) if ordered else compare.any_order(items, others)


def _as_unions(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare a union of intervals with ``x < -2 or x > 2``."""
    regions = [_region(gold), _region(answer)]
    if not compare.conventions.relation_as_interval or regions[0] is None or regions[1] is None:
        return False
    return compare.same(regions[0], regions[1])


def _region(answer: a.Answer) -> a.Union | None:
    if isinstance(answer, a.Union):
        return answer
    items = answer.items if isinstance(answer, a.Items) else ()
    parts = [interval(item) if isinstance(item, a.Relation) else item for item in items]
    intervals = tuple(part for part in parts if isinstance(part, a.Bracketed))
    return a.Union(intervals) if intervals and len(intervals) == len(items) else None


def _as_list(answer: a.Answer, other: a.Answer) -> a.Items | a.Braces | a.Bracketed | None:
    """Return ``answer`` as a list, a set or a bracketed list, whichever fits ``other``; else None."""
    if isinstance(answer, a.Items | a.Braces):
        return answer
    if isinstance(answer, a.Bracketed) and isinstance(other, a.Braces):
        return a.Items((answer,)) if len(other.items) == 1 else None
    if isinstance(answer, a.Bracketed):
        square = (answer.opening, answer.closing) == ("[", "]") and len(answer.items) > 2
        named = isinstance(other, a.Items) and len(set(_names(other.items))) == len(other.items) > 1
        round_ = (answer.opening, answer.closing) == ("(", ")")
        return answer if isinstance(other, a.Items) and (square or (named and round_)) else None
    if isinstance(other, a.Items) and isinstance(answer, a.Scalar) and answer.grouped:
        numbers = [Fraction(part) for part in re.sub(r"\s", "", answer.grouped).split(",")]
        return a.Items(tuple(a.Scalar(str(n), Node("number", value=n), n) for n in numbers))
    letters = answer.text if isinstance(answer, a.Scalar | a.Text) else ""
    if isinstance(other, a.Items) and re.fullmatch("[A-Z]{2,10}", letters):
        return a.Items(tuple(a.Choice(letter) for letter in letters))
    return a.Items((answer,)) if isinstance(other, a.Braces) else None


def _distinct(compare: Compares, items: Sequence[a.Answer]) -> list[a.Answer]:
    """Return the items without repetitions."""
    kept: list[a.Answer] = []
    for item in items:
        if not any(
            item == other or (_numeric(item, other) and compare.same(item, other)) for other in kept
        ):
            kept.append(item)
    return kept


def exact_values(items: Sequence[a.Answer]) -> list[Fraction] | None:
    """Return the exact values, None where an item has none."""
    values = [item.value for item in items if isinstance(item, a.Scalar) and item.value is not None]
    return values if len(values) == len(items) else None


def _numeric(one: a.Answer, other: a.Answer) -> bool:
    return exact_values((one, other)) is not None


def _names(items: Sequence[a.Answer]) -> list[str]:
    pairs = [assignment(item) for item in items if isinstance(item, a.Relation)]
    return [pair[0] for pair in pairs if pair is not None]


def _unnamed(items: Sequence[a.Answer]) -> list[a.Answer]:
    values = [stated(item) if isinstance(item, a.Relation) else item for item in items]
    return [item if value is None else value for item, value in zip(items, values, strict=True)]
