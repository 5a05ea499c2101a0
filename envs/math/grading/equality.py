"""Whether two answers, once read, are the same answer.

Everything is decided here by structure and exact rational arithmetic, except whether two expressions
are equal as functions or as irrational numbers: that is asked of an ``Algebra``.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.conventions import Conventions
from onelayer.envs.math.grading.expressions import Node
from onelayer.envs.math.grading.intervals import above, below, without
from onelayer.envs.math.grading.units import SCALED
from onelayer.envs.math.grading.words import comparable

FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠", "≈": "≈", "≡": "≡"}
HUNDREDTH = Node("number", value=Fraction(1, 100))
RIGHT_ANGLE_SHARE = Node(
    "quotient", (Node("constant", value="pi"), Node("number", value=Fraction(180)))
)


class Algebra(Protocol):
    """What needs a computer algebra system. Both may raise whatever the caller of ``same`` handles."""

    def equal(self, gold: a.Scalar, answer: a.Scalar) -> bool:
        """Return whether both are equal wherever they are defined."""

    def proportional(self, gold: Node, answer: Node, positive: bool) -> bool:
        """Return whether one is a constant multiple of the other, a positive one where ``positive``."""

    def rounds(self, exact: Node, value: Fraction, places: int) -> bool:
        """Return whether ``exact``, rounded or cut to ``places`` decimals, is ``value``."""


class Comparison:
    """Compares answers under ``conventions``; ``gold`` is always the first argument."""

    def __init__(self, conventions: Conventions, algebra: Algebra):
        self.conventions = conventions
        self.algebra = algebra

    def same(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Return whether ``answer`` answers ``gold``."""
        if gold == answer:
            return True
        for kind, compare in (
            (a.Relation, self.relations),
            (a.Quantity, self.quantities),
            (a.Percent, self.percents),
            (a.Degrees, self.degrees),
            (a.Choice, self.choices),
            (a.Based, self.based),
            (a.Modular, self.modular),
            (a.Time, self.times),
            (a.Ratio, self.ratios),
            (a.Braces | a.Items, self.lists),
        ):
            if isinstance(gold, kind) or isinstance(answer, kind):
                return compare(gold, answer)
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
        return self.algebra.equal(gold, answer) or self.approximates(gold, answer)

    def approximates(self, one: a.Scalar, other: a.Scalar) -> bool:
        """Return whether one is a decimal with enough digits, and rounds the other, which is exact."""
        decimal, exact = (one, other) if one.digits is not None else (other, one)
        limit = self.conventions.approximation_digits
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
        return not _terminates(exact.value) and rounds_to(
            exact.value, decimal.value, decimal.places
        )

    def quantities(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare amounts and units; a missing unit may be optional, a different one never is."""
        if isinstance(gold, a.Quantity) and isinstance(answer, a.Quantity):
            return gold.unit == answer.unit and self.same(gold.amount, answer.amount)
        quantity, other = (gold, answer) if isinstance(gold, a.Quantity) else (answer, gold)
        assert isinstance(quantity, a.Quantity)
        if isinstance(other, a.Braces) and len(other.items) == 1:
            other = other.items[0]
        if not isinstance(other, a.Scalar) or quantity.unit in SCALED:
            return False
        return self.conventions.units_optional and self.same(quantity.amount, other)

    def percents(self, gold: a.Answer, answer: a.Answer) -> bool:
        """``33.5%`` is ``0.335``; as ``33.5`` it may do without its sign."""
        if isinstance(gold, a.Percent) and isinstance(answer, a.Percent):
            return self.same(gold.amount, answer.amount)
        percent, other = (gold, answer) if isinstance(gold, a.Percent) else (answer, gold)
        assert isinstance(percent, a.Percent)
        if not isinstance(other, a.Scalar) or not isinstance(percent.amount, a.Scalar):
            return False
        share = times(percent.amount, HUNDREDTH)
        if share is not None and self.same(share, other):
            return True
        # a gold of at most 1 without a sign is a share: 0.5% does not answer it
        a_share = other is gold and other.value is not None and abs(other.value) <= 1
        return (
            self.conventions.percent_sign_optional
            and not a_share
            and self.same(percent.amount, other)
        )

    def degrees(self, gold: a.Answer, answer: a.Answer) -> bool:
        """``90°`` is ``π/2``; as ``90`` it may do without its sign."""
        if isinstance(gold, a.Degrees) and isinstance(answer, a.Degrees):
            return self.same(gold.amount, answer.amount)
        angle, other = (gold, answer) if isinstance(gold, a.Degrees) else (answer, gold)
        assert isinstance(angle, a.Degrees)
        if not isinstance(other, a.Scalar) or not isinstance(angle.amount, a.Scalar):
            return False
        if other.value is not None:
            return self.conventions.degrees_as_number and self.same(angle.amount, other)
        radians = times(angle.amount, RIGHT_ANGLE_SHARE)
        return radians is not None and self.same(radians, other)

    def choices(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare letters; the text behind a letter may be left out, or stand for it."""
        if isinstance(gold, a.Choice) and isinstance(answer, a.Choice):
            if not gold.rest or not answer.rest:
                return gold.letter == answer.letter
            strict = self.conventions.text_case_matters
            rests = comparable(gold.rest, strict) == comparable(answer.rest, strict)
            return gold.letter == answer.letter and rests
        if isinstance(gold, a.Items) and all(isinstance(i, a.Choice) for i in gold.items):
            return self.lists(gold, answer)
        if isinstance(gold, a.Choice) and not gold.rest:
            if isinstance(answer, a.Scalar):
                symbol = a.Scalar(gold.letter, Node("symbol", value=gold.letter))
                return self.scalars(symbol, answer)
            return False
        if isinstance(answer, a.Choice) and not answer.rest and isinstance(gold, a.Scalar):
            return self.scalars(gold, a.Scalar(answer.letter, Node("symbol", value=answer.letter)))
        return False

    def based(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare digits in one base; equal values in different bases are different answers."""
        based, other = (gold, answer) if isinstance(gold, a.Based) else (answer, gold)
        if not isinstance(based, a.Based) or not isinstance(other, a.Scalar):
            return False
        return self.conventions.base_optional and other.text.lstrip("0") == based.digits

    def modular(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare residue classes; the modulus may be left out with the same representative."""
        if isinstance(gold, a.Modular) and isinstance(answer, a.Modular):
            if not self.same(gold.modulus, answer.modulus):
                return False
            values = [
                x.value
                for x in (gold.residue, answer.residue, gold.modulus)
                if isinstance(x, a.Scalar)
            ]
            if len(values) == 3 and values[2]:
                first, second, modulus = values
                if first is not None and second is not None:
                    return (first - second) % modulus == 0
            return self.same(gold.residue, answer.residue)
        if isinstance(gold, a.Modular):
            return self.same(gold.residue, answer)
        return False

    def times(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare times; morning and afternoon only where both say so."""
        if not (isinstance(gold, a.Time) and isinstance(answer, a.Time)):
            return False
        halves = {gold.half, answer.half} - {""}
        return gold.seconds == answer.seconds and len(halves) < 2

    def ratios(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare ratios by proportion, term by term without the convention."""
        if isinstance(gold, a.Ratio) and isinstance(answer, a.Ratio):
            if self.in_order(gold.terms, answer.terms):
                return True
            if not self.conventions.ratio_as_fraction or len(gold.terms) != len(answer.terms):
                return False
            firsts, seconds = _values(gold.terms), _values(answer.terms)
            if firsts is None or seconds is None or 0 in firsts or 0 in seconds:
                return False
            return len({x / y for x, y in zip(firsts, seconds, strict=True)}) == 1
        ratio, other = (gold, answer) if isinstance(gold, a.Ratio) else (answer, gold)
        if (
            not isinstance(ratio, a.Ratio)
            or not isinstance(other, a.Scalar)
            or len(ratio.terms) != 2
        ):
            return False
        values = _values(ratio.terms)
        if not self.conventions.ratio_as_fraction or values is None or not values[1]:
            return False
        return other.value == values[0] / values[1]

    def lists(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare lists and sets, with or without braces, with or without names."""
        gold, answer = self.as_list(gold, answer), self.as_list(answer, gold)
        if gold is None or answer is None:
            return False
        if isinstance(gold, a.Braces) and isinstance(answer, a.Braces):
            return self.any_order(self.distinct(gold.items), self.distinct(answer.items))
        if isinstance(gold, a.Bracketed) or isinstance(answer, a.Bracketed):
            return self.in_order(_unnamed(gold.items), _unnamed(answer.items))
        if type(gold) is not type(answer) and not self.conventions.list_as_set:
            return len(gold.items) == len(answer.items) == 1 and self.same(
                gold.items[0], answer.items[0]
            )
        names, others = _names(gold.items), _names(answer.items)
        if bool(names) != bool(others) and self.conventions.name_optional:
            ordered = len(set(names or others)) > 1
            items, answers = _unnamed(gold.items), _unnamed(answer.items)
        else:
            ordered, items, answers = False, gold.items, answer.items
        if ordered or (self.conventions.list_order_matters and isinstance(gold, a.Items)):
            return self.in_order(items, answers)
        return self.any_order(items, answers)

    def as_list(self, answer: a.Answer, other: a.Answer) -> a.Items | a.Braces | a.Bracketed | None:
        """Return ``answer`` as something with items, as ``other`` suggests; None where it is none."""
        if isinstance(answer, a.Items | a.Braces):
            return answer
        if isinstance(answer, a.Bracketed):
            square = (answer.opening, answer.closing) == ("[", "]") and len(answer.items) > 2
            named = (
                isinstance(other, a.Items) and len(set(_names(other.items))) == len(other.items) > 1
            )
            round_ = (answer.opening, answer.closing) == ("(", ")")
            return answer if isinstance(other, a.Items) and (square or (named and round_)) else None
        if isinstance(other, a.Items) and isinstance(answer, a.Scalar) and answer.grouped:
            numbers = [Fraction(part) for part in re.sub(r"\s", "", answer.grouped).split(",")]
            return a.Items(tuple(a.Scalar(str(n), Node("number", value=n), n) for n in numbers))
        letters = answer.text if isinstance(answer, a.Scalar | a.Text) else ""
        if isinstance(other, a.Items) and re.fullmatch("[A-Z]{2,10}", letters):
            return a.Items(tuple(a.Choice(letter) for letter in letters))
        return a.Items((answer,)) if isinstance(other, a.Braces) else None

    def distinct(self, items: Sequence[a.Answer]) -> list[a.Answer]:
        """Return the items without repetitions."""
        kept: list[a.Answer] = []
        for item in items:
            if not any(
                item == other or (_numeric(item, other) and self.same(item, other))
                for other in kept
            ):
                kept.append(item)
        return kept

    def relations(self, gold: a.Answer, answer: a.Answer) -> bool:
        """Compare equations and inequalities, with each other and with what they say of a name."""
        if isinstance(gold, a.Relation) and isinstance(answer, a.Relation):
            return self.two_relations(gold, answer)
        if isinstance(gold, a.Items | a.Braces) or isinstance(answer, a.Items | a.Braces):
            stated = next(x for x in (gold, answer) if isinstance(x, a.Relation))
            value = _stated(stated)
            if value is None or not self.conventions.name_optional:
                return False
            return self.same(value, answer) if stated is gold else self.same(gold, value)
        if isinstance(gold, a.Relation):
            return self.named_gold(gold, answer)
        assert isinstance(answer, a.Relation)
        interval = self.interval_of(answer)
        if interval is not None:
            return isinstance(gold, a.Bracketed | a.Union) and self.same(gold, interval)
        return any(self.same(gold, value) for value in self.values_of(answer))

    def named_gold(self, gold: a.Relation, answer: a.Answer) -> bool:
        """Compare ``x = 5`` or ``x < 5`` with an answer that names nothing."""
        interval = self.interval_of(gold)
        if interval is not None:
            return isinstance(answer, a.Bracketed | a.Union) and self.same(interval, answer)
        value = _stated(gold)
        return value is not None and self.conventions.name_optional and self.same(value, answer)

    def values_of(self, relation: a.Relation) -> list[a.Answer]:
        """Return what ``x = 5``, ``2 + 3 = 5`` or ``10/3 ≈ 3.33`` gives as a value, the exact one first."""
        value = _stated(relation)
        if (
            value is None
            and set(relation.operators) <= {"=", "≈"}
            and _is_constant(relation.sides[0])
        ):
            value = _last_exact(relation)
        if value is None:
            return []
        last = relation.sides[-1]
        if relation.operators[-1] == "≈" and value is not last:
            exact = (
                isinstance(value, a.Scalar)
                and isinstance(last, a.Scalar)
                and last.value is not None
            )
            if exact and self._rounds(value, last):
                return [value, last]
        return [value]

    def _rounds(self, exact: a.Answer, decimal: a.Answer) -> bool:
        assert isinstance(exact, a.Scalar) and isinstance(decimal, a.Scalar)
        if decimal.value is None or exact.tree is None or exact.too_large:
            return False
        if exact.value is not None:
            return rounds_to(exact.value, decimal.value, decimal.places)
        return self.algebra.rounds(exact.tree, decimal.value, decimal.places)

    def interval_of(self, relation: a.Relation) -> a.Answer | None:
        """Return ``(-∞, 5)`` for ``x < 5`` under the convention; None for other relations."""
        if not self.conventions.relation_as_interval:
            return None
        return _interval(relation)

    def two_relations(self, gold: a.Relation, answer: a.Relation) -> bool:
        """Compare two relations: side by side, turned round, or as equations up to a factor."""
        pair, other = _assignment(gold), _assignment(answer)
        if (
            pair is not None
            and other is not None
            and pair[0] == other[0]
            and self.same(pair[1], other[1])
        ):
            return True
        if set(gold.operators) == {"="} and set(answer.operators) == {"="}:
            gold, answer = _ends(gold), _ends(answer)
        for turned in (answer, _turned(answer)):
            if turned is not None and turned.operators == gold.operators:
                if self.in_order(gold.sides, turned.sides):
                    return True
                if self.scaled(gold, turned):
                    return True
        return False

    def scaled(self, gold: a.Relation, answer: a.Relation) -> bool:
        """Return whether the differences of the two sides are proportional."""
        if (
            len(gold.sides) != 2
            or not self.conventions.scaled_equations
            or gold.operators[0] not in FLIPPED
        ):
            return False
        if any(isinstance(s, a.Scalar) and s.too_large for s in (*gold.sides, *answer.sides)):
            return False
        differences = [_difference(gold), _difference(answer)]
        first, second = differences
        if first is None or second is None:
            return False
        return self.algebra.proportional(first, second, positive=gold.operators[0] in "<>≤≥")


def rounds_to(exact: Fraction, value: Fraction, places: int) -> bool:
    """Return whether ``exact``, rounded or cut to ``places`` decimals, is ``value``."""
    scale = Fraction(10) ** places
    error = exact * scale - value * scale
    return abs(error) <= Fraction(1, 2) or (abs(error) < 1 and abs(exact) > abs(value))


def times(scalar: a.Scalar, factor: Node) -> a.Scalar | None:
    """Return the product as an exact scalar, None where ``scalar`` has no tree."""
    if scalar.tree is None or scalar.too_large:
        return None
    rational = factor.value if isinstance(factor.value, Fraction) else None
    value = scalar.value * rational if scalar.value is not None and rational is not None else None
    tree = Node("product", (scalar.tree, factor))
    return replace(scalar, text=f"({scalar.text})*", tree=tree, value=value, grouped="",
                   digits=scalar.digits if value is not None else None, places=scalar.places + 2)  # fmt: skip


def _terminates(value: Fraction) -> bool:
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1


def _values(items: Sequence[a.Answer]) -> list[Fraction] | None:
    values = [item.value for item in items if isinstance(item, a.Scalar) and item.value is not None]
    return values if len(values) == len(items) else None


def _numeric(one: a.Answer, other: a.Answer) -> bool:
    return _values((one, other)) is not None


def _is_constant(answer: a.Answer) -> bool:
    """Whether it has no variable, or is beyond our reading and so stands for a value."""
    if not isinstance(answer, a.Scalar):
        return isinstance(answer, a.Quantity | a.Percent | a.Degrees)
    return answer.tree is None or not symbols_of(answer.tree)


def symbols_of(node: Node) -> frozenset[str]:
    """Return the names of the variables."""
    own = {str(node.value)} if node.operator in ("symbol", "apply") else set()
    return frozenset(own.union(*(symbols_of(argument) for argument in node.arguments)))


def _canonical_name(side: a.Answer) -> str:
    """A name; of ``f(x)`` the ``f`` alone, for the argument is a bound variable."""
    if isinstance(side, a.Scalar):
        if side.tree is not None and side.tree.operator == "apply":
            return str(side.tree.value)
        return re.sub(r"[\s{}]|\((?:[a-z])\)$", "", side.text)
    if isinstance(side, a.Choice):
        return side.letter + side.rest
    return re.sub(r"\s", "", side.text) if isinstance(side, a.Text) else repr(side)


def _ends(relation: a.Relation) -> a.Relation:
    return replace(relation, sides=(relation.sides[0], relation.sides[-1]), operators=("=",))


def _assignment(relation: a.Relation) -> tuple[str, a.Answer] | None:
    value = _stated(relation)
    if value is None:
        return None
    name = relation.sides[0] if relation.name_first else relation.sides[-1]
    return _canonical_name(name), value


def _stated(relation: a.Relation) -> a.Answer | None:
    """Return what the relation says of a name: ``x = 5``, ``5 = x``, ``x ∈ {5}``; None where it does not."""
    if not set(relation.operators) <= {"=", "≈", "∈"}:
        return None
    if relation.name_first:
        return _last_exact(relation)
    last = relation.sides[-1]
    if set(relation.operators) == {"="} and _is_symbol(last) and not _is_symbol(relation.sides[0]):
        return relation.sides[-2]
    return None


def _is_symbol(side: a.Answer) -> bool:
    if isinstance(side, a.Choice):
        return not side.rest
    return isinstance(side, a.Scalar) and side.tree is not None and side.tree.operator == "symbol"


def _last_exact(relation: a.Relation) -> a.Answer:
    """The last side before the first ``≈``; where only a name stands there, the side behind it."""
    cut = next((i for i, o in enumerate(relation.operators) if o == "≈"), len(relation.operators))
    return relation.sides[1] if cut == 0 and relation.name_first else relation.sides[cut]


def _names(items: Sequence[a.Answer]) -> list[str]:
    pairs = [_assignment(item) for item in items if isinstance(item, a.Relation)]
    return [pair[0] for pair in pairs if pair is not None]


def _unnamed(items: Sequence[a.Answer]) -> list[a.Answer]:
    values = [_stated(item) if isinstance(item, a.Relation) else item for item in items]
    return [item if value is None else value for item, value in zip(items, values, strict=True)]


def _turned(relation: a.Relation) -> a.Relation | None:
    if not set(relation.operators) <= set(FLIPPED):
        return None
    operators = tuple(FLIPPED[o] for o in reversed(relation.operators))
    return replace(relation, sides=relation.sides[::-1], operators=operators)


def _difference(relation: a.Relation) -> Node | None:
    left, right = relation.sides
    if not (isinstance(left, a.Scalar | a.Choice) and isinstance(right, a.Scalar | a.Choice)):
        return None
    trees = [
        s.tree if isinstance(s, a.Scalar) else Node("symbol", value=s.letter) for s in (left, right)
    ]
    if trees[0] is None or trees[1] is None:
        return None
    return Node("sum", (trees[0], Node("negative", (trees[1],))))


def _interval(relation: a.Relation) -> a.Answer | None:
    """An interval where the relation bounds one name by constants."""
    for turned in (relation, _turned(relation)):
        if turned is None or not set(turned.operators) <= {"<", "≤"}:
            continue
        sides, operators = turned.sides, turned.operators
        if len(sides) == 2 and _is_symbol(sides[0]) and _is_constant(sides[1]):
            return below(sides[1], closed=operators[0] == "≤")
        if len(sides) == 2 and _is_symbol(sides[1]) and _is_constant(sides[0]):
            return above(sides[0], closed=operators[0] == "≤")
        ends_constant = len(sides) == 3 and _is_constant(sides[0]) and _is_constant(sides[2])
        if ends_constant and _is_symbol(sides[1]):
            opening, closing = (
                ("(" if operators[0] == "<" else "["),
                (")" if operators[1] == "<" else "]"),
            )
            return a.Bracketed(opening, (sides[0], sides[2]), closing)
    if relation.operators == ("≠",) and _is_symbol(relation.sides[0]):
        return without([relation.sides[1]])
    return None
