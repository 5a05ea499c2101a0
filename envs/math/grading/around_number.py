"""Comparing answers in which something stands around a number: a unit, a percent sign, a base, a letter."""

from dataclasses import replace
from fractions import Fraction

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import rational_value
from onelayer.envs.math.grading.comparing import Compares
from onelayer.envs.math.grading.lists import exact_values, lists
from onelayer.envs.math.grading.tree import Node
from onelayer.envs.math.grading.units import CURRENCIES, SCALED, is_known
from onelayer.envs.math.grading.words import comparable

HUNDREDTH = Node("number", value=Fraction(1, 100))
RADIANS = Node("quotient", (Node("constant", value="pi"), Node("number", value=Fraction(180))))


def quantities(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare amounts and units; a missing unit may be optional, a different one never is."""
    if isinstance(gold, a.Quantity) and isinstance(answer, a.Quantity):
        return _units_alike(compare, gold.unit, answer.unit) and compare.same(
            gold.amount, answer.amount
        )
    quantity, other = (gold, answer) if isinstance(gold, a.Quantity) else (answer, gold)
    assert isinstance(quantity, a.Quantity)
    if isinstance(other, a.Braces) and len(other.items) == 1:
        other = other.items[0]
    if not isinstance(other, a.Scalar) or quantity.unit in SCALED:
        return False
    if not compare.conventions.units_optional:
        return False
    if (
        other.tree is not None
        and other.tree.operator == "product"
        and is_known(quantity.unit, True)
    ):
        amount, last = other.tree.arguments
        if last == Node("symbol", value=quantity.unit):  # the m of 37/4 m
            other = a.Scalar(f"({other.text}) per {quantity.unit}", amount, rational_value(amount))
    return compare.same(quantity.amount, other)


def _units_alike(compare: Compares, gold: str, answer: str) -> bool:
    """Units are equal; a price may leave out what it is per: ``$18 per day`` and ``$18``."""
    (price, _, rate), (other, _, other_rate) = gold.partition("/"), answer.partition("/")
    left_out = (
        compare.conventions.units_optional and price in CURRENCIES and not (rate and other_rate)
    )
    return gold == answer or (left_out and price == other)


def percents(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """``33.5%`` is ``0.335``; under the convention also ``33.5``, without the sign."""
    if isinstance(gold, a.Percent) and isinstance(answer, a.Percent):
        return compare.same(gold.amount, answer.amount)
    percent, other = (gold, answer) if isinstance(gold, a.Percent) else (answer, gold)
    assert isinstance(percent, a.Percent)
    if not isinstance(other, a.Scalar) or not isinstance(percent.amount, a.Scalar):
        return False
    share = times(percent.amount, HUNDREDTH)
    if share is not None and compare.same(share, other):
        return True
    # a gold of at most 1 without a sign is a fraction: 0.5% does not answer 0.5
    a_share = other is gold and other.value is not None and abs(other.value) <= 1
    return (
        compare.conventions.percent_sign_optional
        and not a_share
        and compare.same(percent.amount, other)
    )


def degrees(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """``90°`` is ``π/2``; under the convention also ``90``, without the sign."""
    if isinstance(gold, a.Degrees) and isinstance(answer, a.Degrees):
        return compare.same(gold.amount, answer.amount)
    angle, other = (gold, answer) if isinstance(gold, a.Degrees) else (answer, gold)
    assert isinstance(angle, a.Degrees)
    if not isinstance(other, a.Scalar) or not isinstance(angle.amount, a.Scalar):
        return False
    if other.value is not None:
        return compare.conventions.degrees_as_number and compare.same(angle.amount, other)
    radians = times(angle.amount, RADIANS)
    return radians is not None and compare.same(radians, other)


def choices(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare letters; the text of a choice may be left out, or stand in place of its letter."""
    if isinstance(gold, a.Choice) and isinstance(answer, a.Choice):
        if not gold.rest or not answer.rest:
            return gold.letter == answer.letter
        strict = compare.conventions.text_case_matters
        rests = comparable(gold.rest, strict) == comparable(answer.rest, strict)
        return gold.letter == answer.letter and rests
    if isinstance(gold, a.Items) and all(isinstance(i, a.Choice) for i in gold.items):
        return lists(compare, gold, answer)
    if isinstance(gold, a.Choice) and not gold.rest:
        if isinstance(answer, a.Scalar):
            symbol = a.Scalar(gold.letter, Node("symbol", value=gold.letter))
            return compare.scalars(symbol, answer)
        return False
    if isinstance(answer, a.Choice) and not answer.rest and isinstance(gold, a.Scalar):
        return compare.scalars(gold, a.Scalar(answer.letter, Node("symbol", value=answer.letter)))
    return False


def based(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare digits in one base; equal values in different bases are different answers."""
    if not isinstance(gold, a.Based) or not isinstance(answer, a.Scalar):
        return False  # 12_{13} is not another way to write the gold 12
    return compare.conventions.base_optional and answer.text.lstrip("0") == gold.digits


def modular(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare residue classes; the modulus may be left out with the same representative."""
    if isinstance(gold, a.Modular) and isinstance(answer, a.Modular):
        if not compare.same(gold.modulus, answer.modulus):
            return False
        values = exact_values((gold.residue, answer.residue, gold.modulus))
        if values is not None and values[2]:
            return (values[0] - values[1]) % values[2] == 0
        return compare.same(gold.residue, answer.residue)
    if isinstance(gold, a.Modular):
        return compare.same(gold.residue, answer)
    if isinstance(answer, a.Modular):  # 2 mod 7 as the remainder 2
        values = exact_values((gold, answer.modulus))
        least = values is not None and 0 <= values[0] < values[1]
        return least and compare.same(gold, answer.residue)
    return False


def clock_times(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare times; morning and afternoon only where both say so."""
    if not (isinstance(gold, a.Time) and isinstance(answer, a.Time)):
        return False
    halves = {gold.half, answer.half} - {""}
    return gold.seconds == answer.seconds and len(halves) < 2


def ratios(compare: Compares, gold: a.Answer, answer: a.Answer) -> bool:
    """Compare ratios by proportion, term by term without the convention."""
    if isinstance(gold, a.Ratio) and isinstance(answer, a.Ratio):
        if compare.in_order(gold.terms, answer.terms):
            return True
        if not compare.conventions.ratio_as_fraction or len(gold.terms) != len(answer.terms):
            return False
        firsts, seconds = exact_values(gold.terms), exact_values(answer.terms)
        if firsts is None or seconds is None or 0 in firsts or 0 in seconds:
            return False
        return len({x / y for x, y in zip(firsts, seconds, strict=True)}) == 1
    ratio, other = (gold, answer) if isinstance(gold, a.Ratio) else (answer, gold)
    if not isinstance(ratio, a.Ratio) or not isinstance(other, a.Scalar) or len(ratio.terms) != 2:
        return False
    values = exact_values(ratio.terms)
    if not compare.conventions.ratio_as_fraction or values is None or not values[1]:
        return False
    return other.value == values[0] / values[1]


def times(scalar: a.Scalar, factor: Node) -> a.Scalar | None:
    """Return the product as an exact scalar, None where ``scalar`` has no tree."""
    if scalar.tree is None or scalar.too_large:
        return None
    rational = factor.value if isinstance(factor.value, Fraction) else None
    value = scalar.value * rational if scalar.value is not None and rational is not None else None
    tree = Node("product", (scalar.tree, factor))
    return replace(scalar, text=f"({scalar.text})*", tree=tree, value=value, grouped="",
                   digits=scalar.digits if value is not None else None, places=scalar.places + 2)  # fmt: skip
