"""The second study's raw results: what is kept is what is read, and what is there is not measured again."""

import json
import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

LAYERS = (0, 3, 6, 9, 12, 15, 18, 21, 25, 29)


@pytest.fixture
def lines():
    """A setting of three seeds: of ten layers of thirty, the middle one gains most."""
    random = np.random.default_rng(0)
    tasks, dev = [f"t{i}" for i in range(60)], [f"d{i}" for i in range(40)]

    def file(name, chance, layers=None, **more):
        play = lambda n: (random.random(n) < chance).astype(float).tolist()  # noqa: E731
        scores = {"name": name, "tasks": tasks, "scores": play(60)}
        scores |= {"dev_tasks": dev, "dev_scores": play(40), "update_norm": None, "failed": None}
        costs = {"seconds": 2.0, "cpu_seconds": 1.0, "tokens": 100, "episodes": 8}
        return scores | costs | {"trained_parameters": 5} | more

    found = [{"name": "base-0", "run": {}, "file": file("base-0", 0.1)}]

    def add(name, role, layers, seed, chance, control=None, **more):
        run = {"role": role, "control": control, "layers": layers, "seed": seed}
        run["learning_rate"] = 1e-3
        found.append({"name": name, "run": run, "file": file(name, chance, **more)})

    for seed in (1, 2, 3):
        add(f"full-seed-{seed}", "full", list(range(30)), seed, 0.8)
        for k in LAYERS:
            chance = 0.75 if k == 15 else 0.4
            add(f"layer-{k:02d}-seed-{seed}", "layer", [k], seed, chance, update_norm=[1.0 + k])
            add(f"transplant-{k:02d}-seed-{seed}", "transplant", [k], seed, 0.2)
        add(f"lora-seed-{seed}", "control", list(range(30)), seed, 0.7, control="lora")
    found[2]["file"]["failed"] = "training diverged in iteration 3; scored with its weights after 3"
    about = {
        "created": "2026-11-27T00:00:00+00:00",
        "model": {"id": "smollm2", "fingerprint": "f", "num_layers": 30, "family": "llama"},
        "env": "onelayer/Math-v0",
        "env_args": {"families": "basic_arithmetic"},
        "algorithm": "grpo",
        "budget": {"iterations": 2, "episodes_per_run": 8, "lr_full": 1e-4, "lr_layer": 1e-3},
    }
    return [{"about": about, "selection": None}, *found]


@pytest.fixture
def results(lines, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "sums-grpo.jsonl").write_text(text)
    return folder


def test_a_file_is_a_profile(results, lines):
    from study2_data import read

    profile = read(results / "sums-grpo.jsonl")
    assert len(profile.runs) == 3 * (1 + 10 + 10 + 1)
    assert profile.layers == LAYERS
    assert profile.runs[0].scores == tuple(lines[2]["file"]["scores"])
    assert [run.name for run in profile.runs if run.failed] == ["layer-00-seed-1"]
    assert (len(profile.tasks), len(profile.dev_tasks)) == (60, 40)


def test_what_is_there_is_put_back_and_never_over_what_is_newer(results, lines, tmp_path):
    from study2_data import restore

    folder = tmp_path / "profile"
    (folder / "scores").mkdir(parents=True)
    (folder / "scores" / "base-0.json").write_text("newer")
    assert restore(results / "sums-grpo.jsonl", folder) == len(lines) - 2
    assert (folder / "scores" / "base-0.json").read_text() == "newer"
    put_back = json.loads((folder / "scores" / "full-seed-1.json").read_text())
    assert put_back == lines[2]["file"]
    assert restore(results / "none.jsonl", folder) == 0


