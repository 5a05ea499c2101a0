import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.evals.majority import groups, majority_shares


def attempts(*answers, gold="2", task="t"):
    """An episode for each answer; right where it is the gold."""
    return [
        Episode(task, (Step("o", "a", 0.0, anchor=None, answer=answer),), success=answer == gold)
        for answer in answers
    ]


def test_the_commonest_answer_decides():
    assert majority_shares(attempts("2", "3", "2"), 3) == {"t": 1.0}
    assert majority_shares(attempts("3", "3", "2"), 3) == {"t": 0.0}


def test_of_a_tie_the_answer_that_was_given_first_wins():
    assert majority_shares(attempts("2", "3"), 2) == {"t": 1.0}
    assert majority_shares(attempts("3", "2"), 2) == {"t": 0.0}


def test_an_attempt_without_an_answer_does_not_vote():
    assert majority_shares(attempts(None, None, "2"), 3) == {"t": 1.0}
    assert majority_shares(attempts(None, None), 2) == {"t": 0.0}


def test_all_choices_of_k_attempts_count_alike():
    # Of 2 2 3: (2 2) right, (2 3) a tie won by the 2 that came first, twice: 3 of 3.
    assert majority_shares(attempts("2", "2", "3"), 2) == {"t": 1.0}
    # Of 3 2 2: (3 2) and (3 2) go to the 3 that came first, (2 2) is right.
    assert majority_shares(attempts("3", "2", "2"), 2) == {"t": pytest.approx(1 / 3)}


def test_k_of_1_is_the_success_rate():
    assert majority_shares(attempts("2", "3", None, "2"), 1) == {"t": 0.5}


def test_many_attempts_are_drawn_the_same_way_each_time():
    many = attempts(*["2", "3", "4", "2"] * 8)
    once = majority_shares(many, 9)
    assert once == majority_shares(many, 9)
    assert 0.6 < once["t"] < 1.0  # a half of all votes is for 2, a quarter for each other


def test_tasks_are_apart_and_each_needs_k_attempts():
    found = majority_shares([*attempts("2", "2"), *attempts("5", "5", task="u")], 2)
    assert found == {"t": 1.0, "u": 0.0}
    with pytest.raises(ValueError, match="maj@3 needs at least 3"):
        majority_shares(attempts("2", "2"), 3)


def test_answers_that_the_grader_calls_equal_vote_together():
    pytest.importorskip("math_verify")
    assert groups(attempts("1/3", "0.5", "1/2", None, r"\frac{1}{2}")) == [0, 1, 1, None, 1]


def test_a_right_and_a_wrong_answer_never_vote_together():
    # As where lowest terms are asked for: 2/4 is wrong, 1/2 is right, and both are one number.
    assert groups(attempts("2/4", "1/2", gold="1/2")) == [0, 1]
