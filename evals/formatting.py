"""Numbers with their intervals as people read them: ``45.0 % [38.8, 51.4]``."""

import math
from collections.abc import Sequence


def with_interval(estimate: Sequence[float], form: str = ".2f", *, unit: str = "") -> str:
    """Return ``0.45 [0.39, 0.51]``; "none" where the value is NaN.

    Args:
        estimate: value, low and high.
        form: how each number is written, as ``format`` takes it; ``+.2f`` shows signs.
        unit: comes after the value.
    """
    value, low, high = (f"{number:{form}}" for number in estimate)
    return "none" if math.isnan(estimate[0]) else f"{value}{unit} [{low}, {high}]"


def share(estimate: Sequence[float]) -> str:
    """Return a share in [0, 1] as a percentage: ``45.0 % [38.8, 51.4]``."""
    return with_interval([100 * number for number in estimate], ".1f", unit=" %")


def points(estimate: Sequence[float]) -> str:
    """Return a difference of shares in percentage points: ``+6.2 [-1.3, +13.7]``."""
    return with_interval([100 * number for number in estimate], "+.1f")


def p_value(p: float) -> str:
    """Return a p-value with three decimals."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def listed(items: Sequence[object]) -> str:
    """Return ``1, 2 and 3``."""
    *others, last = map(str, items)
    return f"{', '.join(others)} and {last}" if others else last
