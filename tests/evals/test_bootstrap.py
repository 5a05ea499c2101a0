import math

import numpy as np
import pytest

from onelayer.evals.bootstrap import bootstrap_mean, paired_difference


@pytest.mark.parametrize("tasks", [7, 12])
def test_nineteen_of_twenty_bootstrap_intervals_of_few_tasks_hold_the_mean(tasks):
    """A fault of 0.1: at 7 tasks it was 77 in 100."""
    rng = np.random.default_rng(5)
    held = 0
    for value_T in rng.normal(size=(500, tasks)):
        found = bootstrap_mean(value_T, resamples=1000)
        held += found.low <= 0 <= found.high
    assert 0.91 <= held / 500 <= 0.985


def test_the_bootstrap_is_seeded_and_holds_the_mean():
    values = np.random.default_rng(0).normal(3, 1, size=50)
    first, again, other = (bootstrap_mean(values, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first.value == pytest.approx(values.mean())
    # the normal approximation: mean -+ 1.96 standard errors
    spread = 1.96 * values.std() / math.sqrt(50)
    assert (first.low, first.high) == pytest.approx(
        (first.value - spread, first.value + spread), abs=0.06
    )


def test_the_bootstrap_draws_tasks_and_not_their_episodes():
    values = [0.0, 1.0] * 10
    tasks = [f"task {i // 2}" for i in range(20)]  # every task has the mean 0.5
    assert bootstrap_mean(values, tasks) == (0.5, 0.5, 0.5)


def test_the_bootstrap_weighs_episodes_by_their_steps():
    found = bootstrap_mean([1.0, 0.5], weights_N=[1, 9])
    assert found == pytest.approx((0.55, 0.5, 1.0))


def test_a_mean_of_weightless_episodes_is_not_a_number():
    assert all(math.isnan(number) for number in bootstrap_mean([0.0, 0.0], weights_N=[0, 0]))


def test_the_paired_difference_of_returns_is_the_mean_of_differences():
    found = paired_difference([3.0, 5.0, 1.0], [1.0, 3.0, -1.0])
    assert found == pytest.approx((2.0, 2.0, 2.0))
    with pytest.raises(ValueError, match="got 2 and 1 values"):
        paired_difference([1.0, 2.0], [1.0])
