"""When a decimal stands for an exact value."""

from fractions import Fraction


def rounds_to(exact: Fraction, value: Fraction, places: int) -> bool:
    """Return whether ``exact``, rounded or cut to ``places`` decimals, is ``value``."""
    scale = Fraction(10) ** places
    error = exact * scale - value * scale
    return abs(error) <= Fraction(1, 2) or (abs(error) < 1 and abs(exact) > abs(value))


def terminates(value: Fraction) -> bool:
    """Return whether the value has a finite decimal expansion."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1
