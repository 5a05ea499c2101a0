"""Estimates of shares with intervals, such as success rates, in numpy.

E.B. Wilson, 1927 (a proportion); E.L. Korn and B.I. Graubard, 1998 (Wilson's interval with a design effect
and t quantiles); R.G. Newcombe, Statistics in Medicine 17, 1998 (two paired proportions, method 10); M. Chen
et al., arXiv 2107.03374 (pass@k).
"""

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.evals.significance import CONFIDENCE, student_t


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


class Estimate(NamedTuple):
    """A number and its confidence interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the score interval of a proportion; without a trial it is all of [0, 1].

    Raises:
        ValueError: ``successes`` is not in 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must be from 0 to n={n}, got {successes}")
    return Interval(0.0, 1.0) if n == 0 else _score_interval(successes / n, n, confidence)


def mean_share(
    shares_N: ArrayLike,
    tasks_N: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the mean of values in [0, 1], such as successes, with Wilson's interval.

    With one value for each task, n is the number of tasks, which makes the interval too wide for shares
    between 0 and 1. With several, n is the effective number of independent trials, from the number of tasks
    to that of episodes. The variance is estimated with two imaginary tasks added, one always solved and one
    never, since otherwise a rate near 0 or 1 would seem too certain. Unlike a bootstrap interval, this one
    has a width even where all values are equal.

    Args:
        shares_N: a value in [0, 1] for each episode; at least one.
        tasks_N: the task of each episode; None where each is a task of its own.
        confidence: confidence level of the interval.
    """
    share_N = np.asarray(shares_N, dtype=float)
    require_some(share_N)
    counts_T = by_task(np.ones_like(share_N), tasks_N)
    rate = float(share_N.mean())
    trials = float(len(counts_T))
    if len(counts_T) < len(share_N):
        trials = _independent_trials(by_task(share_N, tasks_N), counts_T, confidence)
    return Estimate(rate, *_score_interval(rate, trials, confidence))


def _independent_trials(
    sums_T: NDArray[np.float64], counts_T: NDArray[np.float64], confidence: float
) -> float:
    """Return the effective number of independent trials of tasks that were played repeatedly."""
    tasks, episodes = len(counts_T), float(counts_T.sum())
    if tasks == 1:
        return 1.0
    often = episodes / tasks
    sums_T, counts_T = np.append(sums_T, [0.0, often]), np.append(counts_T, [often, often])
    n = float(counts_T.sum())
    rate = float(sums_T.sum()) / n
    # Deviations of the tasks' sums from their expectation give the variance of a mean over unequal groups.
    residual_T = sums_T - rate * counts_T
    variance = float((residual_T**2).sum()) * len(counts_T) / (len(counts_T) - 1) / n**2
    design_effect = variance * n / (rate * (1 - rate))
    few = (_z(confidence) / student_t(0.5 + confidence / 2, tasks - 1)) ** 2
    return max(float(tasks), min(episodes, episodes / design_effect) * few)


def paired_share_difference(
    first_T: ArrayLike, second_T: ArrayLike, confidence: float = CONFIDENCE
) -> Estimate:
    """Return the mean difference of two agents' shares on the same tasks with Newcombe's interval.

    Unlike a bootstrap interval, it does not shrink to a point where the agents agree on every task.

    Args:
        first_T: a value in [0, 1] for each task: 0 or 1, or the share of solved attempts.
        second_T: the same of the other agent.
        confidence: confidence level of the interval.
    """
    difference_T = differences(first_T, second_T)
    first, second = np.asarray(first_T, dtype=float), np.asarray(second_T, dtype=float)
    one, other = _share_of_tasks(first, confidence), _share_of_tasks(second, confidence)
    phi = _correlation(first, second)
    below = _joined(one.value - one.low, other.high - other.value, phi)
    above = _joined(one.high - one.value, other.value - other.low, phi)
    difference = float(difference_T.mean())
    return Estimate(difference, max(-1.0, difference - below), min(1.0, difference + above))


def _share_of_tasks(share_T: NDArray[np.float64], confidence: float) -> Estimate:
    """Return the mean share with Wilson's interval; n is the effective number of independent trials."""
    rate, tasks, variance = float(share_T.mean()), len(share_T), float(share_T.var())
    trials = (
        float(tasks) if variance == 0 else max(tasks, (tasks - 1) * rate * (1 - rate) / variance)
    )
    return Estimate(rate, *_score_interval(rate, trials, confidence))


def pass_at_k(n: int, successes: int, k: int) -> float:
    """Return the unbiased estimate, from ``n`` attempts, of the chance that one of ``k`` succeeds.

    Raises:
        ValueError: not 1 <= k <= n, or ``successes`` is not in 0..n.
    """
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs at least {k} attempts at each task, got {n}")
    if not 0 <= successes <= n:
        raise ValueError(f"successes must be from 0 to n={n}, got {successes}")
    return 1.0 - math.comb(n - successes, k) / math.comb(n, k)


def require_some(value_N: NDArray[np.float64]) -> None:
    """Raise a ValueError where there are no values to average."""
    if value_N.ndim != 1 or len(value_N) == 0:
        raise ValueError("there is nothing to average")


def differences(first_N: ArrayLike, second_N: ArrayLike) -> NDArray[np.float64]:
    """Return ``first - second``, entry by entry; both must have the same length, and at least one."""
    first, second = np.asarray(first_N, dtype=float), np.asarray(second_N, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"pairs have two members, got {len(first)} and {len(second)} values")
    require_some(first)
    return np.asarray(first - second)


def by_task(
    value_N: NDArray[np.float64], tasks_N: Sequence[Hashable] | None
) -> NDArray[np.float64]:
    """Sum the values of each task; tasks in the order of first appearance."""
    if tasks_N is None:
        return value_N
    index = {task: i for i, task in enumerate(dict.fromkeys(tasks_N))}
    index_N = [index[task] for task in tasks_N]
    return np.bincount(index_N, weights=value_N, minlength=len(index)).astype(np.float64)


def _correlation(first_T: NDArray[np.float64], second_T: NDArray[np.float64]) -> float:
    """Return the correlation of paired shares; for 0s and 1s with Newcombe's correction towards 0."""
    if first_T.std() == 0 or second_T.std() == 0:
        return 0.0
    if not set(first_T.tolist()) | set(second_T.tolist()) <= {0.0, 1.0}:
        return float(np.corrcoef(first_T, second_T)[0, 1])
    n = len(first_T)
    both = float((first_T * second_T).sum())
    only_first, only_second = float(first_T.sum()) - both, float(second_T.sum()) - both
    neither = n - both - only_first - only_second
    product = both * neither - only_first * only_second
    corrected = max(product - n / 2, 0.0) if product > 0 else product
    return corrected / (n * n * float(first_T.std()) * float(second_T.std()))


def _joined(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(0.0, first**2 - 2 * phi * first * second + second**2))


def _score_interval(rate: float, n: float, confidence: float) -> Interval:
    """Return Wilson's interval of a rate seen in ``n`` trials; ``n`` need not be a whole number."""
    z = _z(confidence)
    centre = rate + z * z / (2 * n)
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (centre - spread) / scale, (centre + spread) / scale
    # Rounding must not push 0 of n above 0, or n of n below 1.
    return Interval(0.0 if rate == 0 else low, 1.0 if rate == 1 else high)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)
