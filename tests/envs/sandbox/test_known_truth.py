"""The sandbox agrees with what is known of 591 reference solutions and 465 model-written programs.

The data lie beside the repository (``../shared/data/code``); where they don't, these tests skip.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.code.program import split_stub
from onelayer.envs.sandbox import Limits, Verdict

DATA = Path(__file__).parents[4] / "shared" / "data" / "code"
PATIENT = Limits(cpu_s=20, wall_s=120, memory_mb=1024)
EXPLAINED: dict[str, str] = {}
"""rows whose label the sandbox disagrees with, and why"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/code is not there"),
]


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of a data file."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text().splitlines()]


def reference(task: dict[str, Any]) -> str:
    """Return the whole reference program: HumanEval's solutions continue the prompt."""
    begun = task["prompt"] if task["id"].startswith("HumanEval") else ""
    return str(begun + task["canonical_solution"])


def held_by(task: dict[str, Any]) -> dict[str, Any]:
    """Return a task's tests; helpers that a prompt gives are the tests' as well, as they are in Code-v0."""
    if not task["id"].startswith("HumanEval"):
        return dict(task["tests"])
    _, beside = split_stub(task["prompt"], task["entry_point"]) or ("", "")
    return {**task["tests"], "setup": beside}


def in_parallel(check: Callable[[Any], Verdict], items: list[Any]) -> list[Verdict]:
    """Check all items with as many threads as there are cores."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(check, items))


@pytest.mark.parametrize(("name", "count"), [("mbpp_sanitized", 427), ("humaneval_test", 164)])
def test_every_reference_solution_passes(name: str, count: int, sandbox: Any) -> None:
    tasks = rows(name)
    verdicts = in_parallel(
        lambda task: sandbox.check(reference(task), held_by(task), limits=PATIENT), tasks
    )
    wrong = {t["id"]: v for t, v in zip(tasks, verdicts, strict=True) if v.status != "passed"}
    assert not wrong
    assert len(tasks) == count


@pytest.mark.parametrize("name", ["mbpp_sanitized", "humaneval_test"])
def test_no_tests_pass_with_a_function_that_does_nothing(name: str, sandbox: Any) -> None:
    tasks = rows(name)[:60]
    nothing = "def {}(*arguments, **named):\n    pass\n"
    verdicts = in_parallel(
        lambda t: sandbox.check(nothing.format(t["entry_point"]), held_by(t), limits=PATIENT),
        tasks,
    )
    assert {v.status for v in verdicts} <= {"failed", "error"}


def test_labelled_programs_get_the_status_they_are_known_to_deserve(sandbox: Any) -> None:
    tasks = {row["id"]: row for row in rows("mbpp_sanitized") + rows("humaneval_test")}
    labelled = [row for row in rows("labelled_completions") if row["trusted"]]
    known = [row for row in labelled if task_id(row) in tasks]
    assert known, "no labelled program belongs to a task of the data beside the repository"
    verdicts = in_parallel(
        lambda row: sandbox.check(
            row["completion"], held_by(tasks[task_id(row)]), limits=Limits(cpu_s=10, wall_s=90)
        ),
        known,
    )
    disagreements = {
        row["id"]: verdict
        for row, verdict in zip(known, verdicts, strict=True)
        if verdict.passed != row["base_pass"] and row["id"] not in EXPLAINED
    }
    assert not disagreements
    assert len(known) > 400


def task_id(row: dict[str, Any]) -> str:
    """Return the id that the labelled program's task has in the data files."""
    return str(row["task_id"]).replace("Mbpp/", "mbpp_sanitized/")