def test_what_other_seeds_measured_stays_where_one_seed_is_kept(results, tmp_path):
    from study2_data import keep, read, restore

    path, folder = results / "sums-grpo.jsonl", tmp_path / "profile"
    restore(path, folder)
    whole = read(path)
    first = replace(whole, runs=tuple(run for run in whole.runs if run.seed == 1))
    profiler = SimpleNamespace(
        record=lambda: first,
        selection=None,
        scores={"base-0": None} | dict.fromkeys(run.name for run in first.runs),
        folder=SimpleNamespace(score_path=lambda name: folder / "scores" / f"{name}.json"),
    )
    keep(profiler, path)
    kept = read(path)
    assert sorted(kept.runs, key=str) == sorted(whole.runs, key=str)
    assert kept.base == whole.base
    path.unlink()  # and what is not there comes from the profile alone
    keep(profiler, path)
    assert {run.seed for run in read(path).runs} == {1} and len(read(path).base) == 1


def test_profiles_of_one_task_share_the_scores_of_the_untouched_model(tmp_path, monkeypatch):
    from study2_data import share_bases

    monkeypatch.chdir(tmp_path)
    one, other, third = (Path(name) for name in ("one", "other", "third"))
    (one / "scores").mkdir(parents=True)
    for name in ("base-0", "full-seed-1"):
        (one / "scores" / f"{name}.json").write_text(name)
    for setting, folder in (("sums-grpo", one), ("sums-dr-grpo", other), ("maze-grpo", third)):
        share_bases(setting, folder)
    assert [file.name for file in (other / "scores").iterdir()] == ["base-0.json"]
    assert not list((third / "scores").iterdir())


TRIAL = {
    "model": "tiny",
    "dtype": "float32",
    "layer_list": 3,
    "iterations": 1,
    "tasks_per_iteration": 1,
    "group_size": 2,
    "eval_tasks": 3,
    "dev_tasks": 2,
    "base_evaluations": 1,
}


@pytest.mark.slow
def test_tuning_goes_on_where_it_stopped_and_plays_the_untouched_model_once(
    tmp_path, monkeypatch, capsys
):
    import study2

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setitem(study2.TRIED, "maze", {"full": (1e-4,), "layer": (1e-3,)})
    (tmp_path / "model").mkdir()
    words = ["tune", "--model", "model", "--settings", "maze-grpo", "--jobs", "1", "--set"]
    words += [f"{name}={value}" for name, value in TRIAL.items()]
    monkeypatch.setattr(sys, "argv", ["study2.py", "--results", str(tmp_path / "results"), *words])
    study2.main()
    monkeypatch.setitem(study2.TRIED, "maze", {"full": (1e-4, 2e-4), "layer": (1e-3, 2e-3)})
    monkeypatch.chdir(tmp_path)
    study2.main()
    lines = (tmp_path / "results" / "tuning.jsonl").read_text().splitlines()
    found = [(line["arm"], line["rate"], line["n"]) for line in map(json.loads, lines)]
    assert found == [
        ("full", 1e-4, 2),
        ("layer 3", 1e-3, 2),
        ("full", 2e-4, 2),
        ("layer 3", 2e-3, 2),
    ]
    assert capsys.readouterr().out.count("base-0 scored") == 1


@pytest.mark.slow
@pytest.mark.parametrize("layers", ["3", "lora", "all"])
def test_the_cost_of_an_arm_is_that_of_its_second_iteration(monkeypatch, capsys, layers):
    import study2_cost
    from study2_settings import settings_of

    trial = TRIAL | {"iterations": 2, "layer_list": "3"}
    study2_cost.one_arm(settings_of("sums-grpo", ()) | trial, layers)
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["tokens"] > 0 and found["cpu_seconds"] > 0 and found["peak_mib"] > 100
    assert found["parameters"] == {"3": 213_312, "lora": 215_040, "all": 1_390_208}[layers]


