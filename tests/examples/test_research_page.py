"""What docs/research.md tells to write and to type is written and typed here, with smaller numbers."""

import os
import re
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from onelayer.cli import main
from onelayer.trainers import estimators

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "research.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
SHORTER = {
    "train": ["--iterations", "1", "--tasks-per-iteration", "2", "--group-size", "2"],
    "eval": ["--limit", "4"],
}


def blocks(language):
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a folder with the page's file and the repository's examples."""
    estimators.estimator("gigpo")  # ours are registered from here on
    monkeypatch.setattr(estimators, "ESTIMATORS", dict(estimators.ESTIMATORS))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "my_estimators.py").write_text(blocks("python")[0])
    return tmp_path


def typed(here):
    """Return the arguments of every call of `onelayer` that the page's shell code makes."""
    program, record = here / "bin" / "onelayer", here / "record"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\0" "$@" >> "$RECORD"\nprintf "\\n" >> "$RECORD"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    code = "\n".join(blocks("bash"))
    environment = {**os.environ, "PATH": path, "RECORD": str(record)}
    subprocess.run(["bash", "-euc", code], check=True, env=environment)
    return [call.split("\0") for call in record.read_text().split("\0\n")[:-1]]


def run(arguments):
    """Run a command, with smaller numbers unless it compares."""
    shorter = [] if "--compare" in arguments else SHORTER[arguments[0]]
    assert main([*arguments, *shorter]) == 0


def test_the_estimator_takes_twenty_lines():
    code = [line for line in blocks("python")[0].splitlines() if line.strip()]
    assert len(code) <= 20


def test_the_page_shows_what_its_code_prints(here, capsys):
    exec(compile(blocks("python")[1], "research.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed == next(text for text in blocks("") if text.startswith("shrunk "))
    # shrunk, the first step: returns 0.5, 1, 0, 0, 0 of a mean of 0.3; state a holds 0.5 and 0.
    # (0.5 + 0 + 2 * 0.3) / (2 + 2) = 0.275; 0.5 - 0.275 and A^E of 2/3 are 0.89.
    assert float(printed.split()[2]) == pytest.approx(2 / 3 + 0.5 - 0.275, abs=0.005)


def test_the_estimator_of_the_page_keeps_its_promises(here):
    from made_episodes import episode

    shrunk = estimators.estimator("my_estimators.py:shrunk", {"kappa": 1.0})
    batch = [episode("t", ("s", 1.0)), episode("t", ("s", 9.0), error="died"), episode("t")]
    credit = shrunk(batch, gamma=1.0, omega=1.0, divide_by_std=False)
    np.testing.assert_allclose(credit, [0.5, 0.0])  # A^E: 1 and 0; the state's mean is the task's
    assert shrunk([], gamma=1.0, omega=1.0, divide_by_std=False).shape == (0,)


def test_two_arms_of_one_seed_are_trained_evaluated_and_compared(here, capsys):
    calls = typed(here)
    assert [call[0] for call in calls] == ["train", "eval"] * 6 + ["eval"]
    arms = ("runs/shrunk-1", "runs/gigpo-1")
    for call in calls[:-1]:
        if any(arm in call for arm in arms):
            run(call)
    run(["eval", "--suite", "alfworld", "--compare", *arms])
    assert re.search(r"^\| All +\| +4 \|", capsys.readouterr().out, flags=re.MULTILINE)


@pytest.mark.slow
def test_the_whole_page_ends_with_its_table(here, capsys):
    for call in typed(here):
        capsys.readouterr()
        run(call)
    table = capsys.readouterr().out
    shown = next(text for text in blocks("") if text.startswith("| arms"))
    arms, shown_arms = (
        [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
        for text in (table, shown)
    )
    assert arms == shown_arms
