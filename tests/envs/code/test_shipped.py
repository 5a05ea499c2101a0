"""The tasks that ship: every reference passes its tests, and every wrong solution fails them."""

import ast
from collections import Counter

import pytest

from onelayer.envs.code.shipped import DIFFICULTIES, DRAWN, function
from onelayer.envs.code.tasks import TEST, load_shipped, written
from onelayer.envs.sandbox import Limits, validate_tests

WRITTEN = {task.id: task for task in written()}
TASKS = {task.id: task for task in load_shipped()}
LIMITS = Limits(cpu_s=10, wall_s=60)


def test_there_are_at_least_sixty_of_every_kind_of_test_and_difficulty():
    assert len(TASKS) >= 60
    assert {task.hidden["kind"] for task in TASKS.values()} == {
        "asserts",
        "check_fn",
        "script",
        "stdio",
        "io_call",
    }
    assert set(Counter(task.kind for task in TASKS.values())) == set(DIFFICULTIES)


def test_the_splits_are_apart_and_fixed_by_name():
    assert set(TASKS) >= TEST and len(TEST) >= 15
    assert {task.id for task in TASKS.values() if task.split == "test"} == TEST
    prompts = Counter(task.prompt for task in TASKS.values())
    assert prompts.most_common(1)[0][1] == 1


@pytest.mark.parametrize("task_id", TASKS)
def test_the_reference_passes_and_every_wrong_solution_fails(task_id, sandbox):
    task = TASKS[task_id]
    for tests in (task.public, task.hidden):
        verdict = sandbox.check(task.reference, tests, limits=LIMITS)
        assert verdict.passed, (verdict.status, verdict.cases[-1:], verdict.stderr)
    wrong = WRITTEN[task_id].wrong_programs
    assert len(wrong) >= 3
    for name, program in wrong.items():
        verdict = sandbox.check(program, task.hidden, limits=LIMITS)
        assert verdict.status in ("failed", "error"), (name, verdict.status)


@pytest.mark.parametrize("task_id", TASKS)
def test_a_task_says_what_it_asks_for_and_does_not_give_it_away(task_id):
    task = TASKS[task_id]
    validate_tests(task.public)
    validate_tests(task.hidden)
    assert len(task.prompt) > 40
    if task.entry_point:
        assert task.entry_point in task.prompt
        lines = {line.strip() for line in task.reference.splitlines()}
        told = {line for line in lines if line.startswith("return ") and line in task.prompt}
        assert told <= {"return True", "return False", "return None"}
    assert len({program.strip() for program in WRITTEN[task_id].wrong_programs.values()}) >= 3


def test_the_hidden_tests_hold_the_public_ones_and_random_ones():
    for task in TASKS.values():
        if task.hidden["kind"] in ("io_call", "stdio"):
            public, hidden = task.public["cases"], task.hidden["cases"]
            assert hidden[: len(public)] == public
            if task.hidden["kind"] == "io_call":
                assert len(hidden) >= DRAWN + len(public)
        elif task.hidden["kind"] == "asserts":
            assert len(task.hidden["asserts"]) >= DRAWN
        elif task.hidden["kind"] == "script":
            assert task.hidden["code"].startswith(task.public["code"])
            assert task.hidden["code"].count("assert") > 20


def test_hidden_tests_are_the_same_each_time_they_are_drawn():
    for task in list(WRITTEN.values())[::5]:
        assert task.task("train").hidden == task.task("train").hidden


def test_equal_answers_do_not_solve_tasks():
    """A constant answer must not pass: most inputs have different expected values."""
    for task in TASKS.values():
        if task.hidden["kind"] == "io_call":
            answers = Counter(repr(case["output"]) for case in task.hidden["cases"])
            assert len(answers) >= 2
            assert answers.most_common(1)[0][1] / answers.total() < 0.9, task.id


def test_programs_are_whole_and_hold_no_decorators():
    for task in WRITTEN.values():
        for program in [task.task("").reference, *task.wrong_programs.values()]:
            ast.parse(program)
            assert "@function" not in program and "@wrong" not in program


def test_a_difficulty_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="easy, medium, hard, got 'simple'"):
        function("simple", examples=[[1]], draw=lambda rng: [1])
