"""What a relation states: a value for a name, an interval, a difference that vanishes."""

import re
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import rational_value
from onelayer.envs.math.grading.intervals import above, below, without
from onelayer.envs.math.grading.tree import Node, symbols_of

FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠", "≈": "≈", "≡": "≡"}


_LENGTH = re.compile(r"[A-Z]{2}|\\(?:angle|triangle|overline)[\s{]*[A-Z]{1,3}\}?")
"""a length, an angle, a segment"""


def stated(relation: a.Relation) -> a.Answer | None:
    """Return what the relation gives a name as its value: ``x = 5``, ``5 = x``, ``x ∈ {5}``; else None."""
    if not set(relation.operators) <= {"=", "≈", "∈"}:
        return None
    if relation.name_first:
        return last_exact(relation)
    last = relation.sides[-1]
    if set(relation.operators) == {"="} and is_symbol(last) and not is_symbol(relation.sides[0]):
        return relation.sides[-2]
    return None


def claimed(relation: a.Relation) -> a.Answer | None:
    """Return the exact value that the relation gives a name or a number: 5 for ``x = 5`` or ``2 + 3 = 5``.

    It is the side that is compared with a reference; the other sides must agree with it.
    """
    value = stated(relation)
    if value is None and set(relation.operators) <= {"=", "≈"} and is_constant(relation.sides[0]):
        value = last_exact(relation)
    return value


def assignment(relation: a.Relation) -> tuple[str, a.Answer] | None:
    """Return the name and the value that the relation gives it, None where it gives none."""
    value = stated(relation)
    if value is None:
        return None
    name = relation.sides[0] if relation.name_first else relation.sides[-1]
    return _canonical_name(name), value


def interval(relation: a.Relation) -> a.Answer | None:
    """Return an interval where the relation bounds one name by constants."""
    for way in (relation, turned(relation)):
        if way is None or not set(way.operators) <= {"<", "≤"}:
            continue
        sides, operators = way.sides, way.operators
        if (absolute := _around(way)) is not None:
            return absolute
        if len(sides) == 2 and is_symbol(sides[0]) and is_constant(sides[1]):
            return below(sides[1], closed=operators[0] == "≤")
        if len(sides) == 2 and is_symbol(sides[1]) and is_constant(sides[0]):
            return above(sides[0], closed=operators[0] == "≤")
        ends_constant = len(sides) == 3 and is_constant(sides[0]) and is_constant(sides[2])
        if ends_constant and is_symbol(sides[1]):
            opening, closing = (
                ("(" if operators[0] == "<" else "["),
                (")" if operators[1] == "<" else "]"),
            )
            return a.Bracketed(opening, (sides[0], sides[2]), closing)
    if relation.operators == ("∈",) and is_symbol(relation.sides[0]):
        region = relation.sides[1]
        return region if isinstance(region, a.Bracketed | a.Union) else None
    if relation.operators == ("≠",) and is_symbol(relation.sides[0]):
        return without([relation.sides[1]])
    return None


def _around(relation: a.Relation) -> a.Answer | None:
    """``|x - 1| < 2`` as an interval, ``2 < |x|`` as a union of two; None for other relations."""
    closed = relation.operators == ("≤",)
    for i, side in enumerate(relation.sides if len(relation.sides) == 2 else ()):
        bound = relation.sides[1 - i]
        if not (
            isinstance(side, a.Scalar) and side.tree is not None and side.tree.operator == "abs"
        ):
            continue
        names = symbols_of(side.tree)
        inside = side.tree.arguments[0]
        terms = inside.arguments if inside.operator == "sum" else (inside,)
        shifts = [value for term in terms if (value := rational_value(term)) is not None]
        whole = len(names) == 1 and len(terms) == len(shifts) + 1
        if not (whole and Node("symbol", value=min(names)) in terms):
            continue
        if not isinstance(bound, a.Scalar) or bound.value is None or bound.value <= 0:
            continue
        low, high = (number(edge - sum(shifts)) for edge in (-bound.value, bound.value))
        if i == 1:
            return a.Union((below(low, closed), above(high, closed)))
        return a.Bracketed("[" if closed else "(", (low, high), "]" if closed else ")")
    return None


def number(value: Fraction) -> a.Scalar:
    """Return a number as an answer."""
    return a.Scalar(str(value), Node("number", value=value), value)


def difference(relation: a.Relation) -> Node | None:
    """Return the left side minus the right one, None where one is no expression."""
    left, right = relation.sides
    if not (isinstance(left, a.Scalar | a.Choice) and isinstance(right, a.Scalar | a.Choice)):
        return None
    trees = [
        s.tree if isinstance(s, a.Scalar) else Node("symbol", value=s.letter) for s in (left, right)
    ]
    if trees[0] is None or trees[1] is None:
        return None
    return Node("sum", (trees[0], Node("negative", (trees[1],))))


