r"""Intervals of the real line, as answers: what ``x < 5`` and ``ℝ \ {0}`` say."""

from collections.abc import Sequence
from itertools import pairwise

from onelayer.envs.math.grading.answers import Answer, Bracketed, Scalar, Union
from onelayer.envs.math.grading.expressions import Node

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
    """Return the real line without ``points``, a union of open intervals; None where one is no number."""
    known = [(p.value, p) for p in points if isinstance(p, Scalar) and p.value is not None]
    if len(known) < len(points) or not points:
        return None
    ordered = [point for _, point in sorted(known, key=lambda pair: pair[0])]
    edges = [MINUS_INFINITY, *ordered, INFINITY]
    return Union(tuple(Bracketed("(", pair, ")") for pair in pairwise(edges)))
