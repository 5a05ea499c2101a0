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
def report():
    import alfworld_long_report

    return alfworld_long_report


def final(wins):
    return {"attempts": 2, "wins": wins, "wins_and_episodes": {"a": [sum(wins), 2 * len(wins)]}}


def run(arm, seed, wins, held_out=(0.3, 0.5, 0.6), **training):
    shared = {"model": "small", "layers": "mid", "games": "generated", "max_steps": 50}
    shared |= {"tasks_per_iteration": 2, "group_size": 4, "iterations": 10, "eval_tasks": 40}
    shared |= {"eval_split": "valid_seen", "eval_temperature": 1.0, "final_attempts": 2}
    told = dict.fromkeys(
        ("success", "step_advantage", "groups_without_signal", "episode_length"), [0.0] * 10
    )
    told |= {"valid_actions": [1.0] * 10, "lone_steps": [0.5] * 10, "step_group_size": [2.0] * 10}
    return {
        "arm": arm,
        "seed": seed,
        "settings": shared,
        "episodes": [0, 40, 80],
        "held_out": list(held_out),
        "training": {**told, **training},
        "trained": final(wins),
    }


def cells(table, arm, which=0):
    lines = [line for line in table.splitlines() if line.startswith(f"| {arm} |")]
    return [cell.strip() for cell in lines[which].strip("|").split("|")]


def test_the_table_holds_success_gain_differences_and_sample_efficiency(report):
    runs = [
        run("GiGPO", 0, [2, 2, 1, 0], [0.3, 0.5, 0.6]) | {"base": final([1, 0, 1, 0])},
        run("GiGPO", 1, [2, 2, 2, 1], [0.3, 0.3, 0.7]),
        run("GRPO", 0, [1, 2, 0, 0], [0.3, 0.35, 0.4]),
        run("GRPO", 1, [2, 1, 1, 0], [0.3, 0.35, 0.5]),
    ]
    found = cells(report.table(runs), "GiGPO")
    assert found[1] == "2"
    assert found[2].startswith("75.0% [")
    assert found[3].startswith("+50.0 [")
    assert found[4].startswith("+31.2 [")
    assert found[5] == "62.5%, 87.5%"
    assert found[6] == "35 (2 of 2)"  # halfway up at 20, and a quarter of the way from 40 at 50
    assert cells(report.table(runs), "GRPO")[6:] == ["67 (2 of 2)", "more (1 of 2)"]
    assert cells(report.table(runs), "before") == ["before", "25.0%"]
    assert cells(report.table(runs), "GiGPO", 1) == ["GiGPO", "75.0%"]


def test_what_one_layer_recovers_is_a_share_of_what_all_layers_gain(report):
    untouched = {"base": final([1, 0, 0, 0])}  # 1 of 8
    runs = [run("GiGPO", 0, [2, 1, 0, 0]) | untouched]  # +2
    assert "with all layers" not in report.table(runs)
    runs.append(run("GiGPO, all layers", 0, [2, 2, 1, 0]))  # +4
    assert "--layers mid gains 0.50 [" in report.table(runs)


def test_a_difference_is_of_seeds_that_both_have(report):
    runs = [run("GRPO", 1, [1, 0, 0, 0]), run("Dr. GRPO", 1, [1, 1, 0, 0])]
    runs.append(run("Dr. GRPO", 2, [2, 2, 2, 2]))
    assert cells(report.table(runs), "Dr. GRPO")[4].startswith("+12.5 [")


def test_an_interval_of_one_run_is_that_of_its_games(report):
    difference = np.array([0.5, 0.0, 0.0, 0.5])
    reach = 3.18245 * difference.std(ddof=1) / 2  # Student's t of 3 degrees
    low, high = 100 * (0.25 - reach), 100 * (0.25 + reach)
    shown = report.points(np.array([[1.0, 0.5, 0.0, 0.5]]), np.array([[0.5, 0.5, 0.0, 0.0]]))
    assert shown == f"+25.0 [{low:+.1f}, {high:+.1f}]"


def test_what_steps_are_compared_with_is_told_of_the_begin_and_the_end(report):
    lone = [0.8] * 2 + [0.5] * 6 + [0.2] * 2
    found = cells(report.table([run("GiGPO", 0, [1, 2], lone_steps=lone)]), "GiGPO", 2)
    assert found[1] == "80%, 20%"


def test_the_picture_is_drawn_of_several_seeds_and_of_one(report, tmp_path):
    runs = [run("GiGPO", 0, [1, 2]), run("GiGPO", 1, [1, 2], [0.3, 0.5, 0.5])]
    report.draw([*runs, run("GRPO", 0, [1, 2], [0.3, 0.4, 0.4])], tmp_path / "curves.png")
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
    first, second = map(json.loads, lines)
    assert len(first["held_out"]) == 2
    assert len(first["trained"]["wins"]) == len(first["base"]["wins"]) == 2
    assert first["trained"]["attempts"] == 3 and "base" not in second
    assert "the time is over" in call("--seeds", "5", "--minutes", "0").stdout
    other = call("--seeds", "5", "--learning-rate", "1e-9")
    assert other.returncode == 1 and "another learning_rate" in other.stderr
