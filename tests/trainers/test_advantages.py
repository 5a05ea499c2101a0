"""Credit assignment: numbers worked out by hand, and what must hold for any batch."""

import statistics
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_episodes import batches, episode

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers.advantages import (
    EPS,
    discounted_returns,
    dr_grpo,
    gigpo,
    grpo,
    penalise_invalid,
)
from onelayer.trainers.learning_signal import signal


def slow_gigpo(episodes, gamma, omega, divide_by_std):
    """GiGPO written down once more, one step at a time and with no arrays."""

    def compare(own, peers):
        if len(peers) == 1 or max(peers) - min(peers) < 1e-9:
            return 0.0
        scale = statistics.stdev(peers) + EPS if divide_by_std else 1.0
        return (own - statistics.fmean(peers)) / scale

    def future(one, first):
        return sum(gamma ** (t - first) * one.steps[t].reward for t in range(first, len(one.steps)))

    result = []
    for one in episodes:
        for t, step in enumerate(one.steps):
            if one.error:
                result.append(0.0)
                continue
            rivals = [other for other in episodes if other.task == one.task and not other.error]
            totals = [sum(s.reward for s in rival.steps) for rival in rivals]
            outcome = compare(sum(s.reward for s in one.steps), totals)
            returns = [
                future(rival, u)
                for rival in rivals
                for u, s in enumerate(rival.steps)
                if s.anchor == step.anchor
            ]
            result.append(outcome + omega * compare(future(one, t), returns))
    return result


def test_discounted_returns_by_hand():
    # 4 + 0.5 * 0 = 4;  2 + 0.5 * 4 = 4;  1 + 0.5 * 4 = 3
    assert discounted_returns([1.0, 2.0, 4.0, 0.0], 0.5) == [3.0, 4.0, 4.0, 0.0]
    assert discounted_returns([], 0.5) == []


def test_gigpo_by_hand():
    batch = [
        episode("t", ("s0", 0.0), ("s1", 1.0)),
        episode("t", ("s0", 0.0), ("s2", 0.0)),
        episode("t", ("s0", 0.0), ("s1", 0.0)),
    ]
    # A^E: totals 1, 0, 0, mean 1/3                -> 2/3, -1/3, -1/3
    # s0:  returns 0.5 * 1, 0, 0, mean 1/6         -> 1/3, -1/6, -1/6
    # s1:  returns 1 and 0, mean 1/2               -> 1/2, -1/2;   s2 is alone -> 0
    result = gigpo(batch, gamma=0.5, omega=1.0, divide_by_std=False)
    third, half, sixth = 1 / 3, 1 / 2, 1 / 6
    expected = [
        2 * third + third,
        2 * third + half,
        -third - sixth,
        -third,
        -third - sixth,
        -third - half,
    ]
    np.testing.assert_allclose(result, expected, atol=1e-12)
    assert result.dtype == np.float64


def test_dividing_by_the_sample_standard_deviation_by_hand():
    batch = [episode("t", ("s", total)) for total in (1.0, 2.0, 6.0)]
    # mean 3, squares 4 + 1 + 9 = 14, variance 14 / (3 - 1) = 7
    result = grpo(batch, divide_by_std=True)
    np.testing.assert_allclose(result, np.array([-2.0, -1.0, 3.0]) / (7**0.5 + 1e-6), rtol=1e-12)


def test_statistics_run_over_episodes_and_not_over_their_steps():
    long_loss = episode("t", *[("s", 0.0)] * 9)
    win = episode("t", ("w", 1.0))
    # Over episodes the mean is 1/2; over the ten steps it would be 1/10.
    result = grpo([long_loss, win], divide_by_std=False)
    assert result.tolist() == [-0.5] * 9 + [0.5]


