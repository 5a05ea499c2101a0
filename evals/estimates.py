"""Estimates with intervals, in numpy.

Episodes of one task resemble each other, so tasks are resampled, not episodes: all episodes of a task are
drawn together.

E.B. Wilson, 1927 (a proportion); R.G. Newcombe, Statistics in Medicine 17, 1998 (two paired
proportions, method 10); Q. McNemar, 1947 (the exact form); M. Chen et al., arXiv 2107.03374 (pass@k);
E.L. Korn and B.I. Graubard, 1998 (Wilson's interval with a design effect and t quantiles); T.C. Hesterberg,
The American Statistician 69, 2015 (the expanded percentile interval of few values).
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.evals.significance import CONFIDENCE, student_t

RESAMPLES = 10_000
_MOST_DRAWN = 4_000_000
"""indices in memory at once"""


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

    With one value for each task, it is Wilson's interval with n = tasks: exact for successes, too wide for
    shares between 0 and 1. With several, n is the number of independent trials that would vary as much as the
    tasks do, at least the tasks and at most the episodes. The variation is estimated with two imagined tasks
    added, one always solved and one never; without them a rate near 0 or 1 would seem more certain than it
    is. Unlike a bootstrap, the interval has a width even where all values are equal.

    Args:
        shares_N: a value in [0, 1] for each episode; at least one.
        tasks_N: the task of each episode; None where each is a task of its own.
        confidence: the interval's.
    """
    share_N = np.asarray(shares_N, dtype=float)
    _require_some(share_N)
    counts_T = _by_task(np.ones_like(share_N), tasks_N)
    rate = float(share_N.mean())
    trials = float(len(counts_T))
    if len(counts_T) < len(share_N):
        trials = _independent_trials(_by_task(share_N, tasks_N), counts_T, confidence)
    return Estimate(rate, *_score_interval(rate, trials, confidence))


def _independent_trials(
    sums_T: NDArray[np.float64], counts_T: NDArray[np.float64], confidence: float
) -> float:
    """Return how many independent trials would vary as much as tasks that were played repeatedly."""
    tasks, episodes = len(counts_T), float(counts_T.sum())
    if tasks == 1:
        return 1.0
    often = episodes / tasks
    sums_T, counts_T = np.append(sums_T, [0.0, often]), np.append(counts_T, [often, often])
    n = float(counts_T.sum())
    rate = float(sums_T.sum()) / n
    # How far each task's sum is from its expected one: the variance of a mean over unequal groups.
    residual_T = sums_T - rate * counts_T
    variance = float((residual_T**2).sum()) * len(counts_T) / (len(counts_T) - 1) / n**2
    design_effect = variance * n / (rate * (1 - rate))
    few = (_z(confidence) / student_t(0.5 + confidence / 2, tasks - 1)) ** 2
    return max(float(tasks), min(episodes, episodes / design_effect) * few)


def bootstrap_mean(
    values_N: ArrayLike,
    tasks_N: Sequence[Hashable] | None = None,
    *,
    weights_N: ArrayLike | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return a mean with its percentile interval over resampled tasks; equal seeds give equal bounds.

    With few tasks the percentiles are taken further out than ``confidence`` says (Hesterberg's expansion).
    Plain percentiles would be too narrow, by the ratio of normal to Student's t and by sqrt(1 - 1/tasks).

    Args:
        values_N: a value for each episode; at least one.
        tasks_N: the task of each episode; None where each is a task of its own.
        weights_N: how much each value counts (0 or more, not all 0), such as its number of steps.
        seed: of the resampling.
        resamples: how many times the tasks are drawn.
        confidence: the interval's.
    """
    value_N = np.asarray(values_N, dtype=float)
    weight_N = np.ones_like(value_N) if weights_N is None else np.asarray(weights_N, dtype=float)
    _require_some(value_N)
    total = weight_N.sum()
    if total == 0:
        return Estimate(math.nan, math.nan, math.nan)
    sums_T, weights_T = _by_task(value_N * weight_N, tasks_N), _by_task(weight_N, tasks_N)
    means_R = _resampled_means(sums_T, weights_T, seed, resamples)
    mean = float((value_N * weight_N).sum() / total)
    return Estimate(mean, *percentile_interval(means_R, _expanded(confidence, len(sums_T))))


def paired_difference(
    first_N: ArrayLike,
    second_N: ArrayLike,
    tasks_N: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the mean of ``first - second`` with its interval over resampled tasks.

    Entry i of both belongs to the same task, which both agents played.
    """
    difference_N = _paired(first_N, second_N)
    return bootstrap_mean(difference_N, tasks_N, seed=seed, confidence=confidence)


def paired_share_difference(
    first_T: ArrayLike, second_T: ArrayLike, confidence: float = CONFIDENCE
) -> Estimate:
    """Return the mean difference of two agents' shares on the same tasks with Newcombe's interval.

    Unlike that of a bootstrap, the interval does not shrink to a point where the agents agree on every task.

    Args:
        first_T: a value in [0, 1] for each task: 0 or 1, or the share of solved attempts.
        second_T: the same of the other agent.
        confidence: the interval's.
    """
    difference_T = _paired(first_T, second_T)
    first, second = np.asarray(first_T, dtype=float), np.asarray(second_T, dtype=float)
    one, other = _share_of_tasks(first, confidence), _share_of_tasks(second, confidence)
    phi = _correlation(first, second)
    below = _joined(one.value - one.low, other.high - other.value, phi)
    above = _joined(one.high - one.value, other.value - other.low, phi)
    difference = float(difference_T.mean())
    return Estimate(difference, max(-1.0, difference - below), min(1.0, difference + above))


def _share_of_tasks(share_T: NDArray[np.float64], confidence: float) -> Estimate:
    """Return the mean share with Wilson's interval; n is the trials that would vary as much as the shares."""
    rate, tasks, variance = float(share_T.mean()), len(share_T), float(share_T.var())
    trials = (
        float(tasks) if variance == 0 else max(tasks, (tasks - 1) * rate * (1 - rate) / variance)
    )
    return Estimate(rate, *_score_interval(rate, trials, confidence))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value that neither agent is better.

    Args:
        only_first: tasks that the first agent alone solved.
        only_second: tasks that the second agent alone solved.
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, i) for i in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**n))


