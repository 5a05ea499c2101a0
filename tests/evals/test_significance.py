import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.evals.significance import (
    arm_difference,
    holm,
    mcnemar,
    minimal_difference,
    sign_flip_p_value,
    student_t,
    t_p_value,
)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.7062), (2, 4.3027), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799)],
)
def test_students_quantiles_are_those_of_the_printed_tables(degrees, quantile):
    assert student_t(0.975, degrees) == pytest.approx(quantile, abs=5e-5)
    assert student_t(0.025, degrees) == pytest.approx(-quantile, abs=5e-5)
    assert t_p_value(quantile, degrees) == pytest.approx(0.05, abs=1e-5)


def test_with_many_degrees_it_is_the_normal_quantile():
    assert student_t(0.975, 50_000) == pytest.approx(1.959964, abs=1e-5)


def test_holm_multiplies_the_smallest_most_and_never_goes_down():
    # 0.01 * 3, then 0.03 * 2, then 0.04 * 1, which may not be below 0.06.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_no_correction_and_bonferronis(p_values):
    for p, corrected in zip(p_values, holm(p_values), strict=True):
        assert p <= corrected <= min(1.0, p * len(p_values)) + 1e-12 or corrected == max(
            holm(p_values)
        )


@pytest.mark.parametrize(("only_first", "only_second"), [(5, 0), (6, 2), (3, 3), (9, 4)])
def test_of_single_attempts_the_sign_flip_test_is_mcnemars(only_first, only_second):
    difference = [1] * only_first + [-1] * only_second + [0] * 7
    assert sign_flip_p_value(difference) == pytest.approx(mcnemar(only_first, only_second))


def test_with_many_tasks_the_drawn_patterns_agree_with_the_exact_test():
    difference = [1] * 25 + [-1] * 10
    assert sign_flip_p_value(difference) == pytest.approx(mcnemar(25, 10), rel=0.15)


def test_agents_that_never_differ_have_p_1():
    assert sign_flip_p_value([0, 0, 0]) == 1.0


def test_the_minimal_difference_is_that_of_the_textbook():
    # (1.95996 + 0.84162) * sqrt(0.5 / 240) = 0.1279
    assert minimal_difference(math.sqrt(0.5), 240) == pytest.approx(0.12788, abs=1e-4)
    assert minimal_difference(1.0, 400) == pytest.approx(minimal_difference(1.0, 100) / 2)


def test_a_true_difference_of_the_minimal_size_is_found_four_times_in_five():
    rng = np.random.default_rng(0)
    tasks, rate = 200, 0.5
    gain = minimal_difference(math.sqrt(2 * 0.25), tasks)
    found = 0
    for _ in range(300):
        first = rng.random(tasks) < rate + gain / 2
        second = rng.random(tasks) < rate - gain / 2
        only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
        found += mcnemar(only_first, only_second) < 0.05
    assert 0.7 < found / 300 < 0.9


def test_arms_by_hand():
    # Differences by task: (1 + 0) / 2 - 0 = 0.5, (1 + 1) / 2 - 1 = 0; mean 0.25, variance 0.125, / 2 tasks.
    # Run means of the first arm 1.0 and 0.5: variance 0.125, / 2 runs; the second arm has one run.
    found = arm_difference([[1, 1], [0, 1]], [[0, 1]])
    assert found.value == pytest.approx(0.25)
    assert found.tasks_deviation == pytest.approx(math.sqrt(0.0625))
    assert found.runs_deviation == pytest.approx(math.sqrt(0.0625))
    # Satterthwaite: (0.0625 + 0.0625)^2 / (0.0625^2 + 0.0625^2) = 2 degrees, t = 4.3027.
    assert found.high - found.value == pytest.approx(4.3027 * math.sqrt(0.125), abs=1e-3)
    assert found.runs == (2, 1)


def test_arms_of_single_runs_have_no_variation_of_runs():
    assert math.isnan(arm_difference([[1, 0, 1]], [[0, 0, 1]]).runs_deviation)


def test_nineteen_of_twenty_intervals_of_arms_hold_the_true_difference():
    """Runs differ from each other, as seeds do; an interval over tasks alone would be too narrow."""
    rng = np.random.default_rng(3)
    held = narrow = 0
    for _ in range(400):
        ease_T = rng.beta(2, 2, size=100)
        arms = []
        for gain in (0.1, 0.0):
            luck_R = rng.normal(0, 0.08, size=4)
            chance_RT = np.clip(ease_T[None] * 0.8 + gain + luck_R[:, None], 0, 1)
            arms.append((rng.random((4, 100)) < chance_RT).astype(float))
        found = arm_difference(*arms)
        held += found.low <= 0.1 <= found.high
        narrow += abs(found.value - 0.1) <= 1.96 * found.tasks_deviation
    assert held / 400 >= 0.92
    assert narrow / 400 < 0.85


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([[1, 0]], [[1, 0, 1]], "different tasks: 2 and 3"), ([[1]], [[0]], "at least two tasks")],
)
def test_arms_that_cannot_be_compared_are_refused(first, second, message):
    with pytest.raises(ValueError, match=message):
        arm_difference(first, second)


def test_mcnemar_is_the_exact_binomial_test():
    # 2 * sum_{i<=6} C(22, i) / 2^22 = 2 * 110056 / 4194304
    assert mcnemar(6, 16) == mcnemar(16, 6) == pytest.approx(0.0524788)
    assert mcnemar(0, 0) == mcnemar(3, 3) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
