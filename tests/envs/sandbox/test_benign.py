"""What an honest program may do, it can do; also while attacks run beside it.

Each file of ``benign/`` is a program and, below a line of its own, its ``TESTS`` and, where they
matter, ``LIMITS`` and the package that it ``NEEDS``.
"""

import importlib.util
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Limits, validate_tests

FOLDER = Path(__file__).parent
PROGRAMS = sorted((FOLDER / "benign").glob("*.py"))
GENEROUS = Limits(cpu_s=20, wall_s=120)
"""for machines that are busy with other things"""
RUDE = ("verdict_forgery", "output_flooding", "test_reading", "pickle_result")
QUESTION = {"kind": "io_call", "fn_name": "solve", "cases": [{"args": [5], "output": 123456789012}]}


def load(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the program and the names that its lower part, which we trust, defines."""
    program, _, below = path.read_text().partition("# --- tests ---\n")
    said: dict[str, Any] = {}
    exec(below, said)
    if "NEEDS" in said and importlib.util.find_spec(said["NEEDS"]) is None:
        pytest.skip(f"{said['NEEDS']} is not installed")
    return program, said


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PROGRAMS])
def test_an_honest_program_passes(path: Path, sandbox: Any) -> None:
    program, said = load(path)
    validate_tests(said["TESTS"])
    limits = Limits(**said["LIMITS"]) if "LIMITS" in said else GENEROUS
    verdict = sandbox.check(program, said["TESTS"], limits=limits)
    assert verdict.status == "passed", verdict
    assert verdict.passed and all(case.status == "passed" for case in verdict.cases)
    assert verdict.cpu_s >= 0 and verdict.wall_s > 0


def test_there_are_enough_honest_programs() -> None:
    assert len(PROGRAMS) >= 30


def test_honest_programs_pass_while_attacks_run_beside_them(
    sandbox: Any, surroundings: Any
) -> None:
    attacks = [path for name in RUDE for path in sorted((FOLDER / "attacks" / name).glob("*.py"))]
    programs = [surroundings.fill(path.read_text()) for path in attacks]
    brief = Limits(cpu_s=0.2, wall_s=2, memory_mb=256)
    honest_are_done = threading.Event()
    ran: list[str] = []

    def attack(first: int) -> None:
        number = first
        while not honest_are_done.is_set():
            verdict = sandbox.check(programs[number % len(programs)], QUESTION, limits=brief)
            ran.append(verdict.status)
            number += 1

    def pass_them(path: Path) -> tuple[str, Any]:
        program, said = load(path)
        return path.stem, sandbox.check(program, said["TESTS"], limits=GENEROUS)

    light = [p for p in PROGRAMS if "NEEDS" not in p.read_text() and "LIMITS" not in p.read_text()]
    beside = [threading.Thread(target=attack, args=(n * len(programs) // 2,)) for n in range(2)]
    for thread in beside:
        thread.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(pass_them, light))
    finally:
        honest_are_done.set()
        for thread in beside:
            thread.join()
    assert not [(name, v) for name, v in verdicts if v.status != "passed"]
    assert ran and not {"passed", "sandbox_error"} & set(ran)
    surroundings.assert_untouched(sandbox)


def test_many_checks_leave_no_descriptor_open(sandbox: Any) -> None:
    tests = {"kind": "stdio", "cases": [{"input": "1", "output": "1"}]}
    script = {"kind": "asserts", "setup": "", "asserts": ["assert f(1) == 1"], "extra": []}
    sandbox.check("def f(n): return n", script)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        sandbox.check("print(input())", tests)
        sandbox.check("def f(n): return n", script)
        sandbox.check("def f(n): raise SystemExit", script)
    assert len(os.listdir("/proc/self/fd")) <= before
