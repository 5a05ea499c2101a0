"""The grader against this project's own cases, and what it promises about golds and conventions."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("math_verify")

from onelayer.envs.math import (
    Conventions,
    check_gold,
    grade_answer,
    grade_response,
    parse_gold,
)

SHARED = Path(__file__).parents[4] / "shared/data/math"


def _cases(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = {"": _cases("grading_cases"), "blind: ": _cases("grading_cases_blind")}
ANSWERS = {
    prefix + category: lines
    for prefix, table in TABLES.items()
    for category, lines in table.ANSWERS.items()
}
RESPONSES = {
    prefix + category: cases
    for prefix, table in TABLES.items()
    for category, cases in table.RESPONSES.items()
}


def _lines(category):
    for line in ANSWERS[category].strip().splitlines():
        gold, sign, answer = re.fullmatch(r"(.*)  (==|=/=)  (.*)", line).groups()
        yield gold, answer, sign == "=="


@pytest.mark.parametrize("category", ANSWERS)
def test_an_answer_is_correct_exactly_where_the_table_says_so(category):
    wrong = []
    for gold, answer, expected in _lines(category):
        grade = grade_answer(answer, gold)
        if grade.correct != expected or grade.reason.startswith(("not comparable", "worker")):
            wrong.append((gold, answer, expected, grade.reason))
    assert not wrong


@pytest.mark.parametrize("category", RESPONSES)
def test_the_answer_of_a_response_is_found_and_graded_as_the_table_says(category):
    wrong = [
        (gold, response, expected, grade)
        for gold, response, expected in RESPONSES[category]
        if (grade := grade_response(response, gold)).correct != expected
    ]
    assert not wrong


def test_the_tables_hold_at_least_3000_cases_and_a_third_of_them_must_be_refused():
    answers = [case for category in ANSWERS for case in _lines(category)]
    responses = [case for table in RESPONSES.values() for case in table]
    assert len(answers) + len(responses) >= 3000
    refused = sum(not expected for _, _, expected in answers + responses)
    assert refused >= (len(answers) + len(responses)) // 3


def test_a_response_without_an_answer_extracts_nothing():
    grade = grade_response(
        "I do not want to say.\nSorry.\nReally, I would rather not answer this one at all, ever.",
        "7",
    )
    assert (grade.correct, grade.extracted) == (False, None)
    assert grade.reason == "no answer"


def test_the_grade_says_what_was_extracted_as_it_was_written():
    assert grade_response(r"So $x = \boxed{\dfrac{1}{2}}$.", "0.5").extracted == r"\dfrac{1}{2}"


@pytest.mark.parametrize(
    ("option", "answer", "gold"),
    [
        ({"units_optional": False}, "5 cm", "5"),
        ({"percent_sign_optional": False}, "28", r"28\%"),
        ({"degrees_as_number": False}, "90", r"90^\circ"),
        ({"base_optional": False}, "101", "101_2"),
        ({"name_optional": False}, "5", "x=5"),
        ({"list_order_matters": True}, "3,2,1", "1,2,3"),
        ({"list_as_set": False}, "1,2", r"\{1,2\}"),
        ({"approximation_digits": None}, "1.41421356", r"\sqrt{2}"),
        ({"approximation_digits": 12}, "1.41421356", r"\sqrt{2}"),
        ({"decimal_comma": False}, "2,74", "2.74"),
        ({"ratio_as_fraction": False}, "2:4", "1:2"),
        ({"scaled_equations": False}, "2x=2y", "x=y"),
        ({"relation_as_interval": False}, "x<5", r"(-\infty,5)"),
        ({"text_case_matters": True}, "monday", "Monday"),
    ],
)
def test_every_convention_decides_the_case_it_names(option, answer, gold):
    assert grade_answer(answer, gold).correct
    assert not grade_answer(answer, gold, conventions=Conventions(**option)).correct


def test_boxes_are_joined_or_the_last_one_counts_as_the_convention_says():
    response = r"\boxed{1} and \boxed{2}"
    assert grade_response(response, "1,2").correct
    alone = Conventions(join_boxes=False)
    assert grade_response(response, "2", conventions=alone).correct
    assert not grade_response(response, "1,2", conventions=alone).correct


def test_a_required_box_leaves_other_answers_unread():
    strict = Conventions(require_box=True)
    assert grade_response("The answer is 4.", "4", conventions=strict).reason == "no answer"
    assert grade_response(r"\boxed{4}", "4", conventions=strict).correct


@pytest.mark.parametrize(
    "gold", ["", "   ", "$$", "1/0", r"\frac{1}{", "(1, 2", "9^{9^{9}}", "5" * 5000, "?"]
)
def test_a_gold_that_cannot_be_compared_is_refused(gold):
    with pytest.raises(ValueError, match="gold answer"):
        check_gold(gold)


@pytest.mark.parametrize(
    "gold",
    [
        "7",
        "$7$",
        r"\boxed{7}",
        "#### 7",
        "x=7",
        "(1,2]",
        r"\sum_{k=1}^n a_k",
        "Monday",
        "A",
        "2^{100}",
        r"\emptyset",
    ],
)
def test_a_gold_that_can_be_compared_is_accepted_and_answers_itself(gold):
    check_gold(gold)
    assert grade_answer(gold, gold).correct
    assert parse_gold(gold) is not None


def test_what_is_no_string_is_refused_by_name():
    with pytest.raises(TypeError, match="answer must be a str, got int"):
        grade_answer(7, "7")
    with pytest.raises(TypeError, match="gold must be a str"):
        grade_response("7", None)


def test_golds_of_gsm8k_svamp_and_math_can_be_compared_and_answer_themselves():
    if not SHARED.exists():
        pytest.skip("needs ../shared/data/math beside the checkout")
    for name in ("gsm8k_train.jsonl", "svamp_test.jsonl"):
        with open(SHARED / name, encoding="utf-8") as lines:
            for line in list(lines)[:300]:
                gold = str(json.loads(line)["answer"])
                check_gold(gold)
                assert grade_answer(gold, gold).correct


def test_shared_cases_agree_and_none_is_accepted_wrongly():
    if not SHARED.exists():
        pytest.skip("needs ../shared/data/math beside the checkout")
    with open(SHARED / "answer_triples.jsonl", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    core = [case for case in cases if case["policy"] == "core"]
    agreed, accepted_wrongly = 0, []
    for case in core:
        grade = (grade_answer if case["kind"] == "answer" else grade_response)(
            case["pred"], case["gold"]
        )
        agreed += grade.correct == case["expected"]
        if grade.correct and not case["expected"]:
            accepted_wrongly.append(case["id"])
    assert not accepted_wrongly
    assert agreed >= 0.995 * len(core)


@pytest.mark.slow
def test_grading_imports_neither_torch_nor_sympy_into_this_process():
    import subprocess

    code = (
        "import sys; from onelayer.envs.math import grade_answer;"
        "assert grade_answer('2\\\\sqrt2', '\\\\sqrt{8}').correct;"
        "assert not {'torch', 'sympy', 'math_verify'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
