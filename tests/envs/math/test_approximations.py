"""What ``x ≈ y`` answers: x, or y where that is the reference's number; each as if it stood alone.

A language model that was trained on sums found that "37 * 97 ≈ 1802" was paid for: the part before the sign
was compared with the reference, and the part after it was what had to be worked out.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("math_verify")

from onelayer.envs.math import Conventions, grade_answer, grade_response

WORKED_OUT = Conventions(worked_out=True)
REPEATED = r"""{E} ≈ {W} | {E} \approx {W} | {W} ≈ {E} | ≈ {E} | x ≈ {E} | x = {E} ≈ {W} | x ≈ {E} ≈ {W}
{E} ≈ {W} ≈ {E} | {E} \simeq {W} | {E} \doteq {W} | {E} \sim {W} | {E} \cong {W} | {E} \equiv {W}
{E} = {W} | {W} = {E} | x = {W} = {E} | x = {E} = {W} | {W} = x = {E} | {E} = x | x = y = {E} | {E} → {W}
{W} ≈ x = {E} | {E} \in {W} | x \in \{{E}\} | {E} \leq x \leq {E} | {E} ± 0 | {E} or {W} | {E} : 1
{E} \approx {W}.0 | {E} \approx -5.4 | {E} \approx -6 | {E} ≈ 0 | {E} ≈ -10 | {E} ≈ \pi | \sqrt{2} ≈ {E}
{E} ≈ {W}\% | {E} ≈ ({W}) | {E} ≈ {W} km | {W} km = {E} km | {E} km ≈ {W} km | {W}% = ({E})%
{E} is about {W} | {E} is approximately {W} | {E} ~ {W} | {E} ≃ {W} | {E} ≅ {W} | {E} => {W} | {E} ≠ {W}"""


def shapes(text):
    return [shape.strip() for line in text.splitlines() for shape in line.split(" | ")]


@pytest.mark.parametrize("shape", shapes(REPEATED))
def test_a_wrong_number_beside_the_question_earns_nothing(shape):
    reply = shape.replace("{E}", "5 - 10").replace("{W}", "13")
    for prompt in ("Calculate 5 - 10.", ""):
        assert not grade_response(reply, "-5", prompt=prompt, conventions=WORKED_OUT).correct
        assert not grade_answer(reply, "-5", prompt=prompt, conventions=WORKED_OUT).correct


@pytest.mark.parametrize(
    ("answer", "gold", "prompt"),
    [
        ("37*97 ≈ 3590", "3589", "Calculate 37 * 97."),
        ("37*97 ≈ 3600", "3589", "Calculate 37 * 97."),
        ("6/8 ≈ 0.8", "3/4", "Simplify 6/8."),
        ("7 cm = 37*97 cm", "3589 cm", ""),
        ("7% = (20+30)%", "50%", ""),
        ("P = (9,9) = (2+3, 4*5)", "(5,20)", ""),
        ("1+2 ≈ 9, 2+2 ≈ 9", "3, 4", ""),
        (r"\{1+2 ≈ 9, 2+2 ≈ 8\}", r"\{3, 4\}", ""),
        (r"\sqrt{50} ≈ 7.07", r"5\sqrt{2}", ""),
        (r"\sqrt{50} ≈ 1.2345678", r"5\sqrt{2}", ""),
        ("5 - 10 ≈ 12345.6", "-5", ""),
        ("13 ≈ -5", "-5", ""),
        ("13 = -5 ≈ 13", "-5", ""),
        ("13 = 5 - 10 ≈ 13", "-5", ""),
        ("1/3 ≈ 0.34", "0.33", ""),
    ],
)
def test_a_task_or_a_contradiction_is_no_answer(answer, gold, prompt):
    assert not grade_answer(answer, gold, prompt=prompt, conventions=WORKED_OUT).correct


@pytest.mark.parametrize(
    ("answer", "gold", "prompt"),
    [
        ("5 - 10 ≈ -5", "-5", "Calculate 5 - 10."),
        ("x = 5 - 10 ≈ -5.0", "-5", "Calculate 5 - 10."),
        ("-5 ≈ -5", "-5", "Calculate 5 - 10."),
        ("37*97 ≈ 3589", "3589", "Calculate 37 * 97."),
        ("3589 = 37*97 ≈ 3600", "3589", "Calculate 37 * 97."),
        ("10/3 ≈ 3.33", "3.33", "Calculate 10/3 to two decimals."),
        ("10/3 ≈ 3.33", "10/3", ""),
        ("1/3 ≈ 0.34", "1/3", ""),  # the exact value decides
        ("2/3 ≈ 0.66", "2/3", ""),
        ("x = 2/6 ≈ 0.33333", "1/3", ""),
        (r"d = \sqrt{50} = 5\sqrt{2} \approx 7.07", r"5\sqrt{2}", ""),
        (r"100\pi ≈ 300", r"100\pi", ""),
        ("5 km = 3.1 miles", "3.1 miles", ""),
    ],
)
def test_an_answer_and_its_approximation_is_one(answer, gold, prompt):
    assert grade_answer(answer, gold, prompt=prompt, conventions=WORKED_OUT).correct


SIGNS = r"≈ \approx = ≡ → ⇒ ≠ < , ; : ( [ | ± + - * / ^ \cdot \in \pm or and about is equals not mod ~ => =="
WRONG = r"0 1 13 -7 1802 12345.678 1/2 x 3\,km 50\% \pi \sqrt{2}"
BESIDE = st.tuples(st.sampled_from(SIGNS.split()), st.sampled_from(WRONG.split()))


@settings(deadline=None, max_examples=300)
@given(st.lists(BESIDE, max_size=2), st.lists(BESIDE, max_size=2))
def test_no_wrong_numbers_around_the_question_are_paid(before, after):
    words = [word for sign, number in before for word in (number, sign)]
    words += ["37 * 97", *(word for pair in after for word in pair)]
    grade = grade_response(
        " ".join(words), "3589", prompt="Calculate 37 * 97.", conventions=WORKED_OUT
    )
    assert not grade.correct
