"""An answer that repeats the question is no answer: a policy learns to give it within a few updates."""

# ruff: noqa: RUF001  (signs that look alike are the point)

import time

import pytest

pytest.importorskip("math_verify")

from onelayer.envs.math import Conventions, grade_answer, grade_response
from onelayer.envs.math.grading.kinds import read
from onelayer.envs.math.grading.notation import clean
from onelayer.envs.math.grading.worked_out import is_worked_out

WORKED_OUT = Conventions(worked_out=True)
FIVE = read("5")
NUMBERS = r"""18 | -5 | +7 | $18$ | 1,000 | 3.5 | \(18\) | \boxed{18} | 18. | (18) | 18 apples
10 + 8 = 18 | 18 = 10 + 8 | x = 18 | $10 \times 2 = 20$ | −5 | x = 2 + 3 = 5
\text{18} | 18 (eighteen) | 50% | thirty-six | 3/4 | \frac{6}{8} | 2\frac12 | 2 1/2 | 0.\overline{3}
2\sqrt3 | \frac{\sqrt3}{2} | \frac{1}{\sqrt2} | \frac{\pi}{2} | \frac23\pi | 1+\sqrt2 | \frac{1+\sqrt5}{2}
10^5 | 1.5\times10^3 | 1.2e3 | 2^{10} | -2^{10} | 3+4i | e^2 | 2\pi+3 | \sqrt[3]{2} | 5 dozen | 2 million
5\text{ cm} | \$18 | 90^\circ | (1,2) | (3, \frac{\pi}{2}) | [1, 5) | 101_2"""
TASKS = r"""10 + 8 | 8 - 6 | 8-6 | 2 * 1. | 6/2 | 2 \times 3 | 2\cdot3 | 2 × 3 | 2(3) | (2)(3) | 8 - -6 | 3!
\frac{36}{2} | \sqrt{324} | √9 | \boxed{10 + 8} | $10+8$ | gcd(4, 6) | \gcd(4, 6) | 6 ÷ 2 | x = 10 + 8
10 + 8 = 10 + 8 | 205 \,\times\, 838 | 205 ⋅ 838 | 205 ＊ 838 | 205 \ast 838 | 205∗838 | x_1=205 * 838
1 \,+\, 5 | 1~+~5 | S_2 = 1 + 5 | \gcd\{777, 912\} | \gcd\,(777, 912) | \binom{31}{28} | \dbinom{31}{28}
441+2(21)(19)+361=x | 441+2(21)(19)+361 | \sqrt{242} | \frac12+\frac13 | \frac{1/2}{3} | 17 \bmod 5
\lfloor 3.7\rfloor | \sum_{k=1}^{10} k | \int_0^1 x dx | \lim_{x\to0} \frac{\sin x}{x} | \sin 30^\circ
4^{1/2} | 8^{\frac23} | \log_2 8 | 2^3\cdot 5 | 1+0 | 7*1 | --5+0 | {205*838} | 205*838+0 | |(1-i)^8|"""


def cases(text):
    return [case.strip() for line in text.splitlines() for case in line.split(" | ")]


@pytest.mark.parametrize("answer", cases(NUMBERS))
def test_a_number_is_worked_out(answer):
    assert is_worked_out(read(clean(answer)), FIVE, strictly=True)


@pytest.mark.parametrize("answer", cases(TASKS))
def test_an_operation_on_numbers_is_not(answer):
    assert not is_worked_out(read(clean(answer)), FIVE, strictly=True)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("10+8", "8+10"),
        (r"2^{10}\cdot 3^5", "2^{10}3^5"),
        (r"\binom{10}{3}", r"\binom{10}{7}"),
        (r"\sqrt{8}", r"\sqrt{4\cdot2}"),
        (r"\frac{\ln 3}{\ln 2}", r"\log_2 3"),
        ("x^2+2x+1", "(x+1)^2"),
        ("y=2x+1", "2y=4x+2"),
    ],
)
def test_what_the_gold_leaves_to_do_may_be_left_by_the_answer(gold, answer):
    assert grade_answer(answer, gold, conventions=WORKED_OUT).correct


def test_the_grade_says_why_and_the_convention_is_off_by_default():
    grade = grade_response("The answer is 10 + 8.", "18", conventions=WORKED_OUT)
    assert (grade.correct, grade.reason) == (False, "not worked out")
    assert grade_response("10 + 8 = 18", "18", conventions=WORKED_OUT).correct
    assert grade_response("The answer is 10 + 8.", "18").correct


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"\sum_{k=1}^{100} k", "5050"),
        (r"\int_0^1 x^2\,dx", r"\frac13"),
        (r"\lim_{x\to\infty}\frac{3x}{x+1}", "3"),
        (r"17 \bmod 5", "2"),
        ("3x+2=17", "x=5"),
        ("3y=-6", "y=-2"),
        ("x-5=0", "x=5"),
    ],
)
def test_what_only_asks_is_never_an_answer_to_a_number(answer, gold):
    assert not grade_answer(answer, gold).correct
    assert grade_answer(gold, answer).correct or "=" in answer