def test_the_step_return_is_discounted_and_the_episode_total_is_not():
    win, loss = episode("t", ("a", 0.0), ("b", 0.0), ("c", 8.0)), episode("t", ("a", 0.0))
    # A^E: totals 8 and 0 -> +-4; a: returns 8 * 0.5 ** 2 = 2 and 0 -> +-1
    result = gigpo([win, loss], gamma=0.5, omega=10.0, divide_by_std=False)
    assert result.tolist() == [4 + 10 * 1, 4, 4, -4 - 10 * 1]


def test_two_steps_of_one_episode_in_one_state_are_peers():
    # A lone episode visits s twice: returns 0.5 and 1, mean 0.75.
    result = gigpo(
        [episode("t", ("s", 0.0), ("s", 1.0))], gamma=0.5, omega=1.0, divide_by_std=False
    )
    assert result.tolist() == [-0.25, 0.25]


def test_dr_grpo_never_divides():
    batch = [episode("t", ("s", 0.0)), episode("t", ("s", 4.0))]
    assert dr_grpo(batch, gamma=0.9, omega=1.0, divide_by_std=True).tolist() == [-2.0, 2.0]


@pytest.mark.parametrize("estimate", [grpo, dr_grpo, gigpo])
@pytest.mark.parametrize("divide_by_std", [True, False])
def test_an_episode_alone_in_its_task_and_its_states_gets_zero(estimate, divide_by_std):
    alone = episode("t", ("s0", 3.0), ("s1", -1.0))
    result = estimate([alone], gamma=0.9, omega=1.0, divide_by_std=divide_by_std)
    assert result.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("estimate", [grpo, dr_grpo, gigpo])
@pytest.mark.parametrize("divide_by_std", [True, False])
@pytest.mark.parametrize("reward", [0.1, -0.3, 1 / 3, 1e9])
def test_a_group_that_earned_the_same_gets_exactly_zero(estimate, divide_by_std, reward):
    # The mean of seven equal floats may differ from them in the last bit.
    batch = [episode("t", ("s", reward), ("s", 0.0)) for _ in range(7)]
    result = estimate(batch, gamma=0.0, omega=0.0, divide_by_std=divide_by_std)
    assert (result == 0).all()


def test_rounding_is_not_a_difference():
    # 0.1 + 0.2 is 0.30000000000000004.
    batch = [episode("t", ("a", 0.1), ("b", 0.2)), episode("t", ("c", 0.3))]
    assert (grpo(batch, divide_by_std=True) == 0).all()
    assert 0.1 + 0.2 != 0.3


def test_equal_anchors_of_two_tasks_are_no_peers():
    batch = [episode("t", ("s", 1.0)), episode("u", ("s", 0.0))]
    assert gigpo(batch, gamma=1.0, omega=1.0, divide_by_std=False).tolist() == [0.0, 0.0]


def test_other_anchors_of_one_task_are_no_peers():
    batch = [episode("t", ("s", 1.0)), episode("t", ("r", 0.0))]
    assert gigpo(batch, gamma=1.0, omega=1.0, divide_by_std=False).tolist() == [0.5, -0.5]


def test_an_episode_that_died_is_nobodys_peer():
    batch = [episode("t", ("s", 1.0)), episode("t", ("s", 3.0)), episode("u", ("s", 9.0))]
    died = episode("t", ("s", 100.0), ("s", 100.0), error="RuntimeError: engine lost")
    without = gigpo(batch, gamma=0.9, omega=1.0, divide_by_std=True)
    with_it = gigpo([batch[0], died, *batch[1:]], gamma=0.9, omega=1.0, divide_by_std=True)
    assert with_it[1:3].tolist() == [0.0, 0.0]
    assert np.delete(with_it, [1, 2]).tolist() == without.tolist()
    assert without.any()


@pytest.mark.parametrize("estimate", [grpo, dr_grpo, gigpo])
def test_no_episodes_give_no_advantages(estimate):
    assert estimate([], gamma=0.9, omega=1.0, divide_by_std=True).shape == (0,)
    empty = [episode("t"), episode("t")]
    assert estimate(empty, gamma=0.9, omega=1.0, divide_by_std=True).shape == (0,)


