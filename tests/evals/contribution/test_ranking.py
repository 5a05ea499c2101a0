import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.evals.contribution.ranking import (
    at_common_depths,
    correlate,
    detrended,
    kendall,
    overlap,
    spearman,
)

PUBLISHED = json.loads(
    (Path(__file__).parents[3] / "docs/results/published/qwen3-1.7b.json").read_text()
)["contributions"]
DEPTH = np.linspace(0, 1, 28)


def correlation(first, second, **arguments):
    """Correlate without measurement noise."""
    return correlate(first, second, np.array([first]), np.array([second]), **arguments)


@settings(deadline=None)  # the first example imports scipy
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=12))
def test_rank_correlations_are_scipys(pairs):
    stats = pytest.importorskip("scipy.stats")
    first, second = zip(*pairs, strict=True)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert math.isnan(spearman(first, second)) and math.isnan(kendall(first, second))
    else:
        assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)
        assert kendall(first, second) == pytest.approx(stats.kendalltau(first, second).statistic)


def test_many_rankings_are_correlated_at_once():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 5, 9))
    assert spearman(first, second) == pytest.approx(
        [float(spearman(a, b)) for a, b in zip(first, second, strict=True)]
    )
    assert kendall(first, second).shape == (5,)


def test_a_trend_leaves_what_it_does_not_explain():
    bump = np.array([0.0, 1, -1, 1, -1, 0])
    straight = 2.0 - 3 * np.arange(6)
    left = detrended(straight + bump, np.arange(6))
    assert left == pytest.approx(detrended(bump, np.arange(6)))
    assert left.sum() == pytest.approx(0) and left @ np.arange(6) == pytest.approx(0)
    assert detrended(straight, np.arange(6)).tolist() == [0.0] * 6
    assert detrended(np.arange(6) ** 2.0, np.arange(6), degree=2).tolist() == [0.0] * 6


def test_a_trend_cannot_be_removed_from_few_layers():
    with pytest.raises(ValueError, match="degree 1 needs at least 5 layers, got 4"):
        detrended([1, 2, 3, 5], [0, 1, 2, 3])


def test_a_common_slope_alone_is_no_agreement():
    rng, depth = np.random.default_rng(0), np.linspace(0, 1, 12)
    raw, left, small = [], [], []
    for _ in range(200):
        # slopes of different steepness, and bumps that have nothing to do with each other
        first = -1.0 * depth + rng.normal(0, 0.12, 12)
        second = -0.5 * depth + rng.normal(0, 0.06, 12)
        raw.append(float(spearman(first, second)))
        found = correlation(first, second, depth_L=depth)
        left.append(found.value)
        small.append(found.p_value <= 0.05)
    assert np.mean(raw) > 0.75
    assert abs(np.mean(left)) < 0.06
    assert np.mean(small) < 0.1  # about 5 % of unrelated profiles are called related


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "degree"), [(6, 1), (6, 2), (12, 1)])
def test_unrelated_profiles_are_called_related_as_seldom_as_p_says(layers, degree):
    rng, depth, small = np.random.default_rng(0), np.linspace(0, 1, layers), []
    for _ in range(400):
        first = -1.0 * depth + rng.normal(0, 0.3, layers)
        second = -0.5 * depth + rng.normal(0, 0.2, layers)
        found = correlation(first, second, depth_L=depth, degree=degree)
        small.append(found.p_value <= 0.05)
    print(f"{layers} layers, degree {degree}: p <= 0.05 in {np.mean(small):.3f}")
    assert np.mean(small) <= 0.08


def test_shared_bumps_survive_the_removal_of_a_slope():
    rng = np.random.default_rng(1)
    bumps = rng.normal(0, 0.2, 28)
    first = -1.0 * DEPTH + bumps + rng.normal(0, 0.05, 28)
    second = 0.3 * DEPTH + bumps + rng.normal(0, 0.05, 28)
    found = correlation(first, second, depth_L=DEPTH)
    assert found.value > 0.7 and found.p_value < 0.001
    assert correlation(first, second).value < found.value


def test_the_published_profile_has_more_than_a_slope():
    # Layers 0-17 are all good and 18-27 all bad: Spearman with depth -0.6 or so.
    against_depth = float(spearman(PUBLISHED, -DEPTH))
    assert 0.5 < against_depth < 0.8
    assert abs(float(spearman(detrended(PUBLISHED, DEPTH), -DEPTH))) < 0.3


