"""The sandbox against the corpus of attacks and honest programs that lies beside the repository.

``../shared/sandbox-corpus/{attacks,benign}/manifest.json`` says under which modes a program runs and
which statuses are right. Where the corpus is absent these tests skip; ``test_attacks.py`` and
``test_benign.py`` hold programs of our own.
"""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Limits

CORPUS = Path(__file__).parents[4] / "shared" / "sandbox-corpus"
INPUTS = (1, 7, 1000, 123456, 987654321)
UDP_PORT, ABSTRACT = 18766, "\0sbx-canary"
"""where the corpus's programs look for listeners"""
NAMES_IN_THE_JAIL = {"esc_chroot_break"}
"""says LEAK where a folder of a common name exists; a jail has /etc too, with the linker's cache, and the
parents of site-packages, empty but for these; what counts is that none of its calls succeeds"""
PATIENT = {"cpu_s": 5.0, "wall_s": 20.0}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/sandbox-corpus is not there"),
]


def solve(n: int) -> int:
    """The task that the attacks pretend to solve."""
    return ((n * 2654435761) ^ 0x5BD1E995) % 1000003


ANSWERS = {n: solve(n) for n in INPUTS}
TESTS: dict[str, dict[str, Any]] = {
    "call": {
        "kind": "io_call",
        "fn_name": "solve",
        "cases": [{"args": [n], "output": answer} for n, answer in ANSWERS.items()],
    },
    "code": {
        "kind": "asserts",
        "setup": "",
        "asserts": [f"assert solve({n}) == {answer}" for n, answer in ANSWERS.items()],
        "extra": [],
    },
    "stdin": {
        "kind": "stdio",
        "cases": [
            {
                "input": "".join(f"{n}\n" for n in INPUTS),
                "output": "".join(f"{answer}\n" for answer in ANSWERS.values()),
            }
        ],
    },
}


def manifest(name: str) -> list[dict[str, Any]]:
    """Return the entries of a folder's manifest, none where the corpus is absent."""
    path = CORPUS / name / "manifest.json"
    return json.loads(path.read_text()) if path.is_file() else []  # type: ignore[no-any-return]


@pytest.fixture(scope="module", autouse=True)
def corpus_listeners() -> Iterator[list[socket.socket]]:
    """Listen where the corpus's programs call; a port that somebody else has is left alone."""
    with ExitStack() as stack:
        lines = []
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", UDP_PORT)),
            (socket.AF_UNIX, socket.SOCK_DGRAM, ABSTRACT),
        ):
            line = stack.enter_context(socket.socket(family, kind))
            line.setblocking(False)
            try:
                line.bind(address)
            except OSError:
                continue
            lines.append(line)
        yield lines


@pytest.mark.parametrize(
    ("entry", "mode"),
    [
        pytest.param(entry, mode, id=f"{entry['name']}-{mode}")
        for entry in manifest("attacks")
        for mode in entry["modes"]
    ],
)
def test_an_attack_of_the_corpus_ends_as_its_manifest_says(
    entry: dict[str, Any], mode: str, sandbox: Any, surroundings: Any, corpus_listeners: Any
) -> None:
    source = (CORPUS / "attacks" / f"{entry['name']}.py").read_text(errors="surrogateescape")
    limits = Limits(**{**PATIENT, **entry["limits"]})
    verdict = sandbox.check(
        source.replace("@CANARY@", str(surroundings.folder)), TESTS[mode], limits=limits
    )
    assert verdict.status in entry["expected"], verdict
    text = "\n".join([verdict.stderr, verdict.detail, *(case.detail for case in verdict.cases)])
    leak = r"\d+ LEAK" if entry["name"] in NAMES_IN_THE_JAIL else "LEAK|FORKED"
    assert surroundings.secret not in text and not re.search(leak, text), verdict
    for line in corpus_listeners:
        with pytest.raises(BlockingIOError):
            line.recv(1)
    surroundings.assert_untouched(sandbox)


@pytest.mark.parametrize(
    "entry", [pytest.param(entry, id=entry["name"]) for entry in manifest("benign")]
)
def test_an_honest_program_of_the_corpus_passes(entry: dict[str, Any], sandbox: Any) -> None:
    program = (CORPUS / "benign" / f"{entry['name']}.py").read_text()
    limits = Limits(**{"cpu_s": 20.0, "wall_s": 120.0, **entry["limits"], "output_kb": 4096})
    verdict = sandbox.check(program, converted(entry["tests"]), limits=limits)
    assert verdict.status == "passed", verdict


def converted(tests: dict[str, Any]) -> dict[str, Any]:
    """Return the corpus's tests in our form; arguments and results stand there as expressions."""
    if "stdin" in tests:
        cases = [{"input": given, "output": wanted} for given, wanted in tests["stdin"]]
        return {"kind": "stdio", "cases": cases}
    if "tol" in tests:
        lines = [
            f"assert all(abs(a - b) <= {tests['tol']} for a, b in "
            f"zip({tests['entry']}(*{given}), {wanted}, strict=True))"
            for given, wanted in tests["calls"]
        ]
        return {"kind": "asserts", "setup": "", "asserts": lines, "extra": []}
    if "calls" in tests:
        cases = [{"args": eval(given), "output": eval(wanted)} for given, wanted in tests["calls"]]
        return {"kind": "io_call", "fn_name": tests["entry"], "cases": cases}
    if "def check(candidate)" in tests["code"]:
        code = tests["code"].replace("\ncheck(candidate)", f"\ncheck({tests['names'][0]})")
        return {"kind": "check_fn", "code": code}
    return {"kind": "script", "setup": "", "code": tests["code"]}
