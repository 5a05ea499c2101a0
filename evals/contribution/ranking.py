"""Do two profiles rank the layers alike? Rank correlations, before and after removing a depth trend.

Two profiles that both fall with depth agree in every rank correlation, although neither says more
than "early layers learn". So a polynomial in relative depth is fitted to each profile separately, and
the residuals are compared, which gives a partial correlation given depth. (Subtracting the mean of the
two profiles would leave opposite slopes wherever one is steeper.)

Letters: L layers, R resamples, M permutations. Does not import torch.
"""

import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

PERMUTATIONS = 2_000
"""permutations that are drawn where there are too many to try all"""
_EXACT_UP_TO = 7
"""layers up to which all permutations are tried; 7! = 5,040"""
_FREE = 3
"""residual degrees of freedom that the trend must leave"""


class Ranked(NamedTuple):
    """A rank correlation with its resampling interval and its permutation p-value."""

    value: float
    """NaN where one side does not vary"""
    low: float
    high: float
    p_value: float
    """share of all permutations of the layers that agree at least as well"""


class Overlap(NamedTuple):
    """How many of the best layers of two profiles are the same."""

    top: int
    shared: int
    low: float
    """bounds of ``shared`` in the resamples"""
    high: float
    chance: float
    """expected number that unrelated rankings share"""
    p_value: float
    """probability that unrelated rankings share at least as many"""


def spearman(first_L: ArrayLike, second_L: ArrayLike) -> Array:
    """Return Spearman's rho over the last axis; equal values share a rank. NaN without variation."""
    # A value's rank is half the sum of the signs of its differences to all others, plus a constant.
    first, second = (_signs(x).sum(axis=-1) for x in (first_L, second_L))
    return _cosine(first, second)


def kendall(first_L: ArrayLike, second_L: ArrayLike) -> Array:
    """Return Kendall's tau-b over the last axis; NaN without variation."""
    first, second = (_signs(x) for x in (first_L, second_L))
    return _cosine(first.reshape(*first.shape[:-2], -1), second.reshape(*second.shape[:-2], -1))


STATISTICS = {"spearman": spearman, "kendall": kendall}


def detrended(values_L: ArrayLike, depth_L: ArrayLike, degree: int = 1) -> Array:
    """Return the residuals of a polynomial in depth, fitted by least squares over the last axis.

    Raises:
        ValueError: there are too few layers; see ``can_detrend``.
    """
    values, depth = np.asarray(values_L, float), np.asarray(depth_L, float)
    if not can_detrend(len(depth), degree):
        raise ValueError(
            f"a trend of degree {degree} needs at least {degree + 1 + _FREE} layers, got {len(depth)}"
        )
    basis, _ = np.linalg.qr(np.vander(depth, degree + 1))
    left = values - (values @ basis) @ basis.T
    size = np.abs(values).max(axis=-1, keepdims=True)
    return np.where(np.abs(left) > 1e-9 * size, left, 0.0)  # rounding errors must not become ranks


def can_detrend(layers: int, degree: int = 1) -> bool:
    """Return whether there are enough layers to fit the trend and rank the residuals."""
    return layers >= degree + 1 + _FREE


