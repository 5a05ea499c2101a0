"""HGPO: numbers worked out by hand, a second way to the same numbers, and what must hold."""

import statistics
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_episodes import batches, episode

from onelayer.trainers.advantages import EPS, step_advantages
from onelayer.trainers.estimators import estimator
from onelayer.trainers.hgpo import hgpo


def slow_hgpo(episodes, gamma, divide_by_std, levels, alpha):
    """The equations once more, one step and one level at a time."""
    steps = [
        (one, t) for one in episodes if not one.error for t in range(len(one.steps))
    ]  # each step that may be a peer

    def context(one, t, k):
        return [one.task] + [one.steps[u].anchor for u in range(t - k, t + 1)]

    def future(one, t):
        return sum(gamma ** (u - t) * one.steps[u].reward for u in range(t, len(one.steps)))

    def advantage(one, t):
        weighted, weights = [], []
        for k in range(levels + 1):
            if t < k:
                continue
            own = context(one, t, k)
            group = [future(o, u) for o, u in steps if u >= k and context(o, u, k) == own]
            if len(group) < 2:
                continue
            equal = max(group) - min(group) < 1e-9
            scale = statistics.stdev(group) + EPS if divide_by_std and not equal else 1.0
            centred = 0.0 if equal else future(one, t) - statistics.fmean(group)
            weighted.append((k + 1) ** alpha * centred / scale)
            weights.append((k + 1) ** alpha)
        return sum(weighted) / sum(weights) if weights else 0.0

    return [
        0.0 if one.error else advantage(one, t) for one in episodes for t in range(len(one.steps))
    ]


def test_hgpo_by_hand():
    # Four episodes end in z, which three reach by b (one of them from another start) and one by c; γ = 1.
    batch = [
        episode("t", ("a", 0.0), ("b", 0.0), ("z", 8.0)),
        episode("t", ("a", 0.0), ("b", 0.0), ("z", 0.0)),
        episode("t", ("x", 0.0), ("b", 0.0), ("z", 4.0)),
        episode("t", ("a", 0.0), ("c", 0.0), ("z", 0.0)),
    ]
    result = hgpo(batch, gamma=1.0, divide_by_std=False, levels=2, alpha=1.0)
    # Returns of the episodes: 8, 0, 4, 0.
    # z  level 0: all four, mean 3           ->  5, -3,  1, -3     weight 1
    #    level 1: (b, z), mean 4             ->  4, -4,  0         weight 2; (c, z) is alone
    #    level 2: (a, b, z), mean 4          ->  4, -4             weight 3; (x, b, z) is alone
    z = [(5 + 2 * 4 + 3 * 4) / 6, (-3 - 2 * 4 - 3 * 4) / 6, (1 + 2 * 0) / 3, -3]
    # b  level 0: mean 4 -> 4, -4, 0; level 1: (a, b), mean 4 -> 4, -4; (x, b) is alone. No level 2.
    b = [(4 + 2 * 4) / 3, (-4 - 2 * 4) / 3, 0]
    # a  level 0: returns 8, 0, 0, mean 8/3. x and c are alone at every level.
    a = [8 - 8 / 3, -8 / 3, -8 / 3]
    expected = [a[0], b[0], z[0], a[1], b[1], z[1], 0, b[2], z[2], a[2], 0, z[3]]
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_levels_weigh_by_their_power():
    batch = [
        episode("t", ("a", 0.0), ("z", 6.0)),
        episode("t", ("a", 0.0), ("z", 0.0)),
        episode("t", ("z", 0.0)),
    ]
    # z: level 0, mean 2 -> 4; level 1: (a, z), mean 3 -> 3. Weights 1 and 2^α.
    for alpha, expected in [(0.0, 3.5), (1.0, (4 + 6) / 3), (2.0, (4 + 4 * 3) / 5)]:
        result = hgpo(batch, gamma=1.0, divide_by_std=False, levels=2, alpha=alpha)
        assert result[1] == pytest.approx(expected)