@settings(deadline=None)
@given(batches(), st.sampled_from([0.0, 0.5, 0.95, 1.0]), st.sampled_from([0.0, 0.3, 2.0]))
def test_gigpo_equals_the_definition_written_step_by_step(batch, gamma, omega):
    for divide_by_std in (True, False):
        result = gigpo(batch, gamma=gamma, omega=omega, divide_by_std=divide_by_std)
        expected = slow_gigpo(batch, gamma, omega, divide_by_std)
        np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(batches(), st.booleans())
def test_omega_zero_is_grpo(batch, divide_by_std):
    ours = gigpo(batch, gamma=0.7, omega=0.0, divide_by_std=divide_by_std)
    assert ours.tolist() == grpo(batch, divide_by_std=divide_by_std).tolist()


@settings(deadline=None)
@given(st.data(), batches(), st.booleans())
def test_the_order_of_the_episodes_does_not_matter(data, batch, divide_by_std):
    order = data.draw(st.permutations(range(len(batch))))
    credit = partial(gigpo, gamma=0.9, omega=0.5, divide_by_std=divide_by_std)
    lengths = [len(one.steps) for one in batch]
    parts = np.split(credit(batch), np.cumsum(lengths)[:-1]) if batch else []
    expected = np.concatenate([parts[i] for i in order]) if batch else []
    shuffled = credit([batch[i] for i in order])
    np.testing.assert_allclose(shuffled, expected, rtol=1e-9, atol=1e-9)


def in_unit(batch, unit):
    return [
        replace(one, steps=tuple(replace(s, reward=s.reward * unit) for s in one.steps))
        for one in batch
    ]


@settings(deadline=None)
@given(batches(), st.sampled_from([0.01, 3.0, 1000.0]))
def test_rewards_in_another_unit_scale_the_advantages(batch, unit):
    credit = partial(gigpo, gamma=0.9, omega=0.5, divide_by_std=False)
    expected = unit * credit(batch)
    np.testing.assert_allclose(credit(in_unit(batch, unit)), expected, rtol=1e-9, atol=1e-9 * unit)


@settings(deadline=None)
@given(batches(rewards=(-1.0, 0.0, 2.0, 10.0)), st.sampled_from([0.5, 3.0, 1000.0]))
def test_rewards_in_another_unit_leave_the_normalised_advantages(batch, unit):
    credit = partial(gigpo, gamma=1.0, omega=0.5, divide_by_std=True)
    # Whole rewards keep deviations far above EPS, which has no unit.
    np.testing.assert_allclose(credit(in_unit(batch, unit)), credit(batch), rtol=1e-4, atol=1e-4)


@settings(deadline=None)
@given(batches(), st.booleans())
def test_the_advantages_of_a_task_add_up_to_zero(batch, divide_by_std):
    result = grpo(batch, divide_by_std=divide_by_std)
    first = np.cumsum([0, *[len(one.steps) for one in batch]])
    for task in "abc":
        episodes = [
            (one, result[first[i]])
            for i, one in enumerate(batch)
            if one.task == task and one.steps and not one.error
        ]
        empty = any(not one.steps for one in batch if one.task == task and not one.error)
        if not empty:  # an episode without steps counts in the mean and has no row
            assert sum(value for _, value in episodes) == pytest.approx(0, abs=1e-6)


def test_penalties_alone_shout_only_when_divided_by_their_own_deviation():
    # Nobody wins; one episode made one mistake worth 0.01.
    batch = [episode("t", ("s", reward)) for reward in (0.0, 0.0, 0.0, -0.01)]
    stretched = grpo(batch, divide_by_std=True)
    assert stretched[3] == pytest.approx(-1.5, abs=1e-3)  # -0.0075 / 0.005
    assert grpo(batch, divide_by_std=False)[3] == pytest.approx(-0.0075)
    floored = grpo(batch, divide_by_std=True, std_floor=0.5)  # 1 / sqrt(4)
    assert floored[3] == pytest.approx(-0.015, abs=1e-6)  # -0.0075 / 0.5