PROMPTS = [
    ("Expand $(x+1)^2$.", "x^2+2x+1", "(x+1)^2", False),
    ("Expand $(x+1)^2$.", "x^2+2x+1", "x_1=(x+1)^2", False),
    ("Expand $(x+1)^2$.", "x^2+2x+1", "(x+1)^2 + 0", False),
    ("Expand $(x+1)^2$.", "x^2+2x+1", "1+2x+x^2", True),
    ("Factor $ab+5b+2a+10$.", "(a+5)(b+2)", "ab+5b+2a+10", False),
    ("Factor $ab+5b+2a+10$.", "(a+5)(b+2)", r"5b+ab\,+\,2a+10", False),
    ("Factor $ab+5b+2a+10$.", "(a+5)(b+2)", "(b+2)(a+5)", True),
    (r"Write $\frac{3}{20}$ as a decimal.", "0.15", r"\frac{3}{20}", False),
    ("What is the probability?", "0.15", r"\frac{3}{20}", True),
    (r"Write $1.\overline{03}$ as a fraction.", r"\frac{34}{33}", r"1.\overline{03}", False),
    (r"Simplify $\frac{6}{8}$.", r"\frac34", r"\frac68", False),
    (r"Compute $2^{10}$.", "1024", "2^{10}", False),
    ("How many subsets has a set of ten?", "1024", "2^{10}", True),
    ("Solve $3x-1>5$.", "x>2", "3x-1>5", False),
    ("Solve $3x-1>5$.", "x>2", "x>2", True),
    ("Write $y=2x+1$ in standard form.", "2x-y+1=0", "y=2x+1", False),
    ("The roots of $2x^2+3x-5=0$: how many are even?", "0", "x_1=2x^2+3x-5=0", False),
    ("Is $x+1$ or $x-1$ larger?", "x+1", "x+1", True),
    ("Let $f(x)=x^2$. Find $f(x+1)$.", "x^2+2x+1", "f(x+1)=x^2+2x+1", True),
    ("Solve x+2=5.", "x=3", "x=5-2=3", True),
    ("Calculate 5!.", "120", "5!=120", True),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "x x-5x+6", False),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "x(x-5)+6", False),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "-(-x^2+5x-6)", False),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", r"\frac{2x^2-10x+12}{2}", False),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "x^{1+1}-2x-3x+6", False),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "x^2-5x+6=x(x-5)+6", False),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "x^2-5x+6=(x-2)(x-3)", True),
    ("Factor $x^2-5x+6$.", "(x-2)(x-3)", "(2-x)(3-x)", True),
    ("Factor $2x+2$.", "2(x+1)", "2x+2", False),
    ("Factor $2x+2$.", "2(x+1)", "(x+1)2", True),
    ("Expand $(a+b)^2$.", "a^2+2ab+b^2", "(a+b)(b+a)", False),
    ("Expand $(a+b)^2$.", "a^2+2ab+b^2", "(-a-b)^{3-1}", False),
    ("Expand $(a+b)^2$.", "a^2+2ab+b^2", r"\frac{(a+b)^3}{a+b}", False),
    (r"Simplify $\frac{x^2-1}{x-1}$.", "x+1", r"(1-x^2)(1-x)^{-1}", False),
    (r"Simplify $\sqrt{50}+\sqrt{8}$.", r"7\sqrt2", "50^{1/2}+8^{0.5}", False),
    (r"Simplify $\sqrt{50}+\sqrt{8}$.", r"7\sqrt2", r"5\sqrt2+2\sqrt2", False),
    (r"Simplify $\sqrt{50}+\sqrt{8}$.", r"7\sqrt2", r"7\cdot 2^{1/2}", True),
    ("Write 0.375 as a fraction.", r"\frac38", "0.375", False),
    ("Write 0.375 as a fraction.", r"\frac38", r"37.5\%", False),
    ("Write 0.375 as a fraction.", r"\frac38", r"\frac{375}{1000}", False),
    ("Write 0.375 as a fraction.", r"\frac38", "3/8", True),
    (r"Write $45\%$ as a decimal.", "0.45", r"45\%", False),
    (r"Write $45\%$ as a decimal.", "0.45", "0.450", True),
    (r"Compute $\frac34+\frac16$.", r"\frac{11}{12}", r"\frac{22}{24}", True),
    ("Of 0.5 l he drinks 1/3, then 1/3 again. What is left?", "1/6", "2/12", True),
    (r"Rationalize $\frac{1}{\sqrt2}$.", r"\frac{\sqrt2}{2}", "2^{-1/2}", False),
    (r"Rationalize $\frac{1}{\sqrt2}$.", r"\frac{\sqrt2}{2}", r"\sqrt{\frac12}", False),
    (r"Rationalize $\frac{1}{\sqrt2}$.", r"\frac{\sqrt2}{2}", r"\frac12\sqrt2", True),
    (r"Rationalize $\frac{2}{\sqrt3-1}$.", r"\sqrt3+1", r"\frac{-2}{1-\sqrt3}", False),
    (r"Rationalize $\frac{2}{\sqrt3-1}$.", r"\sqrt3+1", r"\frac{4}{2\sqrt3-2}", False),
    (r"Rationalize $\frac{2}{\sqrt3-1}$.", r"\sqrt3+1", r"1+\sqrt3", True),
    ("Evaluate $2^{-3}$.", r"\frac18", "0.125", True),
    ("Evaluate $2^{-3}$.", r"\frac18", "2^{-3}", False),
    ("What is $-(-7)$?", "7", "-(-7)", False),
    ("Simplify the ratio 6:8.", "3:4", "6:8", False),
    ("Simplify the ratio 6:8.", "3:4", "3:4", True),
    (r"Write $60^\circ$ in radians.", r"\frac{\pi}{3}", r"60^\circ", False),
    ("Write 60 degrees in radians.", r"\frac{\pi}{3}", r"60^\circ", False),
    (r"One angle has $60^\circ$. Find the other.", "60", r"60^\circ", True),
    (r"Write $\frac{\pi}{3}$ in degrees.", r"60^\circ", "60", True),
    (r"Find $2^{100}$ modulo 7.", "2", r"2^{100} \pmod 7", False),
]


