"""An answer that repeats the question is no answer: a policy learns to give it within a few updates."""

import pytest

from onelayer.envs.math import grade_response
from onelayer.envs.math.worked_out import only_worked_out, worked_out

NUMBERS = """18 | -5 | +7 | $18$ | 1,000 | 3.5 | \\(18\\) | \\boxed{18} | 18. | (18) | 18 apples
10 + 8 = 18 | 18 = 10 + 8 | x = 18 | $10 \\times 2 = 20$ | the sum is 18 | \u22125
\\text{18} | 18 (eighteen) | 50% | thirty-six"""
OPERATIONS = """10 + 8 | 8 - 6 | 8-6 | 2 * 1. | 6/2 | 2^3 | 2 \\times 3 | 2\\cdot3 | 2 \u00d7 3 | 2(3)
(2)(3) | 8 - -6 | \\frac{36}{2} | \\sqrt{324} | \u221a9 | 3! | \\boxed{10 + 8} | $10+8$
gcd(4, 6) | \\gcd(4, 6) | 6 \u00f7 2
x = 10 + 8 | 10 + 8 = 10 + 8 | 10 mod 3"""


def cases(text):
    return [case.strip() for line in text.splitlines() for case in line.split(" | ")]


@pytest.mark.parametrize("answer", cases(NUMBERS))
def test_a_number_is_worked_out(answer):
    assert worked_out(answer)


@pytest.mark.parametrize("answer", cases(OPERATIONS))
def test_an_operation_on_numbers_is_not(answer):
    assert not worked_out(answer)


def test_of_a_plain_number_an_expression_is_wrong_and_says_why():
    grade = only_worked_out(grade_response("The answer is 10 + 8.", "18"), "18")
    assert (grade.correct, grade.reason) == (False, "not worked out")
    assert only_worked_out(grade_response("10 + 8 = 18", "18"), "18").correct
    assert only_worked_out(grade_response("The answer is 18.", "18"), "18").correct


def test_where_the_answer_is_an_expression_one_may_be_given():
    assert only_worked_out(grade_response(r"\boxed{\frac{1}{2}}", "1/2"), "1/2").correct


@pytest.mark.parametrize("mark", ["boxed", "hash", "phrase", "number"])
@pytest.mark.parametrize("family", ["chain_sum", "basic_arithmetic", "products"])
def test_repeating_the_question_earns_nothing(family, mark):
    pytest.importorskip("reasoning_gym")
    from onelayer.envs.math.formats import FORMATS
    from onelayer.envs.plugins import make

    two_terms = {"min_terms": 2, "max_terms": 2, "min_digits": 2, "max_digits": 2}
    env = make("onelayer/Math-v0", families=family, family_config=two_terms, answer_format=mark)
    asked = 0
    for task in env.unwrapped.tasks[:40]:
        question, _ = env.reset(options={"task": task})
        said = [word.strip(".:") for word in question.replace("(", "").replace(")", "").split()]
        numbers = [word for word in said if word.lstrip("-").isdecimal()]
        operators = [word for word in said if word in {"+", "-", "*"}]
        if len(numbers) != 2 or len(operators) != 1 or "0" in numbers:
            continue
        asked += 1
        expression = f"{numbers[0]} {operators[0]} {numbers[1]}"
        for reply in (expression, FORMATS[mark].write(expression), f"${expression}$"):
            env.reset(options={"task": task})
            _, reward, _, _, info = env.step(reply)
            assert reward == 0, (question, reply, info["extracted"], info["reason"])
    assert asked > 5