@pytest.mark.parametrize("wins", [1, 2, 7])
def test_a_floor_of_r_over_root_n_leaves_groups_with_a_win_and_a_loss_alone(wins):
    batch = [episode("t", ("s", 10.0 if i < wins else 0.0)) for i in range(8)]
    floor = 10 / 8**0.5 * (1 - 1e-12)
    plain = gigpo(batch, gamma=0.9, omega=1.0, divide_by_std=True)
    floored = gigpo(batch, gamma=0.9, omega=1.0, divide_by_std=True, std_floor=floor)
    np.testing.assert_allclose(floored, plain, rtol=1e-9)


def test_an_invalid_action_costs_its_own_step_and_is_discounted_back():
    steps = (
        Step("o", "look", 0.0, "a"),
        Step("o", "fly", 0.0, "b", valid=False),
        Step("o", "open", 1.0, "b"),
    )
    original = Episode("t", steps, success=True)
    (penalised,) = penalise_invalid([original], 0.5)
    assert penalised.rewards == [0.0, -0.5, 1.0]
    # 1;  -0.5 + 0.5 * 1 = 0;  0 + 0.5 * 0 = 0
    assert discounted_returns(penalised.rewards, 0.5) == [0.0, 0.0, 1.0]
    assert original.rewards == [0.0, 0.0, 1.0]
    assert penalised.success and penalised.task == "t"
    assert [s.anchor for s in penalised.steps] == ["a", "b", "b"]


@pytest.mark.parametrize("penalty", [-0.1, float("nan"), float("inf")])
def test_a_penalty_that_is_no_cost_is_refused(penalty):
    with pytest.raises(ValueError, match="penalty of an invalid action must be at least 0"):
        penalise_invalid([], penalty)


def test_a_reward_that_is_not_finite_is_refused_by_name():
    batch = [episode("fine", ("s", 1.0)), episode("broken", ("s", float("nan")))]
    with pytest.raises(ValueError, match=r"rewards of 'broken' .* not finite"):
        grpo(batch, divide_by_std=False)


def test_a_discount_above_one_is_refused():
    with pytest.raises(ValueError, match=r"gamma must be between 0 and 1, got 1\.5"):
        gigpo([], gamma=1.5, omega=1.0, divide_by_std=False)


def test_the_signal_of_a_batch_by_hand():
    batch = [
        episode("t", ("s", 0.0), ("r", 1.0)),
        episode("t", ("s", 0.0)),
        episode("u", ("s", 1.0)),
        episode("u", ("s", 1.0)),
        episode("v", ("s", 5.0), error="died"),
    ]
    credit = gigpo(batch, gamma=1.0, omega=1.0, divide_by_std=False)
    # t: totals 1, 0 -> A^E +-1/2; u and v: none. Of 3 tasks 2 have no signal.
    # States: (t, s) twice with returns 1, 0 -> +-1/2; (t, r) alone; (u, s) twice, equal.
    assert signal(batch, credit, gamma=1.0, divide_by_std=False) == pytest.approx(
        {
            "groups_without_signal": 2 / 3,
            "lone_steps": 1 / 5,
            "step_group_size": 5 / 3,
            "episode_advantage": (0.5 + 0.5) / 5,
            "step_advantage": (0.5 + 0.5) / 6,
            "advantage": (1.0 + 0.5 + 1.0) / 6,
            "wins_below_losses": 0.0,
        }
    )


def test_a_batch_that_teaches_nothing_says_so():
    assert signal([], np.zeros(0), gamma=1.0, divide_by_std=True) == {
        "groups_without_signal": 1.0,
        "lone_steps": 0.0,
        "step_group_size": 0.0,
        "episode_advantage": 0.0,
        "step_advantage": 0.0,
        "advantage": 0.0,
        "wins_below_losses": 0.0,
    }


def test_advantages_of_another_batch_are_refused():
    with pytest.raises(ValueError, match="don't have 3 steps"):
        signal([episode("t", ("s", 0.0))], np.zeros(3), gamma=1.0, divide_by_std=True)