def correlate(
    first_L: ArrayLike,
    second_L: ArrayLike,
    first_RL: ArrayLike,
    second_RL: ArrayLike,
    *,
    statistic: str = "spearman",
    depth_L: ArrayLike | None = None,
    degree: int = 1,
    confidence: float = 0.95,
    seed: int = 0,
) -> Ranked:
    """Return a rank correlation with its percentile interval and its permutation p-value.

    The interval covers the effect of noise in the scores of these layers. Noise pulls a correlation
    towards 0, and resamples are noisier than the data, so the interval is biased towards low values.
    The p-value says how often unrelated rankings of this many layers agree as well.

    Args:
        first_L: scores or contributions of one profile.
        second_L: those of the other, at the same layers or relative depths.
        first_RL: the first, resampled.
        second_RL: the second, resampled; row r is drawn with row r of the first if the tasks are the same.
        statistic: a key of ``STATISTICS``.
        depth_L: relative depths over which a trend is removed; None removes none.
        degree: degree of the trend.
        confidence: confidence level of the interval.
        seed: seed of the permutations, where there are too many to try all.
    """
    measure = STATISTICS[statistic]
    first, second = np.asarray(first_L, float), np.asarray(second_L, float)
    draws = np.asarray(first_RL, float), np.asarray(second_RL, float)
    if depth_L is not None:
        first, second = detrended(first, depth_L, degree), detrended(second, depth_L, degree)
        draws = detrended(draws[0], depth_L, degree), detrended(draws[1], depth_L, degree)
    value, value_R = float(measure(first, second)), measure(*draws)
    value_R = value_R[~np.isnan(value_R)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(value_R, [tail, 1 - tail]) if len(value_R) else (math.nan, math.nan)
    shuffled_ML = second[_orders(len(second), seed)]
    if depth_L is not None:  # detrend the shuffled residuals again (D. Freedman and D. Lane, 1983)
        shuffled_ML = detrended(shuffled_ML, depth_L, degree)
    chance_M = measure(first[None], shuffled_ML)
    p_value = float((chance_M >= value - 1e-12).mean()) if not math.isnan(value) else math.nan
    return Ranked(value, float(low), float(high), p_value)


def overlap(
    first_L: ArrayLike,
    second_L: ArrayLike,
    first_RL: ArrayLike,
    second_RL: ArrayLike,
    top: int,
    *,
    confidence: float = 0.95,
) -> Overlap:
    """Return how many of the ``top`` best layers are the same; in a tie the first layer counts.

    The arguments are those of ``correlate``, and its interval is a percentile interval, too.

    Raises:
        ValueError: ``top`` is not from 1 to the number of layers.
    """
    layers = np.asarray(first_L).shape[-1]
    if not 1 <= top <= layers:
        raise ValueError(f"top must be from 1 to the {layers} layers compared, got {top}")
    shared = int(_shared(first_L, second_L, top))
    tail = (1 - confidence) / 2
    shared_R = _shared(first_RL, second_RL, top)
    low, high = np.quantile(shared_R, [tail, 1 - tail], method="nearest")
    ways = [math.comb(top, i) * math.comb(layers - top, top - i) for i in range(shared, top + 1)]
    p_value = sum(ways) / math.comb(layers, top)
    return Overlap(top, shared, float(low), float(high), top * top / layers, p_value)


def relative_depth(layer: int, num_layers: int) -> float:
    """Return 0 for the first layer and 1 for the last."""
    return layer / max(1, num_layers - 1)


def at_common_depths(
    first: Mapping[int, Array], first_depth: int, second: Mapping[int, Array], second_depth: int
) -> tuple[Array, Array, Array]:
    """Return both profiles at the same relative depths, and the depths: [..., L], [..., L], [L].

    Models with equally many layers are compared at the layers that both profiles have. Otherwise the
    profile with more layers is interpolated at the depths of the other, where it has layers on both sides.

    Args:
        first: layer -> its value, or its R resampled values.
        first_depth: number of layers of the first model.
        second: the same of the other profile.
        second_depth: number of layers of the second model.

    Raises:
        ValueError: they share fewer than three depths.
    """
    if first_depth == second_depth:
        layers = sorted(first.keys() & second.keys())
        depth_L = np.array([relative_depth(k, first_depth) for k in layers])
        one, other = ([values[k] for k in layers] for values in (first, second))
    elif len(first) > len(second):
        other, one, depth_L = _interpolated(second, second_depth, first, first_depth)
    else:
        one, other, depth_L = _interpolated(first, first_depth, second, second_depth)
    if len(depth_L) < 3:
        raise ValueError(
            f"rankings need at least 3 layers in common, and these profiles have {len(depth_L)}"
        )
    return np.stack(one, axis=-1), np.stack(other, axis=-1), depth_L


def _shared(first_L: ArrayLike, second_L: ArrayLike, top: int) -> NDArray[np.int64]:
    """Return how many of the ``top`` highest values of the last axis lie at the same places."""
    among = [
        np.argsort(np.argsort(-np.asarray(x, float), axis=-1, kind="stable"), axis=-1) < top
        for x in (first_L, second_L)
    ]
    return np.asarray((among[0] & among[1]).sum(axis=-1))


def _interpolated(
    coarse: Mapping[int, Array], coarse_depth: int, fine: Mapping[int, Array], fine_depth: int
) -> tuple[list[Array], list[Array], Array]:
    known = sorted(fine)
    places = [relative_depth(k, fine_depth) for k in known]
    ours, theirs, depths = [], [], []
    for layer in sorted(coarse):
        depth = relative_depth(layer, coarse_depth)
        if not places or not places[0] <= depth <= places[-1]:
            continue
        right = max(1, int(np.searchsorted(places, depth))) if len(places) > 1 else 0
        left = max(0, right - 1)
        gap = places[right] - places[left]
        share = (depth - places[left]) / gap if gap else 0.0
        theirs.append((1 - share) * fine[known[left]] + share * fine[known[right]])
        ours.append(coarse[layer])
        depths.append(depth)
    return ours, theirs, np.array(depths)


def _signs(values_L: ArrayLike) -> Array:
    """Return the sign of every difference: [..., L, L]."""
    values = np.asarray(values_L, float)
    return np.asarray(np.sign(values[..., :, None] - values[..., None, :]), dtype=np.float64)


def _cosine(first: Array, second: Array) -> Array:
    size = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine: Array = np.asarray((first * second).sum(axis=-1) / size)  # 0 / 0 is NaN
    return cosine


def _orders(layers: int, seed: int) -> NDArray[np.int64]:
    """Return all permutations of the layers, or ``PERMUTATIONS`` of them: [M, L]."""
    if layers <= _EXACT_UP_TO:
        return np.array(list(itertools.permutations(range(layers))), dtype=np.int64)
    rng = np.random.default_rng(seed)
    drawn = np.array([rng.permutation(layers) for _ in range(PERMUTATIONS - 1)])
    return np.concatenate([np.arange(layers)[None], drawn]).astype(np.int64)
