"""Several profiles side by side: do they rank the layers alike, beyond a shared depth trend?

Layers are ranked by their scores. Within a profile that is also the order of C(k), and it exists even where
C(k) is undefined. Does not import torch.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.ranking import (
    STATISTICS,
    Overlap,
    Ranked,
    at_common_depths,
    can_detrend,
    correlate,
    overlap,
    spearman,
)
from onelayer.evals.contribution.record import Profile
from onelayer.evals.contribution.resampling import resample

RESAMPLES = 2_000

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two profiles, compared at the layers or relative depths that both have."""

    first: str
    second: str
    depths: int
    """how many layers or relative depths were compared"""
    raw: Mapping[str, Ranked]
    """name of the rank correlation -> its value"""
    detrended: Mapping[str, Ranked]
    """the same after removing a depth trend from each profile; empty with too few layers"""
    overlap: Overlap


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several profiles have in common."""

    profiles: Mapping[str, Profile]
    """label -> profile after ``measured``"""
    pairs: tuple[Pair, ...]
    degree: int
    """degree of the depth trend"""
    between_seeds: Mapping[str, float]
    """label -> mean Spearman's rho between two halves of the profile's seeds; NaN with one seed"""

    @property
    def values(self) -> dict[str, list[float | None]]:
        """C(k) by layer, None where it was not measured or is undefined: what a heat map shows."""
        found = {}
        for label, profile in self.profiles.items():
            rows = {row.layer: row.contribution for row in profile.contributions}
            found[label] = [rows.get(k) for k in range(profile.model.num_layers)]
        return found


def compare_profiles(
    profiles: Mapping[str, Profile],
    *,
    top: int | None = None,
    degree: int = 1,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare every pair of profiles.

    Args:
        profiles: two or more, by label.
        top: size of the sets of best layers whose overlap is counted; default: a fifth of the compared
            layers, at least two, as in the paper's 5 of 28.
        degree: degree of the polynomial in depth that is removed.
        seed: seed of the resampling.
        resamples: how many times tasks and runs are drawn.

    Raises:
        ValueError: fewer than two profiles, or two that share fewer than three layers.
    """
    if len(profiles) < 2:
        raise ValueError(f"a comparison needs at least two profiles, got {len(profiles)}")
    if degree < 1:
        raise ValueError(f"the degree of the depth trend must be at least 1, got {degree}")
    pairs = []
    for first, second in itertools.combinations(profiles, 2):
        try:
            pairs.append(_pair(profiles, first, second, top, degree, seed, resamples))
        except ValueError as error:
            raise ValueError(f"{first} and {second} cannot be compared: {error}") from error
    return Comparison(
        profiles={
            name: measured(profile, seed=seed, resamples=resamples)
            for name, profile in profiles.items()
        },
        pairs=tuple(pairs),
        degree=degree,
        between_seeds={name: between_seeds(profile) for name, profile in profiles.items()},
    )


def between_seeds(profile: Profile) -> float:
    """Return how well two halves of the seeds agree on the ranks of the layers, as a yardstick.

    It is the mean of Spearman's rho over all ways to halve the seeds; if their number is odd, one is left
    out of each. Runs are matched by their order in the file. NaN where a layer has a single run.
    """
    by_layer = [profile.of_layer(k) for k in profile.layers]
    runs = min(map(len, by_layer), default=0)
    if runs < 2 or len(by_layer) < 3:
        return math.nan
    mean_LS = np.array([[np.mean(run.scores) for run in own[:runs]] for own in by_layer])
    found = []
    for half in itertools.combinations(range(runs), runs // 2):
        rest = [s for s in range(runs) if s not in half]
        for other in itertools.combinations(rest, runs // 2):
            if half < other:
                one, two = mean_LS[:, half].mean(axis=1), mean_LS[:, other].mean(axis=1)
                found.append(float(spearman(one, two)))
    return float(np.mean(found))


def _pair(
    profiles: Mapping[str, Profile],
    first: str,
    second: str,
    top: int | None,
    degree: int,
    seed: int,
    resamples: int,
) -> Pair:
    one, other = profiles[first], profiles[second]
    depths = one.model.num_layers, other.model.num_layers
    value_L, other_L, depth_L = at_common_depths(_means(one), depths[0], _means(other), depths[1])
    drawn, other_drawn = _drawn_together(one, other, seed, resamples)
    drawn_RL, other_RL, _ = at_common_depths(drawn, depths[0], other_drawn, depths[1])

    def ranked(statistic: str, depth: Array | None) -> Ranked:
        return correlate(
            value_L,
            other_L,
            drawn_RL,
            other_RL,
            statistic=statistic,
            depth_L=depth,
            degree=degree,
            seed=seed,
        )

    left = STATISTICS if can_detrend(len(depth_L), degree) else ()
    return Pair(
        first=first,
        second=second,
        depths=len(depth_L),
        raw={name: ranked(name, None) for name in STATISTICS},
        detrended={name: ranked(name, depth_L) for name in left},
        overlap=overlap(value_L, other_L, drawn_RL, other_RL, top or max(2, len(depth_L) // 5)),
    )


def _means(profile: Profile) -> dict[int, Array]:
    return {
        k: np.asarray(np.mean([run.scores for run in profile.of_layer(k)])) for k in profile.layers
    }


def _drawn_together(
    one: Profile, other: Profile, seed: int, resamples: int
) -> tuple[dict[int, Array], dict[int, Array]]:
    """Return R resampled scores of every layer; the tasks are drawn together if both have the same."""
    arms = [
        {
            f"{number}, layer {k}": [run.scores for run in profile.of_layer(k)]
            for k in profile.layers
        }
        for number, profile in enumerate((one, other))
    ]
    if one.tasks == other.tasks and (one.env, one.env_args) == (other.env, other.env_args):
        drawn = resample(arms[0] | arms[1], seed=seed, resamples=resamples)
    else:
        drawn = resample(arms[0], seed=seed, resamples=resamples)
        drawn |= resample(arms[1], seed=seed + 1, resamples=resamples)
    return (
        {k: drawn[f"0, layer {k}"] for k in one.layers},
        {k: drawn[f"1, layer {k}"] for k in other.layers},
    )