def test_each_level_divides_by_its_own_deviation():
    batch = [
        episode("t", ("a", 0.0), ("z", 6.0)),
        episode("t", ("a", 0.0), ("z", 0.0)),
        episode("t", ("z", 0.0)),
    ]
    # Level 0: 6, 0, 0, variance (16 + 4 + 4) / 2 = 12; level 1: 6, 0, variance (9 + 9) / 1 = 18.
    result = hgpo(batch, gamma=1.0, divide_by_std=True, levels=1, alpha=1.0)
    expected = (4 / (12**0.5 + EPS) + 2 * 3 / (18**0.5 + EPS)) / 3
    assert result[1] == pytest.approx(expected, rel=1e-12)


def test_the_past_is_that_of_the_episode_and_the_task():
    # (s, s) stands in the first episode only; the second begins in s, so it has no state before.
    batch = [episode("t", ("s", 0.0), ("s", 1.0)), episode("t", ("s", 0.0))]
    result = hgpo(batch, gamma=1.0, divide_by_std=False, levels=1)
    np.testing.assert_allclose(result, [1 / 3, 1 / 3, -2 / 3])
    other_task = [episode("t", ("s", 1.0)), episode("u", ("s", 0.0))]
    assert not hgpo(other_task, gamma=1.0, divide_by_std=False).any()


@settings(deadline=None)
@given(
    batches(), st.sampled_from([0.0, 0.5, 1.0]), st.booleans(), st.integers(0, 4), st.floats(0, 3)
)
def test_any_batch_agrees_with_the_slow_path(batch, gamma, divide_by_std, levels, alpha):
    fast = hgpo(batch, gamma=gamma, divide_by_std=divide_by_std, levels=levels, alpha=alpha)
    slow = slow_hgpo(batch, gamma, divide_by_std, levels, alpha)
    assert fast.dtype == np.float64
    np.testing.assert_allclose(fast, slow, atol=1e-7)


@settings(deadline=None)
@given(batches(), st.booleans())
def test_without_levels_it_is_the_step_term_of_gigpo(batch, divide_by_std):
    settings = {"gamma": 0.9, "divide_by_std": divide_by_std}
    np.testing.assert_allclose(
        hgpo(batch, levels=0, **settings), step_advantages(batch, **settings), atol=1e-12
    )


@settings(deadline=None)
@given(batches(), st.randoms())
def test_the_order_of_episodes_does_not_matter(batch, random):
    estimate = partial(hgpo, gamma=0.9, divide_by_std=False)
    order = list(range(len(batch)))
    random.shuffle(order)
    shuffled = estimate([batch[i] for i in order])
    ends = np.cumsum([len(batch[i].steps) for i in order])
    starts = dict(zip(order, ends - [len(batch[i].steps) for i in order], strict=True))
    expected = estimate(batch)
    place = 0
    for i, one in enumerate(batch):
        mine = shuffled[starts[i] : starts[i] + len(one.steps)]
        np.testing.assert_allclose(mine, expected[place : place + len(one.steps)], atol=1e-9)
        place += len(one.steps)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"levels": -1}, "levels must be from 0 to 100, got -1"),
        ({"alpha": float("nan")}, "alpha must be from 0 to 100, got nan"),
        ({"gamma": 1.5}, r"gamma must be between 0 and 1, got 1\.5"),
    ],
)
def test_senseless_numbers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        hgpo([], **{"gamma": 1.0, "divide_by_std": False, **arguments})


def test_it_is_found_by_name_with_its_own_arguments():
    assert estimator("hgpo") is hgpo
    batch = [episode("t", ("a", 0.0), ("z", 6.0)), episode("t", ("a", 0.0), ("z", 0.0))]
    four = estimator("hgpo", {"levels": 4, "alpha": 0.0})(
        batch, gamma=1.0, omega=1.0, divide_by_std=False
    )
    np.testing.assert_array_equal(
        four, hgpo(batch, gamma=1.0, divide_by_std=False, levels=4, alpha=0.0)
    )