def turned(relation: a.Relation) -> a.Relation | None:
    """Return the relation read from right to left."""
    if not set(relation.operators) <= set(FLIPPED):
        return None
    operators = tuple(FLIPPED[o] for o in reversed(relation.operators))
    return replace(relation, sides=relation.sides[::-1], operators=operators)


def ends(relation: a.Relation) -> a.Relation:
    """Return the equation of the first side and the last."""
    return replace(relation, sides=(relation.sides[0], relation.sides[-1]), operators=("=",))


def is_solved(relation: a.Relation) -> bool:
    """Return whether it is ``name = value`` with a value that does not contain the name."""
    if len(relation.sides) != 2 or relation.operators != ("=",):
        return False
    trees = [side.tree for side in relation.sides if isinstance(side, a.Scalar)]
    if len(trees) < 2 or trees[0] is None or trees[1] is None:
        return False
    name, value = trees if relation.name_first else trees[::-1]
    assert name is not None and value is not None
    return name.operator in ("symbol", "apply") and str(name.value) not in symbols_of(value)


def states_a_number(relation: a.Relation) -> bool:
    """Return whether it gives a name, or the bounds of a name, as numbers: ``x = 5``, ``2 < x``."""
    if set(relation.operators) == {"="}:
        value = stated(relation)
        return value is not None and is_constant(value)
    return interval(relation) is not None


def last_exact(relation: a.Relation) -> a.Answer:
    """Return the last of ``exact_sides``."""
    return exact_sides(relation)[-1]


def exact_sides(relation: a.Relation) -> tuple[a.Answer, ...]:
    """Return the sides before the first ``≈``, and the one after it where only a name comes before."""
    cut = next((i for i, o in enumerate(relation.operators) if o == "≈"), len(relation.operators))
    return relation.sides[: 2 if cut == 0 and relation.name_first else cut + 1]


def standing(relation: a.Relation, golds: Collection[Fraction]) -> a.Answer:
    """Return what has to be an answer on its own in ``10/3 ≈ 3.33``, which equals the reference.

    It is what comes before the first ``≈``, or what comes last if that is one of the reference's numbers.
    """
    if "≈" not in relation.operators:
        return relation
    last, sides = relation.sides[-1], exact_sides(relation)
    if isinstance(last, a.Scalar) and last.value in golds:
        return last
    if len(sides) == 1:
        return sides[0]
    operators = relation.operators[: len(sides) - 1]
    return replace(relation, sides=sides, operators=tuple(o.replace("≈", "=") for o in operators))


def is_constant(answer: a.Answer) -> bool:
    """Return whether it has no variable; an answer that could not be read counts as a value."""
    if not isinstance(answer, a.Scalar):
        return isinstance(answer, a.Quantity | a.Percent | a.Degrees)
    return answer.tree is None or not symbols_of(answer.tree)


def is_symbol(side: a.Answer) -> bool:
    """Return whether the side is one variable."""
    if isinstance(side, a.Choice):
        return not side.rest
    return isinstance(side, a.Scalar) and side.tree is not None and side.tree.operator == "symbol"


def symbols_of_sides(relation: a.Relation) -> set[str]:
    """Return the names among the sides: a variable, a value ``f(1)``, a length, an angle."""
    sides = (s for s in relation.sides if is_symbol(s) or _is_call(s) or _is_length(s))
    return {_canonical_name(side) for side in sides}


def _is_call(side: a.Answer) -> bool:
    return isinstance(side, a.Scalar) and side.tree is not None and side.tree.operator == "apply"


def _is_length(side: a.Answer) -> bool:
    return isinstance(side, a.Scalar | a.Text) and _LENGTH.fullmatch(side.text) is not None


def _canonical_name(side: a.Answer) -> str:
    """A name; for ``f(x)`` only ``f``, since the argument is a bound variable."""
    if isinstance(side, a.Scalar):
        if side.tree is not None and side.tree.operator == "apply":
            bound = all(argument.operator == "symbol" for argument in side.tree.arguments)
            return str(side.tree.value) if bound else re.sub(r"[\s{}]", "", side.text)
        return re.sub(r"[\s{}]|\((?:[a-z])\)$", "", side.text)
    if isinstance(side, a.Choice):
        return side.letter + side.rest
    return re.sub(r"\s", "", side.text) if isinstance(side, a.Text) else repr(side)
