"""What is equal by construction is correct, what differs by construction is not."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("math_verify")

from onelayer.envs.math import grade_answer
from onelayer.envs.math.grading import grader
from onelayer.envs.math.grading.answers import Scalar
from onelayer.envs.math.grading.expressions import parse_expression
from onelayer.envs.math.grading.symbolic import SympyAlgebra
from onelayer.envs.math.grading.tree import Node

integers = st.integers(-(10**12), 10**12)
small = st.integers(-30, 30)
fractions = st.fractions(max_denominator=999).filter(lambda x: abs(x) < 10**6)


def writings(value: Fraction) -> list[str]:
    """Ways to write a fraction that all mean it."""
    upper, lower = value.numerator, value.denominator
    ways = [
        f"{upper}/{lower}",
        rf"\frac{{{upper}}}{{{lower}}}",
        rf"$\dfrac{{{3 * upper}}}{{{3 * lower}}}$",
    ]
    ways += [
        rf"\boxed{{\frac{{{-upper}}}{{{-lower}}}}}",
        f"({upper})/({lower})",
        f"{upper} ÷ {lower}",
    ]
    if lower == 1:
        ways += [
            str(upper),
            f"{upper}.0",
            f"{upper:,}",
            f"{upper:,}".replace(",", "{,}"),
            f"+{upper}".replace("+-", "-"),
        ]
    if lower in (2, 4, 5, 8, 10, 20, 25):
        ways.append(f"{float(value):.6f}")
    return ways


@given(fractions, st.data())
def test_two_writings_of_one_fraction_are_equal(value, data):
    ways = st.sampled_from(writings(value))
    assert grade_answer(data.draw(ways), data.draw(ways)).correct


@given(fractions, fractions, st.data())
def test_writings_of_two_fractions_are_not_equal(one, other, data):
    assume(one != other)
    gold, answer = (
        data.draw(st.sampled_from(writings(one))),
        data.draw(st.sampled_from(writings(other))),
    )
    assert not grade_answer(answer, gold).correct


@given(integers, st.integers(1, 9), st.integers(0, 11))
def test_a_number_that_differs_in_one_digit_is_not_equal(value, change, position):
    assert not grade_answer(str(value + change * 10**position), str(value)).correct


@given(st.lists(integers, min_size=2, max_size=6, unique=True), st.randoms())
def test_a_list_in_another_order_is_equal_and_one_with_a_changed_item_is_not(items, random):
    gold = ", ".join(map(str, items))
    shuffled = random.sample(items, len(items))
    assert grade_answer(", ".join(map(str, shuffled)), gold).correct
    assert grade_answer(r"\{" + ", ".join(map(str, shuffled)) + r"\}", gold).correct
    changed = [max(items) + 1, *shuffled[1:]]
    assert not grade_answer(", ".join(map(str, changed)), gold).correct
    assert not grade_answer(", ".join(map(str, shuffled[1:])), gold).correct


@given(st.lists(integers, min_size=2, max_size=5, unique=True), st.randoms())
def test_a_tuple_in_another_order_is_not_equal(items, random):
    shuffled = random.sample(items, len(items))
    gold, answer = (f"({', '.join(map(str, x))})" for x in (items, shuffled))
    assert grade_answer(answer, gold).correct == (items == shuffled)


@given(
    small,
    small,
    st.sampled_from("[("),
    st.sampled_from(")]"),
    st.sampled_from("[("),
    st.sampled_from(")]"),
)
def test_intervals_are_equal_exactly_with_equal_brackets(
    low, high, left, right, other_left, other_right
):
    grade = grade_answer(f"{other_left}{low}, {high}{other_right}", f"{left}{low},{high}{right}")
    assert grade.correct == ((left, right) == (other_left, other_right))


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_two_texts_get_a_grade(response, gold):
    grade = grade_answer(response, gold)
    assert isinstance(grade.correct, bool)
    assert not grade.reason.startswith("not comparable")


polynomials = st.lists(small, min_size=1, max_size=4)


def expanded(coefficients: list[int]) -> str:
    return " + ".join(f"({c}) x^{{{i}}}" for i, c in enumerate(coefficients))


def nested(coefficients: list[int]) -> str:
    """The same polynomial by Horner's rule."""
    text = str(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        text = rf"{c} + x \cdot \left({text}\right)"
    return text


ALGEBRA = SympyAlgebra()


def algebra_says(gold: str, answer: str) -> bool:
    """The slow path in this process, without the worker."""
    clean = [grader.clean(text) for text in (gold, answer)]
    return ALGEBRA.equal(*(Scalar(text, parse_expression(text)) for text in clean))


@settings(deadline=None, max_examples=40)
@given(polynomials)
def test_two_forms_of_one_polynomial_are_equal(coefficients):
    assert algebra_says(expanded(coefficients), nested(coefficients))


@settings(deadline=None, max_examples=40)
@given(polynomials, st.integers(0, 3), st.integers(1, 5))
def test_polynomials_that_differ_in_one_coefficient_are_not_equal(coefficients, at, change):
    other = [*coefficients]
    other[at % len(other)] += change
    assert not algebra_says(expanded(coefficients), nested(other))


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 50), st.integers(2, 12), st.integers(-9, 9))
def test_roots_are_equal_to_their_reduced_form_and_not_to_another(radicand, factor, offset):
    whole, reduced = (
        rf"{offset} + \sqrt{{{radicand * factor**2}}}",
        rf"{factor}\sqrt{{{radicand}}} + {offset}",
    )
    assert algebra_says(whole, reduced)
    assert not algebra_says(whole, reduced + r" + 10^{-30}")


@settings(deadline=None, max_examples=60)
@given(fractions, fractions, st.booleans(), st.data())
def test_the_fast_path_and_computer_algebra_give_the_same_verdict_on_numbers(
    one, other, equal, data
):
    other = one if equal else other
    gold, answer = (data.draw(st.sampled_from(writings(x)[:2])) for x in (one, other))
    assert grade_answer(answer, gold).correct == algebra_says(gold, answer) == (one == other)


def test_the_slow_path_reads_a_number_as_the_fast_one_does():
    trees = [Node("number", value=Fraction(x)) for x in ("0.1", "1/10")]
    assert ALGEBRA.equal(Scalar("0.1", trees[0]), Scalar("1/10", trees[1]))
