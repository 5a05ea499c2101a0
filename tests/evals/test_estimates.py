import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.evals.bootstrap import bootstrap_mean
from onelayer.evals.estimates import mean_share, paired_share_difference, pass_at_k, wilson


def close(*values):
    return pytest.approx(values, abs=5e-5)


def test_wilson_agrees_with_published_intervals():
    # Newcombe 1998, table I, method 3
    assert wilson(81, 263) == close(0.2553, 0.3662)
    assert wilson(15, 148) == close(0.0624, 0.1605)
    assert wilson(0, 20) == close(0.0, 0.1611)
    assert wilson(1, 29) == close(0.0061, 0.1718)


def test_wilson_keeps_to_the_ends_exactly():
    assert wilson(0, 7).low == 0.0
    assert wilson(7, 7).high == 1.0
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_mirrors_failures(pair):
    successes, n = pair
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3)])
def test_wilson_refuses_impossible_counts(successes, n):
    with pytest.raises(ValueError, match=f"from 0 to n=3, got {successes}"):
        wilson(successes, n)


def test_the_share_of_tasks_played_once_is_wilsons():
    outcomes = [1] * 81 + [0] * 182
    assert mean_share(outcomes)[1:] == pytest.approx(wilson(81, 263))
    assert mean_share(outcomes, list(range(263))) == mean_share(outcomes)


def test_repeating_each_outcome_adds_no_certainty():
    outcomes = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1]
    tasks = [f"task {i}" for i in range(10)]
    once = mean_share(outcomes, tasks)
    thrice = mean_share(np.repeat(outcomes, 3), np.repeat(tasks, 3).tolist())
    assert thrice == pytest.approx(once)


def test_attempts_that_do_not_resemble_each_other_add_certainty():
    outcomes, tasks = [1, 0] * 50, [i // 2 for i in range(100)]
    found, surest = mean_share(outcomes, tasks), wilson(50, 100)
    # Nearly 100 trials: what is missing is the price of estimating the variation from 50 tasks.
    assert surest.low - 0.005 < found.low < surest.low
    assert surest.high < found.high < surest.high + 0.005


@pytest.mark.parametrize("mean", [0.05, 0.95])
def test_few_tasks_with_many_attempts_hold_a_rate_near_the_edge(mean):
    """A fault of 0.1: 30 tasks of 16 attempts held the true rate 86 times in 100."""
    rng = np.random.default_rng(4)
    held = 0
    for chance_T in rng.beta(0.5 * mean, 0.5 * (1 - mean), size=(600, 30)):
        outcomes_TK = rng.random((30, 16)) < chance_T[:, None]
        found = mean_share(outcomes_TK.ravel(), np.repeat(np.arange(30), 16).tolist())
        held += found.low <= mean <= found.high
    assert held / 600 >= 0.94


def test_pass_at_k_near_its_ceiling_is_not_surer_than_its_tasks():
    shares = [1.0] * 29 + [0.98]
    found, whole = mean_share(shares), wilson(30, 30)
    assert found.low == pytest.approx(whole.low, abs=0.02)


def test_a_share_without_any_variation_still_has_a_width():
    assert mean_share([1, 1, 1, 1], ["a", "a", "b", "b"])[1:] == pytest.approx(wilson(2, 2))


def test_nineteen_of_twenty_intervals_hold_the_true_share_of_repeated_tasks():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(600):
        chance_T = rng.beta(0.6, 1.4, size=40)
        outcomes_TK = rng.random((40, 4)) < chance_T[:, None]
        found = mean_share(outcomes_TK.ravel(), np.repeat(np.arange(40), 4).tolist())
        held += found.low <= 0.3 <= found.high
    assert 0.92 <= held / 600 <= 0.98


@pytest.mark.parametrize("function", [mean_share, bootstrap_mean])
def test_nothing_has_no_mean(function):
    with pytest.raises(ValueError, match="nothing to average"):
        function([])


def outcomes(both, only_first, only_second, neither):
    first = [1] * both + [1] * only_first + [0] * only_second + [0] * neither
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


def test_the_paired_difference_agrees_with_published_intervals():
    # Newcombe 1998 (paired proportions), table II, method 10
    assert paired_share_difference(*outcomes(36, 12, 2, 0)) == close(0.2, 0.0569, 0.3404)
    assert paired_share_difference(*outcomes(20, 12, 2, 16)) == close(0.2, 0.0562, 0.3292)
    assert paired_share_difference(*outcomes(0, 0, 0, 54)) == close(0.0, -0.0664, 0.0664)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_the_difference_changes_sign_with_the_order(pairs):
    first, second = zip(*pairs, strict=True)
    value, low, high = paired_share_difference(first, second)
    assert -1 <= low <= value <= high <= 1
    assert paired_share_difference(second, first) == pytest.approx((-value, -high, -low))


def test_pairing_by_task_is_sharper_than_two_separate_rates():
    first, second = outcomes(100, 20, 0, 100)
    paired = paired_share_difference(first, second)
    rates = mean_share(first), mean_share(second)
    assert rates[0].low < rates[1].high  # the two intervals overlap
    assert paired.low > 0


def test_nineteen_of_twenty_intervals_hold_the_true_difference_of_attempts():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(600):
        chance_T = rng.beta(1, 1, size=30)
        first_T = rng.binomial(4, chance_T) / 4
        second_T = rng.binomial(4, 0.5 * chance_T) / 4
        found = paired_share_difference(first_T, second_T)
        held += found.low <= 0.25 <= found.high
    assert 0.92 <= held / 600 <= 0.98


def test_pass_at_k_is_the_share_of_draws_with_a_success():
    # 10 attempts, 3 successes, 5 drawn: 1 - C(7, 5) / C(10, 5) = 1 - 21/252
    assert pass_at_k(10, 3, 5) == pytest.approx(1 - 21 / 252)
    assert pass_at_k(4, 1, 1) == 0.25
    assert pass_at_k(4, 0, 4) == 0.0
    assert pass_at_k(4, 1, 4) == 1.0


def test_pass_at_k_is_unbiased():
    rng = np.random.default_rng(3)
    found = [pass_at_k(8, int(rng.binomial(8, 0.2)), 3) for _ in range(20_000)]
    assert np.mean(found) == pytest.approx(1 - 0.8**3, abs=0.006)


@pytest.mark.parametrize(("n", "k"), [(3, 4), (3, 0)])
def test_pass_at_k_needs_k_attempts(n, k):
    with pytest.raises(ValueError, match=f"pass@{k} needs at least {k} attempts"):
        pass_at_k(n, 1, k)
