"""Normal forms of expressions: the same however the expression is written.

Rational numbers are computed, like terms are added, and powers of one base are combined: ``x x - 5x + 6``
and ``x(x-5) + 6`` are ``x^2 - 5x + 6``. No sum is multiplied by a sum, so a product of sums and its expansion
keep different forms.
"""

from collections.abc import Hashable
from fractions import Fraction
from typing import TypeAlias

from onelayer.envs.math.grading.tree import Node

Monomial: TypeAlias = frozenset[tuple[Hashable, Fraction]]
"""bases and their exponents; a base is a leaf, a number, a sum, or an operation that is kept whole"""
NormalForm: TypeAlias = frozenset[tuple[Monomial, Fraction]]
"""the monomials of a sum and their coefficients, none of which is 0"""

_NUMBER: Monomial = frozenset()
_LONGEST = 20_000
"""characters of a form inside another, since each nesting may double it"""
_MOST_BITS = 4_000
"""bits of the largest power of a number that is computed"""


def normal_form(node: Node) -> NormalForm:
    """Return ``node`` as a sum of monomials.

    Raises:
        ValueError: the form, or a number in it, is too large.
    """
    match node.operator, node.arguments:
        case "number", _:
            assert isinstance(node.value, Fraction)
            return _sum([(_NUMBER, node.value)])
        case "negative", (argument,):
            return _times(normal_form(argument), _sum([(_NUMBER, Fraction(-1))]))
        case "sum" | "mixed", terms:
            return _sum([term for each in terms for term in normal_form(each)])
        case "product", (left, right):
            return _times(normal_form(left), normal_form(right))
        case "quotient", (upper, lower):
            return _times(normal_form(upper), _power(normal_form(lower), Fraction(-1)))
        case "sqrt", (radicand,):
            return _power(normal_form(radicand), Fraction(1, 2))
        case "cbrt", (radicand,):
            return _power(normal_form(radicand), Fraction(1, 3))
        case "power", (base, exponent):
            value = _as_number(normal_form(exponent))
            if value is not None:
                return _power(normal_form(base), value)
        case "root", (radicand, index):
            value = _as_number(normal_form(index))
            if value:
                return _power(normal_form(radicand), 1 / value)
    return _of_base((node.operator, node.value, *map(normal_form, node.arguments)), Fraction(1))


def _as_number(form: NormalForm) -> Fraction | None:
    if not form:
        return Fraction(0)
    (monomial, coefficient), *more = form
    return None if more or monomial else coefficient


def _holds_a_sum(form: NormalForm) -> bool:
    return any(isinstance(base, frozenset) for monomial, _ in form for base, _ in monomial)


def _check_size(form: Hashable) -> None:
    if len(repr(form)) > _LONGEST:
        raise ValueError("the expression is too large for a normal form")


def _of_base(base: Hashable, exponent: Fraction) -> NormalForm:
    _check_size(base)
    return frozenset([(frozenset([(base, exponent)]), Fraction(1))])


def _sum(terms: list[tuple[Monomial, Fraction]]) -> NormalForm:
    total: dict[Monomial, Fraction] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return frozenset(item for item in total.items() if item[1])


def _times(left: NormalForm, right: NormalForm) -> NormalForm:
    if (len(left) > 1 or _holds_a_sum(left)) and (len(right) > 1 or _holds_a_sum(right)):
        left, right = _as_base(left), _as_base(right)
    products = [
        (_joined(one, other), coefficient * factor)
        for one, coefficient in left
        for other, factor in right
    ]
    return _sum([term for product in products for term in _opened(*product)])


def _joined(left: Monomial, right: Monomial) -> Monomial:
    exponents = dict(left)
    for base, exponent in right:
        exponents[base] = exponents.get(base, Fraction(0)) + exponent
    return frozenset(item for item in exponents.items() if item[1])


def _opened(monomial: Monomial, coefficient: Fraction) -> list[tuple[Monomial, Fraction]]:
    """Multiply a monomial out where exactly one of its factors is a sum, to the power 1."""
    sums = [(base, e) for base, e in monomial if isinstance(base, frozenset)]
    if len(sums) != 1 or sums[0][1] != 1:
        return [(monomial, coefficient)]
    base, rest = sums[0][0], monomial - {sums[0]}
    assert isinstance(base, frozenset)
    return [(_joined(rest, inner), coefficient * factor) for inner, factor in base]


def _as_base(form: NormalForm) -> NormalForm:
    """A sum as one factor, divided by a leading coefficient: ``2 - 2x`` is ``-2`` times ``x - 1``."""
    if len(form) < 2:
        return form
    _check_size(form)
    lead = max(form, key=repr)[1]
    base = frozenset((monomial, coefficient / lead) for monomial, coefficient in form)
    return frozenset([(frozenset([(base, Fraction(1))]), lead)])


def _power(form: NormalForm, exponent: Fraction) -> NormalForm:
    if exponent == 1:
        return form
    if not form or not exponent:
        return _of_base(form, exponent)
    ((monomial, coefficient),) = form if len(form) == 1 else _as_base(form)
    powers = frozenset((base, e * exponent) for base, e in monomial)
    if exponent.denominator == 1:
        size = max(coefficient.numerator.bit_length(), coefficient.denominator.bit_length())
        if size * abs(exponent) > _MOST_BITS:
            raise ValueError("a power is too large to compute")
        return _sum(_opened(powers, coefficient**exponent.numerator))
    if coefficient == 1:
        return _sum(_opened(powers, coefficient))
    base, exponent = (
        (coefficient, exponent) if coefficient.numerator != 1 else (1 / coefficient, -exponent)
    )
    return _sum([(_joined(powers, frozenset([(base, exponent)])), Fraction(1))])
