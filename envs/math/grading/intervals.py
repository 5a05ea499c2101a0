r"""Intervals of the real line, as answers: what ``x < 5`` and ``ℝ \ {0}`` say."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from onelayer.envs.math.grading.answers import Answer, Braces, Bracketed, Scalar, Union
from onelayer.envs.math.grading.tree import Node

INFINITY = Scalar(r"\infty", Node("constant", value="infinity"))
MINUS_INFINITY = (
    Scalar(r"-\infty", Node("negative", (INFINITY.tree,))) if INFINITY.tree else INFINITY
)
REAL_LINE = Bracketed("(", (MINUS_INFINITY, INFINITY), ")")


def below(bound: Answer, closed: bool) -> Bracketed:
    """Return ``(-∞, bound)``, with the bound where ``closed``."""
    return Bracketed("(", (MINUS_INFINITY, bound), "]" if closed else ")")


def above(bound: Answer, closed: bool) -> Bracketed:
    """Return ``(bound, ∞)``, with the bound where ``closed``."""
    return Bracketed("[" if closed else "(", (bound, INFINITY), ")")


def without(points: Sequence[Answer]) -> Union | None:
    """Return the real line without ``points``, as open intervals; None where a point is no number."""
    known = [(p.value, p) for p in points if isinstance(p, Scalar) and p.value is not None]
    if len(known) < len(points) or not points:
        return None
    ordered = [point for _, point in sorted(known, key=lambda pair: pair[0])]
    edges = [MINUS_INFINITY, *ordered, INFINITY]
    return Union(tuple(Bracketed("(", pair, ")") for pair in pairwise(edges)))


def joined(parts: Sequence[Answer]) -> Braces | Bracketed | Union:
    """Return the union of sets and intervals: one set, one interval, or intervals that do not touch."""
    if all(isinstance(part, Braces) for part in parts):
        return Braces(
            tuple(item for part in parts if isinstance(part, Braces) for item in part.items)
        )
    intervals = [part for part in parts if isinstance(part, Bracketed) and len(part.items) == 2]
    ends = [tuple(_end(end) for end in part.items) for part in intervals]
    if len(intervals) < len(parts) or any(end is None for pair in ends for end in pair):
        return Union(tuple(parts))
    ordered = sorted(intervals, key=lambda part: (_end(part.items[0]), part.opening == "("))
    merged = [ordered[0]]
    for part in ordered[1:]:
        last, low, high = merged[-1], _end(part.items[0]), _end(merged[-1].items[1])
        assert low is not None and high is not None
        if low > high or (low == high and part.opening == "(" and last.closing == ")"):
            merged.append(part)
            continue
        end = max(last, part, key=lambda one: (_end(one.items[1]), one.closing == "]"))
        merged[-1] = Bracketed(last.opening, (last.items[0], end.items[1]), end.closing)
    return merged[0] if len(merged) == 1 else Union(tuple(merged))


def _end(end: Answer) -> Fraction | float | None:
    """The value of an end, which may be infinite; None for other numbers that are not rational."""
    if not isinstance(end, Scalar):
        return None
    if end.value is not None or end.tree is None:
        return end.value
    signs = {INFINITY.tree: float("inf"), MINUS_INFINITY.tree: float("-inf")}
    return signs.get(end.tree)