@pytest.mark.parametrize(("prompt", "gold", "answer", "expected"), PROMPTS)
def test_a_formula_of_the_problem_is_no_answer_unless_the_gold_is_it(
    prompt, gold, answer, expected
):
    grade = grade_answer(answer, gold, prompt=prompt, conventions=WORKED_OUT)
    assert grade.correct is expected, grade
    if not expected:
        assert grade.reason in ("repeats the problem", "not worked out", "different")


@pytest.mark.parametrize("mark", ["boxed", "hash", "phrase", "number"])
@pytest.mark.parametrize("family", ["chain_sum", "basic_arithmetic", "products"])
def test_repeating_the_question_earns_nothing(family, mark):
    pytest.importorskip("reasoning_gym")
    from onelayer.envs.math.formats import FORMATS
    from onelayer.envs.math.grading.prose import formulas
    from onelayer.envs.plugins import make

    env = make("onelayer/Math-v0", families=family, answer_format=mark)
    asked = 0
    for task in env.unwrapped.tasks[:30]:
        question, _ = env.reset(options={"task": task})
        formula = max(formulas(question), key=len)
        answer = env.unwrapped.problems[task].answer
        if not any(sign in formula for sign in "+*-") or answer in formula.split():
            continue
        asked += 1
        ways = [formula, f"x_1={formula}", formula.replace("*", r"\,\times\,"), f"${formula}$"]
        for reply in [way for one in ways for way in (one, FORMATS[mark].write(one))]:
            env.reset(options={"task": task})
            _, reward, _, _, info = env.step(reply)
            assert reward == 0, (question, reply, info["extracted"], info["reason"])
    assert asked > 5


def test_a_data_set_does_not_pay_for_its_own_text(tmp_path):
    from onelayer.envs.plugins import make

    rows = tmp_path / "train.jsonl"
    rows.write_text('{"prompt": "Simplify $\\\\sqrt{242}$.", "answer": "11\\\\sqrt2"}\n')
    env = make("onelayer/Math-v0", dataset=str(rows))
    lenient = make("onelayer/Math-v0", dataset=str(rows), conventions={"worked_out": False})
    for made, expected in ((env, 0.0), (lenient, 1.0)):
        made.reset()
        assert made.step(r"\boxed{\sqrt{242}}")[1] == expected
    env.reset()
    assert env.step(r"\boxed{11\sqrt{2}}")[1] == 1.0


@pytest.mark.parametrize(
    "problem",
    ["(x+1)" * 300, "(x+y)(z+1)" * 100, r"\frac{1}{x+" * 50 + "1" + "}" * 50, "9^{63}" * 500 + "x"],
)
def test_a_problem_with_a_huge_formula_is_read_at_once(problem):
    started = time.process_time()
    prompt = f"Simplify ${problem}$."
    assert grade_answer("b+a", "a+b", prompt=prompt, conventions=WORKED_OUT).correct
    assert time.process_time() - started < 5  # it once took minutes


def test_hundreds_of_factors_raise_nothing():
    factors = "(9)" * 900
    grade = grade_answer(factors + "+0", factors, prompt=f"${factors}$", conventions=WORKED_OUT)
    assert not grade.correct
