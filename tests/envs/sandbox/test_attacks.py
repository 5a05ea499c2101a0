"""One test for each attack and each kind of test it applies to.

The programs lie in ``attacks/CATEGORY/NAME.py``. Their docstrings say what they try and, below:

* ``kinds``: the kinds of test they are run under;
* ``expected``: the statuses that are right (default: any but passed and sandbox_error);
* ``limits``: fields of ``Limits``;
* ``levels``: the only level that claims to hold this (default: every level);
* ``control``: what the program does outside the sandbox: ``leaks`` (it reports what it got with a line
  LEAK) or ``fools`` (asserts behind it, in one process, end with exit code 0). This shows that the
  attack works; it isn't said where that would need rights, endanger the machine, or fit one harness only.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import STATUSES, Limits

INPUTS = (3, 17, 42, 1234, 99991)
HELD = set(STATUSES) - {"passed", "sandbox_error"}


def solve(n: int) -> int:
    """The task of all attacks: nobody guesses its answers."""
    return ((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12


ANSWERS = {n: solve(n) for n in INPUTS}
ASSERTS = [f"assert solve({n}) == {answer}" for n, answer in ANSWERS.items()]
UNITTEST = """
import unittest

class Test(unittest.TestCase):
    def test_answers(self):
        for n, answer in CASES:
            self.assertEqual(solve(n), answer)

result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromTestCase(Test).run(result)
assert result.wasSuccessful(), result.failures + result.errors
assert result.testsRun == 1
"""
TESTS: dict[str, dict[str, Any]] = {
    "asserts": {"kind": "asserts", "setup": "", "asserts": ASSERTS, "extra": []},
    "check_fn": {
        "kind": "check_fn",
        "code": "def check(candidate):\n"
        + "".join(f"    {a.replace('solve', 'candidate')}\n" for a in ASSERTS)
        + "\ncheck(solve)\n",
    },
    "script": {
        "kind": "script",
        "setup": "",
        "code": f"CASES = {list(ANSWERS.items())}\n{UNITTEST}",
    },
    "io_call": {
        "kind": "io_call",
        "fn_name": "solve",
        "cases": [{"args": [n], "output": answer} for n, answer in ANSWERS.items()],
    },
    "stdio": {
        "kind": "stdio",
        "cases": [
            {"input": "3 17 42\n", "output": "\n".join(str(ANSWERS[n]) for n in (3, 17, 42))},
            {"input": "1234 99991\n", "output": f"{ANSWERS[1234]} {ANSWERS[99991]}\n"},
        ],
    },
}
ANSWER_ON_STDOUT = "\nfor number in input().split():\n    print(solve(int(number)))\n"
RIGHT = """
def solve(n):
    return ((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12
"""


@dataclass(frozen=True)
class Attack:
    """One program of ``attacks/`` with what its docstring says."""

    name: str
    source: str
    kinds: tuple[str, ...]
    expected: frozenset[str]
    limits: Limits
    levels: tuple[str, ...]
    control: str

    def program(self, kind: str) -> str:
        """Return the program as it is run under a kind of test."""
        reads_by_itself = "def solve" not in self.source
        return self.source if kind != "stdio" or reads_by_itself else self.source + ANSWER_ON_STDOUT


def load(path: Path) -> Attack:
    """Read an attack and its docstring."""
    source = path.read_text()
    said = dict(re.findall(r"^(\w+): (.*)$", source.split('"""')[1], re.MULTILINE))
    limits = dict(pair.split("=") for pair in said.get("limits", "").split())
    return Attack(
        f"{path.parent.name}/{path.stem}",
        source,
        tuple(said["kinds"].split()),
        frozenset(said["expected"].split() if "expected" in said else HELD),
        Limits(
            **{"cpu_s": 2.0, "wall_s": 10.0}
            | {k: float(v) if k.endswith("_s") else int(v) for k, v in limits.items()}
        ),
        tuple(said.get("levels", "").split()),
        said.get("control", "none"),
    )


ATTACKS = [load(path) for path in sorted((Path(__file__).parent / "attacks").glob("*/*.py"))]
RUNS = [pytest.param(a, kind, id=f"{a.name}-{kind}") for a in ATTACKS for kind in a.kinds]


def said(verdict: Any) -> str:
    """Return all text that reached us from a run."""
    return "\n".join([verdict.stderr, verdict.detail, *(case.detail for case in verdict.cases)])


@pytest.mark.parametrize(("attack", "kind"), RUNS)
def test_an_attack_gets_nothing(attack: Attack, kind: str, sandbox: Any, surroundings: Any) -> None:
    if attack.levels and sandbox.level not in attack.levels:
        pytest.skip(f"the level {sandbox.level} does not claim to hold this")
    verdict = sandbox.check(
        surroundings.fill(attack.program(kind)), TESTS[kind], limits=attack.limits
    )
    assert verdict.status in attack.expected, verdict
    text = said(verdict)
    assert surroundings.secret not in text, verdict
    assert "LEAK" not in text, verdict
    assert not any(str(answer) in verdict.stderr for answer in ANSWERS.values()), verdict
    assert verdict.level == sandbox.level
    surroundings.assert_untouched(sandbox)


def test_there_are_enough_attacks_of_every_category() -> None:
    categories = {attack.name.split("/")[0] for attack in ATTACKS}
    assert len(categories) == 13
    assert len(ATTACKS) >= 60
    assert {kind for attack in ATTACKS for kind in attack.kinds} == set(TESTS)


@pytest.mark.parametrize("kind", TESTS)
def test_a_right_program_passes_the_tests_that_the_attacks_fail(kind: str, sandbox: Any) -> None:
    program = RIGHT + (ANSWER_ON_STDOUT if kind == "stdio" else "")
    verdict = sandbox.check(program, TESTS[kind])
    assert verdict.status == "passed", verdict


@pytest.mark.parametrize(
    "attack", [pytest.param(a, id=a.name) for a in ATTACKS if a.control == "fools"]
)
def test_the_attack_fools_a_harness_that_runs_asserts_behind_the_program(attack: Attack) -> None:
    naive = "\n".join([attack.source, *ASSERTS])
    outcome = subprocess.run([sys.executable, "-I", "-c", naive], capture_output=True, timeout=60)
    assert outcome.returncode == 0, outcome


@pytest.mark.parametrize(
    "attack", [pytest.param(a, id=a.name) for a in ATTACKS if a.control == "leaks"]
)
def test_the_attack_gets_something_outside_the_sandbox(
    attack: Attack, surroundings: Any, tmp_path: Path
) -> None:
    outcome = subprocess.run(
        [sys.executable, "-I", "-c", surroundings.fill(attack.source)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert "LEAK" in outcome.stderr, outcome
    surroundings.reached()  # the listeners forget these calls