@pytest.mark.parametrize("statistic", ["spearman", "kendall"])
def test_the_p_value_counts_every_order(statistic):
    # Of the 24 orders of 4 layers only the identity agrees perfectly, and all agree at least as the
    # reversed one does.
    assert correlation([1, 2, 3, 4], [10, 20, 30, 40], statistic=statistic)[::3] == (1, 1 / 24)
    assert correlation([1, 2, 3, 4], [4, 3, 2, 1], statistic=statistic)[::3] == (-1, 1)


def test_the_interval_is_over_the_resamples():
    first_RL = np.array([[1, 2, 3]] * 10)
    second_RL = np.array([[1, 2, 3]] * 8 + [[3, 2, 1]] * 2)
    found = correlate([1, 2, 3], [1, 2, 3], first_RL, second_RL, confidence=0.5)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    found = correlate([1, 2, 3], [1, 2, 3], first_RL, second_RL, confidence=0.95)
    assert (found.low, found.high) == (-1, 1)


def test_a_profile_without_variation_has_no_rank_correlation():
    found = correlation([1, 1, 1], [1, 2, 3])
    assert all(math.isnan(number) for number in found)


def test_overlap_comes_with_its_chance_level_and_an_interval():
    # Best two of the first: 3, 2; of the second: 3, 0. Unrelated top twos of four share 2 * 2 / 4 = 1
    # on average, and at least one with probability 1 - 1/6.
    first, second = [0.1, 0.2, 0.8, 0.9], [0.8, 0.2, 0.1, 0.9]
    # In the resamples best are {3, 2} and {3, 0}, {3, 2} and {1, 0}, {0, 1} in a tie and {0, 1}.
    first_RL = [first, first, [0.5] * 4]
    second_RL = [second, [0.9, 0.8, 0.1, 0.2], [0.9, 0.8, 0.1, 0.2]]
    found = overlap(first, second, first_RL, second_RL, top=2, confidence=1.0)
    assert found[:5] == (2, 1, 0, 2, 1.0)
    assert found.p_value == pytest.approx(5 / 6)
    same = overlap(first, first, [first] * 3, [first] * 3, 2)
    assert (same.low, same.high, same.p_value) == (2, 2, pytest.approx(1 / 6))


@pytest.mark.parametrize("top", [0, 5])
def test_overlap_of_too_many_is_refused(top):
    with pytest.raises(ValueError, match=f"from 1 to the 4 layers compared, got {top}"):
        overlap([1, 2, 3, 4], [1, 2, 3, 4], [[1, 2, 3, 4]], [[1, 2, 3, 4]], top)


def test_models_of_different_depth_meet_at_relative_depths():
    # 3 layers lie at 0, 0.5, 1; 5 layers at 0, 0.25, 0.5, 0.75, 1.
    small = {k: np.array(float(k)) for k in range(3)}
    large = {k: np.array(10.0 * k) for k in range(5)}
    one, other, depth = at_common_depths(small, 3, large, 5)
    assert one.tolist() == [0, 1, 2] and other.tolist() == [0, 20, 40]
    assert depth.tolist() == [0, 0.5, 1]
    other, one, _ = at_common_depths(large, 5, small, 3)
    assert one.tolist() == [0, 1, 2] and other.tolist() == [0, 20, 40]


def test_depths_between_layers_are_interpolated_and_those_beyond_are_left_out():
    # 4 layers lie at 0, 1/3, 2/3, 1; of the other model 0.25 to 1 was measured.
    small = {k: np.array([float(k), 0.0]) for k in range(4)}
    large = {k: np.array([8.0 * k, 1.0]) for k in range(2, 9)}
    one, other, depth = at_common_depths(small, 4, large, 9)
    assert depth.tolist() == [1 / 3, 2 / 3, 1]
    assert other[0].tolist() == pytest.approx([64 / 3, 128 / 3, 64])
    assert one.tolist() == [[1, 2, 3], [0, 0, 0]]


def test_equal_models_are_compared_where_both_were_measured():
    first = {k: np.array(float(k)) for k in (0, 2, 4, 5)}
    second = {k: np.array(float(-k)) for k in (1, 2, 4, 5)}
    one, other, _ = at_common_depths(first, 6, second, 6)
    assert one.tolist() == [2, 4, 5] and other.tolist() == [-2, -4, -5]
    with pytest.raises(ValueError, match="at least 3 layers in common, and these profiles have 1"):
        at_common_depths({0: np.array(1.0)}, 6, {0: np.array(1.0)}, 6)
