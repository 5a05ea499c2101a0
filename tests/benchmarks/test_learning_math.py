"""What the benchmark says about its results is what the results hold."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark():
    path = ROOT / "benchmarks" / "learning_math.py"
    spec = importlib.util.spec_from_file_location("benchmark_learning_math", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(arm, sampled, greedy, **more):
    curve = {
        "learning_rate": 0.001,
        "episodes": [0, 128],
        "success": [0.1, 0.5],
        "training_success": [0.1],
        "reply_tokens": [16.0, 8.0],
        "rollout_seconds": 90.0,
        "update_seconds": 30.0,
    }
    return {"arm": arm, "sampled": sampled, "greedy": greedy, **curve, **more}


@pytest.fixture
def results():
    """Ten problems; the untouched model is right on one in five, the trained ones on more."""
    untouched = run("untouched", [0.2] * 10, [1.0] * 2 + [0.0] * 8)
    return {
        "model": "chat",
        "problems": 10,
        "runs": [
            untouched,
            run("middle layer", [0.5] * 10, [1.0] * 6 + [0.0] * 4, seed=0),
            run("middle layer", [0.7] * 10, [1.0] * 8 + [0.0] * 2, seed=1),
            run("all layers", [0.5] * 10, [1.0] * 5 + [0.0] * 5, seed=0, learning_rate=1e-4),
        ],
    }


def cells(table, arm):
    [line] = [line for line in table.splitlines() if line.startswith(f"| {arm} |")][:1]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_holds_means_over_seeds_gains_and_every_seed(benchmark, results):
    found = cells(benchmark.table(results), "middle layer")
    assert found[1] == "0.001"
    assert found[2].startswith("60.0% [")
    assert found[3] == "+40.0 [+40.0, +40.0]"  # the same gain on every problem
    assert found[4] == "50.0%, 70.0%"
    assert found[5].startswith("70.0% [")
    assert found[7] == "60.0%, 80.0%"


def test_an_accuracy_has_wilsons_interval(benchmark, results):
    # 2 of 10: centre (0.2 + 1.9208 / 10) / 1.38415, half width 0.28696 / 1.38415 (z = 1.95996)
    assert cells(benchmark.table(results), "untouched")[5] == "20.0% [5.7%, 51.0%]"


def test_the_arms_are_compared_on_the_same_problems(benchmark, results):
    found = cells(benchmark.table(results), "middle layer minus all")
    assert found[3] == "+10.0 [+10.0, +10.0]"
    # greedy, the mean over seeds: 1 more on problem 6, and 1/2 more on 7 and 8
    assert found[6].startswith("+20.0 [")


def test_a_run_costs_what_its_metrics_say(benchmark, results):
    line = next(
        line
        for line in benchmark.table(results).splitlines()
        if line.startswith("| middle layer | ") and "min" in line
    )
    episodes = 2 * benchmark.SETTINGS["tasks_per_iteration"] * benchmark.SETTINGS["group_size"]
    assert line == f"| middle layer | {episodes} | 16.0, 8.0 | 1.5 min | 0.5 min |"


def test_held_out_problems_differ_in_their_text_and_are_not_trained_on(benchmark):
    pytest.importorskip("reasoning_gym")
    from onelayer.envs.plugins import make

    test = make(benchmark.ENV, **benchmark.PROBLEMS, split="test")
    chosen = benchmark.held_out_problems()
    texts = {test.reset(options={"task": task})[0] for task in chosen}
    assert len(texts) == len(chosen) > 60
    train = make(benchmark.ENV, **benchmark.PROBLEMS, split="train")
    trained = {train.reset(options={"task": task})[0] for task in train.unwrapped.tasks[:300]}
    assert not texts & trained


def test_the_problems_have_right_answers(benchmark):
    pytest.importorskip("reasoning_gym")
    from onelayer.envs.plugins import make

    env = make(benchmark.ENV, **benchmark.PROBLEMS, split="test")
    for task in benchmark.held_out_problems():
        text, _ = env.reset(options={"task": task})
        one, operator, other = text.removeprefix("Calculate ").removesuffix(".").split()
        one, other = int(one), int(other)
        right = {"+": one + other, "-": one - other, "*": one * other}[operator]
        *_, info = env.step(f"The answer is {right}.")
        assert info["success"], text
        env.reset(options={"task": task})
        *_, info = env.step(f"The answer is {right + 1}.")
        assert not info["success"], text


def test_the_stored_table_is_that_of_the_stored_results(benchmark):
    folder = ROOT / "docs" / "results" / "learning_math"
    stored = json.loads((folder / "results.json").read_text())
    assert (folder / "table.md").read_text() == benchmark.table(stored)
    assert stored["settings"] == benchmark.SETTINGS
    assert all(len(r["greedy"]) == stored["problems"] for r in stored["runs"])


def test_the_page_shows_the_stored_table(benchmark):
    folder = ROOT / "docs" / "results" / "learning_math"
    rows = (folder / "table.md").read_text().split("\n\n")[1]
    assert rows in (ROOT / "docs" / "math.md").read_text()
