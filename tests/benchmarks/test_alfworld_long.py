"""The comparison of estimators over long episodes: it says what its runs hold, and none runs twice."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import alfworld_long_report

    return alfworld_long_report


def run(arm, seed, held_out, **training):
    shared = {"model": "small", "layers": "mid", "games": "generated", "max_steps": 50}
    shared |= {"tasks_per_iteration": 2, "group_size": 4, "iterations": 10, "eval_tasks": 40}
    shared |= {"eval_split": "valid_seen", "eval_temperature": 1.0}
    told = dict.fromkeys(
        ("success", "step_advantage", "groups_without_signal", "episode_length"), [0.0] * 10
    )
    told |= {"valid_actions": [1.0] * 10, "lone_steps": [0.5] * 10, "step_group_size": [2.0] * 10}
    return {
        "arm": arm,
        "seed": seed,
        "settings": shared,
        "episodes": [0, 40, 80],
        "held_out": held_out,
        "training": {**told, **training},
    }


def cells(table, arm, which=0):
    lines = [line for line in table.splitlines() if line.startswith(f"| {arm} |")]
    return [cell.strip() for cell in lines[which].strip("|").split("|")]


def test_the_table_holds_ends_differences_and_sample_efficiency(report):
    runs = [
        run("GiGPO", 0, [0.3, 0.5, 0.6]),
        run("GiGPO", 1, [0.3, 0.3, 0.7]),
        run("GRPO", 0, [0.3, 0.35, 0.4]),
        run("GRPO", 1, [0.3, 0.35, 0.5]),
    ]
    found = cells(report.table(runs), "GiGPO")
    assert found[1:3] == ["2", "30.0%"]
    assert found[3].startswith("65.0% [")
    assert found[4] == "60.0%, 70.0%"
    assert found[5].startswith("+20.0 [")
    assert found[6] == "35 (2 of 2)"  # halfway up at 20, and a quarter of the way from 40 at 50
    assert cells(report.table(runs), "GRPO")[6:] == ["67 (2 of 2)", "more (1 of 2)"]


def test_a_difference_is_of_seeds_that_both_have(report):
    runs = [run("GRPO", 1, [0.1, 0.1, 0.2]), run("Dr. GRPO", 1, [0.1, 0.1, 0.3])]
    runs.append(run("Dr. GRPO", 2, [0.1, 0.1, 0.9]))
    assert cells(report.table(runs), "Dr. GRPO")[5] == "+10.0"


def test_what_steps_are_compared_with_is_told_of_the_begin_and_the_end(report):
    lone = [0.8] * 2 + [0.5] * 6 + [0.2] * 2
    found = cells(report.table([run("GiGPO", 0, [0.3, 0.5, 0.6], lone_steps=lone)]), "GiGPO", 1)
    assert found[1] == "80%, 20%"


def test_the_picture_is_drawn_of_several_seeds_and_of_one(report, tmp_path):
    runs = [run("GiGPO", 0, [0.3, 0.5, 0.6]), run("GiGPO", 1, [0.3, 0.5, 0.5])]
    report.draw([*runs, run("GRPO", 0, [0.3, 0.4, 0.4])], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 10_000


def test_a_mean_of_the_last_values_has_the_length_of_what_it_smooths(report):
    assert np.allclose(report._smooth([1, 2, 3, 4], 2), [1, 1.5, 2.5, 3.5])


@pytest.mark.slow
def test_finished_runs_are_kept_and_not_run_again(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "alfworld_long.py"), "--games", "generated"]
    command += ["--model", "tiny", "--max-steps", "4", "--iterations", "1", "--eval-tasks", "2"]
    command += ["--tasks-per-iteration", "1", "--group-size", "2", "--arms", "GRPO"]
    command += ["--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs")]

    def call(*more):
        return subprocess.run([*command, *more], check=False, capture_output=True, text=True)

    assert "finished GRPO, seed 3" in call("--seeds", "3").stdout
    again = call("--seeds", "3-4")
    assert "seed 3" not in again.stdout and "finished GRPO, seed 4" in again.stdout
    lines = (tmp_path / "out" / "runs.jsonl").read_text().splitlines()
    assert [json.loads(line)["seed"] for line in lines] == [3, 4]
    assert len(json.loads(lines[0])["held_out"]) == 2
    assert "the time is over" in call("--seeds", "5", "--minutes", "0").stdout
    other = call("--seeds", "5", "--learning-rate", "1e-9")
    assert other.returncode == 1 and "another learning_rate" in other.stderr
