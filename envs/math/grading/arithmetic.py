"""The exact value of an expression of rational numbers, within bounds, without sympy."""

import math
from collections.abc import Callable
from fractions import Fraction

from onelayer.envs.math.grading.tree import Node

MAX_BITS = 1 << 18
"""about 79,000 decimal digits; a larger number is not computed"""
MAX_FACTORIAL = 5_000


class TooLargeError(ValueError):
    """The value is beyond ``MAX_BITS``: it is never computed."""


def rational_value(node: Node) -> Fraction | None:
    """Return the value, or None where it is not a rational number that arithmetic alone gives.

    Raises:
        TooLargeError: the number has more than ``MAX_BITS`` bits.
        ZeroDivisionError: the value is undefined.
    """
    if node.operator == "number":
        assert isinstance(node.value, Fraction)
        return node.value
    if node.operator not in _RULES:
        return None
    values = []
    for argument in node.arguments:
        value = rational_value(argument)
        if value is None:
            return None
        values.append(value)
    return _bounded(_RULES[node.operator](*values))


def _bounded(value: Fraction | None) -> Fraction | None:
    if value is not None and _bits(value) > MAX_BITS:
        raise TooLargeError("the number is too large")
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _sum(*terms: Fraction) -> Fraction:
    total = Fraction(0)
    for term in terms:
        total += term
    return total


def _quotient(upper: Fraction, lower: Fraction) -> Fraction:
    return upper / lower


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if base == 0 and exponent <= 0:
        raise ZeroDivisionError("0 to a power that is not positive")
    if abs(base) == 1 and exponent.denominator == 1:
        return base if exponent.numerator % 2 else Fraction(1)
    if abs(exponent.numerator) * _bits(base) > MAX_BITS * 2:
        raise TooLargeError("the power is too large")
    if exponent.denominator == 1:
        return base**exponent.numerator
    rooted = _root(base, Fraction(exponent.denominator))
    return None if rooted is None else _power(rooted, Fraction(exponent.numerator))


def _root(value: Fraction, index: Fraction) -> Fraction | None:
    """Return the real root where it is rational; None for a negative number, whose branch is ambiguous."""
    if index.denominator != 1 or not 1 <= index <= 1000 or value < 0:
        return None
    upper = _integer_root(value.numerator, index.numerator)
    lower = _integer_root(value.denominator, index.numerator)
    return None if upper is None or lower is None else Fraction(upper, lower)


def _real_root(value: Fraction, index: Fraction) -> Fraction | None:
    """Return the root that a root sign means: that of a negative number too, where ``index`` is odd."""
    if value < 0 and index.denominator == 1 and index.numerator % 2:
        root = _root(-value, index)
        return None if root is None else -root
    return _root(value, index)


def _integer_root(value: int, index: int) -> int | None:
    if index == 2:
        root = math.isqrt(value)
        return root if root * root == value else None
    if value.bit_length() > 4096:
        return None
    low, high = 0, 1 << (value.bit_length() // index + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**index < value else (low, middle)
    return low if low**index == value else None


def _factorial(value: Fraction, step: int = 1) -> Fraction | None:
    if value.denominator != 1 or value < 0:
        return None
    if value > MAX_FACTORIAL:
        raise TooLargeError("the factorial is too large")
    return Fraction(math.prod(range(value.numerator, 0, -step)))


def _binomial(upper: Fraction, lower: Fraction) -> Fraction | None:
    if upper.denominator != 1 or lower.denominator != 1 or upper < 0 or lower < 0:
        return None
    if min(lower, upper - lower) > MAX_FACTORIAL or upper.numerator.bit_length() > 64:
        raise TooLargeError("the binomial coefficient is too large")
    return Fraction(math.comb(upper.numerator, lower.numerator))


def _integers(values: tuple[Fraction, ...]) -> list[int] | None:
    return [v.numerator for v in values] if all(v.denominator == 1 for v in values) else None


def _gcd(*values: Fraction) -> Fraction | None:
    integers = _integers(values)
    return None if integers is None else Fraction(math.gcd(*integers))


def _lcm(*values: Fraction) -> Fraction | None:
    integers = _integers(values)
    return None if integers is None else Fraction(math.lcm(*integers))


def _mod(value: Fraction, modulus: Fraction) -> Fraction:
    return value % modulus


_RULES: dict[str, Callable[..., Fraction | None]] = {
    "sum": _sum,
    "mixed": _sum,
    "negative": lambda a: -a,
    "product": lambda a, b: a * b,
    "quotient": _quotient,
    "power": _power,
    "sqrt": lambda a: _root(a, Fraction(2)),
    "cbrt": lambda a: _real_root(a, Fraction(3)),
    "root": lambda a, n: _real_root(a, n),
    "factorial": _factorial,
    "double_factorial": lambda a: _factorial(a, 2),
    "binomial": _binomial,
    "abs": abs,
    "floor": lambda a: Fraction(math.floor(a)),
    "ceil": lambda a: Fraction(math.ceil(a)),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "gcd": _gcd,
    "lcm": _lcm,
    "mod": _mod,
}
