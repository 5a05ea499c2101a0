"""When a decimal stands for an exact value."""

from fractions import Fraction

_FLOAT_DIGITS = 15
_FLOAT_ERROR = Fraction(1, 2**49)
"""relative error of a few operations on Python's floats"""


def rounds_to(exact: Fraction, value: Fraction, places: int) -> bool:
    """Return whether ``value`` is ``exact`` rounded or cut to ``places`` decimals, or computed in floats."""
    scale = Fraction(10) ** places
    error = exact * scale - value * scale
    near = abs(error) <= Fraction(1, 2) or (abs(error) < 1 and abs(exact) > abs(value))
    return near or is_float_of(exact, value, places)


def is_float_of(exact: Fraction, value: Fraction, places: int) -> bool:
    """Return whether ``value`` has a float's full digits and is ``exact`` up to a float's error.

    For example 0.30000000000000004 for 0.3.
    """
    long = abs(value) * Fraction(10) ** places >= 10 ** (_FLOAT_DIGITS - 1)
    return long and abs(exact - value) <= abs(exact) * _FLOAT_ERROR


def terminates(value: Fraction) -> bool:
    """Return whether the value has a finite decimal expansion."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1