def pass_at_k(n: int, successes: int, k: int) -> float:
    """Return the unbiased chance that at least one of ``k`` of ``n`` attempts succeeds.

    Raises:
        ValueError: not 1 <= k <= n, or ``successes`` is not in 0..n.
    """
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs at least {k} attempts at each task, got {n}")
    if not 0 <= successes <= n:
        raise ValueError(f"successes must be from 0 to n={n}, got {successes}")
    return 1.0 - math.comb(n - successes, k) / math.comb(n, k)


def _require_some(value_N: NDArray[np.float64]) -> None:
    if value_N.ndim != 1 or len(value_N) == 0:
        raise ValueError("there is nothing to average")


def _paired(first_N: ArrayLike, second_N: ArrayLike) -> NDArray[np.float64]:
    first, second = np.asarray(first_N, dtype=float), np.asarray(second_N, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"pairs have two members, got {len(first)} and {len(second)} values")
    _require_some(first)
    return np.asarray(first - second)


def _by_task(
    value_N: NDArray[np.float64], tasks_N: Sequence[Hashable] | None
) -> NDArray[np.float64]:
    """Sum the values of each task; tasks in the order of first appearance."""
    if tasks_N is None:
        return value_N
    index = {task: i for i, task in enumerate(dict.fromkeys(tasks_N))}
    index_N = [index[task] for task in tasks_N]
    return np.bincount(index_N, weights=value_N, minlength=len(index)).astype(np.float64)


def drawn_tasks(
    tasks: int, seed: int, resamples: int = RESAMPLES, draws: int | None = None
) -> Iterator[NDArray[np.int64]]:
    """Yield the tasks that each resample draws, with replacement, as indices ``[R, draws]``.

    They come in parts, so that memory is bounded; equal arguments draw the same.

    Args:
        tasks: how many there are.
        seed: of the draws.
        resamples: how many times tasks are drawn.
        draws: tasks of one resample; by default as many as there are.
    """
    rng, draws = np.random.default_rng(seed), draws or tasks
    at_once = max(1, _MOST_DRAWN // tasks)
    for start in range(0, resamples, at_once):
        yield rng.integers(tasks, size=(min(at_once, resamples - start), draws))


def _resampled_means(
    sums_T: NDArray[np.float64], weights_T: NDArray[np.float64], seed: int, resamples: int
) -> NDArray[np.float64]:
    means = []
    for drawn_RT in drawn_tasks(len(sums_T), seed, resamples):
        weight_R = weights_T[drawn_RT].sum(axis=1)
        means.append(sums_T[drawn_RT].sum(axis=1)[weight_R > 0] / weight_R[weight_R > 0])
    return np.concatenate(means)


def _expanded(confidence: float, tasks: int) -> float:
    """Return the confidence to take percentiles at, so that with few tasks they cover with ``confidence``."""
    if tasks < 2:
        return confidence
    reach = student_t(0.5 + confidence / 2, tasks - 1) * math.sqrt(tasks / (tasks - 1))
    return 2 * NormalDist().cdf(reach) - 1


def percentile_interval(values_R: NDArray[np.float64], confidence: float = CONFIDENCE) -> Interval:
    """Return the percentiles of resampled values between which ``confidence`` of them lie."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values_R, [tail, 100 - tail])
    return Interval(float(low), float(high))


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
    """Return Wilson's interval of a rate seen in ``n`` trials, which need not be whole."""
    z = _z(confidence)
    centre = rate + z * z / (2 * n)
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (centre - spread) / scale, (centre + spread) / scale
    # Rounding must not push 0 of n above 0, or n of n below 1.
    return Interval(0.0 if rate == 0 else low, 1.0 if rate == 1 else high)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)