def test_what_is_left_counts_runs(results):
    from study2 import missing_runs, what_is_left
    from study2_settings import SEEDS, wanted_runs

    assert len(wanted_runs("maze-grpo", (1, 2))) == 2 + 11 * 2  # no ranking by all seeds yet
    ranked = wanted_runs("maze-grpo", SEEDS, (12, 9, 15, 29))
    assert len(ranked) == 2 + 11 * 3 + (4 + 4) * 3
    assert "layer-12-lr-x3-seed-1" in ranked and "layer-29-lr-div3-seed-3" in ranked
    assert len(wanted_runs("maze-gigpo", (1,))) == 2 + 11 + 2
    assert len(wanted_runs("sums-grpo", (1,))) == 2 + 11 + 4 + 10
    assert len(wanted_runs("alfworld-gigpo", (1,))) == 2 + 9
    assert missing_runs(results / "sums-grpo.jsonl", "sums-grpo", (1,))[0] == "base-1"
    left = what_is_left(results, SEEDS)
    assert "- sums-grpo: 10 of 77 runs" in left
    assert "- maze-gigpo: 41 of 41 runs" in left


def test_the_page_says_what_is_there_what_failed_and_what_cannot_be_told(results, tmp_path):
    from study2_page import build

    build(results, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "- sums-grpo: 10 of 77 runs" in page
    assert "(results/contributions.png)" in page
    assert (results / "contributions.png").read_bytes()[:4] == b"\x89PNG"
    assert "layer 15 less lora, without its luck" in page and "seeds would)" in page
    assert "[that of all scores](page-scores.md)" in page
    assert re.search(r"sums, GRPO \| +everything \| \d+\.\d % \[.*\] \| +100 \| +1 \|", page)
    assert re.search(r"sums, GRPO \| +layer 15, the middle one, best on dev \|", page)
    scores = (tmp_path / "page-scores.md").read_text()
    assert "1 of 36 runs failed and counts as it ended" in scores
    assert "Layer 15 scores highest on the dev tasks" in scores


def test_a_setting_whose_layers_are_not_all_there_has_scores_and_no_findings(results, tmp_path):
    from study2_page import build

    path = results / "sums-grpo.jsonl"
    lines = [line for line in path.read_text().splitlines() if '"layer-18-' not in line]
    path.write_text("\n".join(lines) + "\n")
    build(results, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "## In short" not in page and "- sums-grpo: 13 of 77 runs" in page
    assert "## sums, GRPO" in (tmp_path / "page-scores.md").read_text()


def test_seeds_needed_make_half_the_interval_as_small_as_the_effect():
    from study2_seeds import ranking_seeds, seeds_needed

    from onelayer.evals.estimates import Estimate

    assert seeds_needed(3, Estimate(0.1, -0.1, 0.3)) == "12"  # twice as wide: four times as many
    assert seeds_needed(3, Estimate(0.0, -0.1, 0.1)) == "over 300"
    assert seeds_needed(2, Estimate(0.3, -0.001, 0.59)) == "3"  # never as many as there are
    # Two seeds that agree with 0.5: rho of 0.3 seen is 0.45 without noise, and 0.548 of 10 is needed.
    assert "seeds alone would not do" in ranking_seeds(0.3, (0.5, 0.5), (2, 2), 10)
    assert "about" in ranking_seeds(0.45, (0.5, 0.5), (2, 2), 10)
    assert "disagree" in ranking_seeds(0.45, (math.nan, 0.5), (2, 2), 10)
    assert "from one" in ranking_seeds(0.45, (math.nan, 0.5), (1, 2), 10)
    assert "no number of seeds would do" in ranking_seeds(-0.45, (0.5, 0.5), (2, 2), 10)


def test_costs_stand_in_the_order_of_the_settings_and_the_last_one_counts(tmp_path):
    from study2_gains import measured_costs

    measured = [("maze-grpo", "full", 1), ("sums-grpo", "layer 9", 2), ("maze-grpo", "full", 3)]
    lines = [json.dumps({"setting": s, "arm": arm, "tokens": n}) for s, arm, n in measured]
    (tmp_path / "cost.jsonl").write_text("\n".join(lines))
    found = {key: entry["tokens"] for key, entry in measured_costs(tmp_path).items()}
    assert list(found.items()) == [(("sums, GRPO", "layer 9"), 2), (("maze, GRPO", "full"), 3)]
