"""Is a difference significant, and how small a difference could these tasks have shown?

S. Holm, 1979 (several comparisons at once); R.A. Fisher, 1935 (the sign-flip test); Q. McNemar, 1947 (the
exact form); A.B. Owen, 2007 (means over random tasks and random runs); F.E. Satterthwaite, 1946 (degrees of
freedom of a sum).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
POWER = 0.8
_EXACT_UP_TO = 14
"""with up to this many differing tasks all sign patterns are tried; with more, patterns are drawn"""
_DRAWN_PATTERNS = 20_000


@lru_cache(maxsize=4096)
def student_t(probability: float, degrees: float) -> float:
    """Return a quantile of Student's t distribution; from 10,000 degrees on, of the normal distribution.

    Args:
        probability: in (0, 1).
        degrees: degrees of freedom, at least 1; rounded down, so that intervals get wider, not narrower.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability must be in (0, 1), got {probability}")
    if degrees < 1:
        raise ValueError(f"degrees must be at least 1, got {degrees}")
    if degrees >= 10_000:
        return NormalDist().inv_cdf(probability)
    if probability < 0.5:
        return -student_t(1 - probability, degrees)
    low, high = 0.0, math.pi / 2  # of the angle whose tangent is t / sqrt(degrees)
    whole = int(degrees)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle, whole) < probability else (low, middle)
    return math.tan((low + high) / 2) * math.sqrt(whole)


def t_p_value(t: float, degrees: float) -> float:
    """Return the two-sided p-value of a t statistic."""
    if math.isinf(t):
        return 0.0
    whole = max(1, int(degrees))
    if degrees >= 10_000:
        return 2 * (1 - NormalDist().cdf(abs(t)))
    return max(0.0, 2 * (1 - _t_below(math.atan(abs(t) / math.sqrt(whole)), whole)))


def _t_below(angle: float, degrees: int) -> float:
    """Return the t distribution's CDF at ``tan(angle) * sqrt(degrees)``, by its finite series."""
    sine, cosine = math.sin(angle), math.cos(angle)
    if degrees % 2:
        term, total = cosine, 0.0
        for k in range(1, (degrees - 1) // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * k) / (2 * k + 1)
        inside = 2 / math.pi * (angle + sine * total)
    else:
        term, total = 1.0, 0.0
        for k in range(1, degrees // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * k - 1) / (2 * k)
        inside = sine * total
    return 0.5 + inside / 2


def sign_flip_p_value(difference_T: ArrayLike, seed: int = 0) -> float:
    """Return the two-sided p-value of the hypothesis that two agents are alike, from paired differences.

    Under the hypothesis each task's difference could as well have the other sign. With up to 14 tasks that
    differ, all sign patterns are counted; with more, 20,000 patterns are drawn. If all differences are 1, 0
    or -1, counting all patterns is McNemar's exact test.
    """
    difference = np.asarray(difference_T, dtype=float)
    difference = difference[difference != 0]
    n = len(difference)
    if n == 0:
        return 1.0
    seen = abs(difference.sum()) * (1 - 1e-12)
    if n <= _EXACT_UP_TO:
        bits_PT = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float(np.mean(np.abs((2 * bits_PT - 1) @ difference) >= seen))
    rng = np.random.default_rng(seed)
    extreme = 0
    for _ in range(_DRAWN_PATTERNS // 1000):
        signs_PT = rng.integers(0, 2, size=(1000, n)) * 2 - 1
        extreme += int(np.sum(np.abs(signs_PT @ difference) >= seen))
    return (extreme + 1) / (_DRAWN_PATTERNS + 1)  # the observed pattern counts as one more draw


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of the hypothesis that neither agent is better.

    Args:
        only_first: tasks that the first agent alone solved.
        only_second: tasks that the second agent alone solved.
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, i) for i in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**n))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for all comparisons together, by Holm's step-down method."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, p_values[i] * (len(p_values) - place)))
        adjusted[i] = highest
    return adjusted


def minimal_difference(
    deviation: float, tasks: int, *, confidence: float = CONFIDENCE, power: float = POWER
) -> float:
    """Return the smallest true difference that a test would find with probability ``power``.

    Args:
        deviation: the standard deviation of the difference on one task. For two agents that each solve half
            of the tasks, independently, it is ``sqrt(0.5)``.
        tasks: number of tasks that both play.
        confidence: confidence level of the test.
        power: the probability to find the difference.
    """
    if tasks < 1:
        raise ValueError(f"tasks must be at least 1, got {tasks}")
    normal = NormalDist()
    quantiles = normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)
    return quantiles * deviation / math.sqrt(tasks)


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """How much more one arm earns than another, each arm several trained runs on the same tasks."""

    value: float
    low: float
    high: float
    p_value: float
    runs: tuple[int, int]
    tasks: int
    tasks_deviation: float
    """standard error due to the choice of tasks"""
    runs_deviation: float
    """standard error due to the training runs; NaN where both arms have a single run"""


def arm_difference(
    first_RT: ArrayLike, second_RT: ArrayLike, confidence: float = CONFIDENCE
) -> ArmDifference:
    """Compare two arms of runs as groups, with both the tasks and the runs as random samples.

    The variance is that of the tasks' mean differences plus that of the runs' means within each arm. This
    counts the noise within a run twice, so intervals tend to be too wide. An arm of one run adds no variance:
    the interval then holds for these runs, not for training again.

    Args:
        first_RT: a value for each run and task, such as 1 for solved; at least one run and two tasks.
        second_RT: the same of the other arm, on the same tasks.
        confidence: confidence level of the interval.

    Raises:
        ValueError: the arms have different tasks, or fewer than two.
    """
    first, second = (
        np.atleast_2d(np.asarray(first_RT, float)),
        np.atleast_2d(np.asarray(second_RT, float)),
    )
    tasks = first.shape[1]
    if tasks != second.shape[1]:
        raise ValueError(f"the arms have different tasks: {tasks} and {second.shape[1]}")
    if tasks < 2:
        raise ValueError(f"at least two tasks are needed, got {tasks}")
    difference_T = first.mean(0) - second.mean(0)
    variances = [(float(difference_T.var(ddof=1)) / tasks, tasks - 1)]
    for run_RT in (first, second):
        if len(run_RT) > 1:
            variances.append((_variance_of_mean(run_RT.mean(1)), len(run_RT) - 1))
    total = sum(variance for variance, _ in variances)
    below = sum(variance**2 / degrees for variance, degrees in variances)
    value, deviation = float(difference_T.mean()), math.sqrt(total)
    degrees = max(1.0, total**2 / below) if below > 0 else float(tasks - 1)
    reach = student_t(0.5 + confidence / 2, degrees) * deviation
    t = math.inf if deviation == 0 and value else 0.0 if deviation == 0 else value / deviation
    of_runs = [variance for variance, _ in variances[1:]]
    return ArmDifference(
        value=value,
        low=value - reach,
        high=value + reach,
        p_value=t_p_value(t, degrees),
        runs=(len(first), len(second)),
        tasks=tasks,
        tasks_deviation=math.sqrt(variances[0][0]),
        runs_deviation=math.sqrt(sum(of_runs)) if of_runs else math.nan,
    )


def _variance_of_mean(value_R: NDArray[np.float64]) -> float:
    return float(value_R.var(ddof=1)) / len(value_R)
