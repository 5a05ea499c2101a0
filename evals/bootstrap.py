"""Bootstrap intervals of means, in numpy.

Episodes of one task resemble each other, so tasks are resampled, not episodes: all episodes of a task are
drawn together.

T.C. Hesterberg, The American Statistician 69, 2015 (the expanded percentile interval of few values).
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.evals.estimates import Estimate, Interval, by_task, differences, require_some
from onelayer.evals.significance import CONFIDENCE, student_t

RESAMPLES = 10_000
_MOST_DRAWN = 4_000_000
"""most indices in memory at once"""


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

    With few tasks the percentiles lie further out than ``confidence`` says (Hesterberg's expansion). Plain
    percentiles would be too narrow, by the ratio of the normal to the t quantile and by sqrt(1 - 1/tasks).

    Args:
        values_N: a value for each episode; at least one.
        tasks_N: the task of each episode; None where each is a task of its own.
        weights_N: the weight of each value (0 or more, not all 0), such as its number of steps.
        seed: seed of the resampling.
        resamples: how many times the tasks are drawn.
        confidence: confidence level of the interval.
    """
    value_N = np.asarray(values_N, dtype=float)
    weight_N = np.ones_like(value_N) if weights_N is None else np.asarray(weights_N, dtype=float)
    require_some(value_N)
    total = weight_N.sum()
    if total == 0:
        return Estimate(math.nan, math.nan, math.nan)
    sums_T, weights_T = by_task(value_N * weight_N, tasks_N), by_task(weight_N, tasks_N)
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
    difference_N = differences(first_N, second_N)
    return bootstrap_mean(difference_N, tasks_N, seed=seed, confidence=confidence)


def drawn_tasks(
    tasks: int, seed: int, resamples: int = RESAMPLES, draws: int | None = None
) -> Iterator[NDArray[np.int64]]:
    """Yield the tasks that each resample draws, with replacement, as indices ``[R, draws]``.

    The resamples come in several parts, which bounds the memory; equal arguments give equal draws.

    Args:
        tasks: number of tasks.
        seed: seed of the draws.
        resamples: how many times tasks are drawn.
        draws: tasks of one resample; by default as many as there are.
    """
    rng, draws = np.random.default_rng(seed), draws or tasks
    at_once = max(1, _MOST_DRAWN // tasks)
    for start in range(0, resamples, at_once):
        yield rng.integers(tasks, size=(min(at_once, resamples - start), draws))


def percentile_interval(values_R: NDArray[np.float64], confidence: float = CONFIDENCE) -> Interval:
    """Return the two percentiles between which the share ``confidence`` of the resampled values lies."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values_R, [tail, 100 - tail])
    return Interval(float(low), float(high))


def _resampled_means(
    sums_T: NDArray[np.float64], weights_T: NDArray[np.float64], seed: int, resamples: int
) -> NDArray[np.float64]:
    means = []
    for drawn_RT in drawn_tasks(len(sums_T), seed, resamples):
        weight_R = weights_T[drawn_RT].sum(axis=1)
        means.append(sums_T[drawn_RT].sum(axis=1)[weight_R > 0] / weight_R[weight_R > 0])
    return np.concatenate(means)


def _expanded(confidence: float, tasks: int) -> float:
    """Return the level of percentiles that, with few tasks, gives an interval the coverage ``confidence``."""
    if tasks < 2:
        return confidence
    reach = student_t(0.5 + confidence / 2, tasks - 1) * math.sqrt(tasks / (tasks - 1))
    return 2 * NormalDist().cdf(reach) - 1
