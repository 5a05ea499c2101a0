"""The page of the study is made from raw results, whichever of them are there."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import drawn_profile

from onelayer.evals.contribution.profile_file import load_profile, save_profile

ROOT = Path(__file__).parents[3]
HUMP = {0: 0.2, 1: 0.45, 2: 0.65, 3: 0.63, 4: 0.4, 5: 0.15}


@pytest.fixture
def study(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import study

    return study


@pytest.fixture
def raw(tmp_path):
    """Return ``raw(family, algorithm, controls=...)``, which writes a raw result."""

    def write(family, algorithm, controls=None, **more):
        rng = np.random.default_rng(len(family + algorithm))
        settings = {"base": 0.1, "full": 0.55, "task_sd": 0.05, "seed_sd": 0.01} | more
        profile = drawn_profile(rng, layers=HUMP, algorithm=algorithm, **settings)
        runs = [replace(run, update_norm=(0.5,) * len(run.layers)) for run in profile.runs]
        for name, mean in (controls or {}).items():
            scores = tuple((rng.random(480) < mean).astype(float).tolist())
            runs.append(replace(runs[0], name=name, role="control", control=name, scores=scores))
        model = replace(profile.model, id=f"tiny-{family}", family=family)
        path = tmp_path / "results" / f"{family}-{algorithm}.json"
        save_profile(replace(profile, model=model, runs=tuple(runs)), path)
        return path

    return write


def build(study, tmp_path):
    (tmp_path / "results").mkdir(exist_ok=True)
    settings = study.read_settings(tmp_path / "results")
    figures = study.figure_paths(settings, tmp_path / "results")
    return study.page(settings, figures, tmp_path)


def test_without_raw_results_the_page_says_that_all_is_missing(study, tmp_path):
    page = build(study, tmp_path)
    assert "tiny Qwen3, GiGPO: all of it (5 seeds were planned)" in page
    assert "controls: random, mid, best, worst, boost, lora, lr" in page
    assert "## In short" not in page


def test_one_setting_gives_its_findings_and_says_what_is_missing(study, raw, tmp_path):
    raw("qwen3", "gigpo")
    page = build(study, tmp_path)
    assert "| &nbsp;&nbsp;over all others | holds |" in page
    assert "| 3. The worst layers are at the ends | holds |" in page
    assert "the best layer over LoRA" not in page
    best = study.read_settings(tmp_path / "results")[0].profile.best
    assert best.layer in (2, 3)
    assert f"the best layer, {best.layer}, has C = {best.contribution:.2f}" in page
    assert "tiny Qwen3, GRPO: all of it (3 seeds were planned)" in page
    assert "tiny Qwen3, GiGPO: 2 of 5 seeds of layer 0, layer 1" in page
    assert "](results/tiny-qwen3-gigpo.png)" in page


def test_settings_are_compared_by_what_they_differ_in(study, raw, tmp_path):
    for family, algorithm in (("qwen3", "gigpo"), ("qwen3", "grpo"), ("qwen2", "gigpo")):
        raw(family, algorithm)
    page = build(study, tmp_path)
    assert "| &nbsp;&nbsp;between algorithms | holds |" in page
    assert "| &nbsp;&nbsp;between model families | holds |" in page
    assert "Between algorithms; tiny Qwen3, GiGPO and tiny Qwen3, GRPO: rho" in page
    assert "Between model families; tiny Qwen3, GiGPO and tiny Qwen2, GiGPO: rho" in page


def test_controls_are_held_against_each_other(study, raw, tmp_path):
    controls = {
        "random:2 draw 0": 0.3,
        "random:2 draw 1": 0.33,
        "best:2": 0.6,
        "worst:2": 0.12,
        "lora": 0.3,
        "layer 3 lr x3": 0.2,
        "layer 5 lr /3": 0.9,
    }
    raw("qwen3", "gigpo", controls)
    page = build(study, tmp_path)
    assert "| &nbsp;&nbsp;best over random layers | holds |" in page
    assert "| &nbsp;&nbsp;full training over LoRA | holds |" in page
    assert "| 7. The learning rate does not decide: |  |" in page
    assert "| &nbsp;&nbsp;the best layer, learning rate x3 | does not hold |" in page
    assert "The worst layer, learning rate /3; tiny Qwen3, GiGPO: layer 5 lr /3 less" in page
    assert "look better, or worse, than they are" in page
    assert "controls: mid, boost\n" in page


def test_layers_that_dev_tasks_chose_are_not_said_to_look_better(study, raw, tmp_path):
    path = raw("qwen3", "gigpo", {"best:2": 0.6})
    chosen = {"selection": {"source": "this profile", "ranking": [2, 3], "on_dev": True}}
    save_profile(replace(load_profile(path), config=chosen), path)
    page = build(study, tmp_path)
    assert "boosted layers were chosen by its scores on dev." in page
    assert "look better, or worse, than they are" not in page


def test_a_setting_without_a_gain_has_no_contributions(study, raw, tmp_path):
    raw("qwen3", "gigpo", full=0.1)
    page = build(study, tmp_path)
    assert "tiny Qwen3, GiGPO: C(k) is undefined: training everything gained" in page
    assert "| 1. One layer recovers most of full training | not measured |" in page


def test_figures_and_page_are_written(study, raw, tmp_path):
    pytest.importorskip("matplotlib")
    raw("qwen3", "gigpo")
    study.build(tmp_path / "results", tmp_path / "study.md")
    page = (tmp_path / "study.md").read_text()
    shown = re.findall(r"\]\((results/[^)]+)\)", page)
    assert len(shown) == 2 and all((tmp_path / name).is_file() for name in shown)


def test_a_result_is_taken_in_without_the_folders_of_the_machine(study, raw, tmp_path):
    path = raw("qwen3", "gigpo")
    profile = load_profile(path)
    config = {"out": "/home/somebody/runs/x", "seeds": [1, "/data/y"], "note": "3/4"}
    model = replace(profile.model, id="/home/somebody/tiny")
    save_profile(replace(profile, config=config, model=model), path)
    study.take_in(path, tmp_path / "taken.json")
    taken = load_profile(tmp_path / "taken.json")
    assert taken.config == {"out": "x", "seeds": [1, "y"], "note": "3/4"}
    assert taken.model.id == "tiny" and taken.runs == profile.runs


def test_the_page_in_the_repository_is_what_its_raw_results_say(study):
    settings = study.read_settings(study.RESULTS)
    figures = study.figure_paths(settings, study.RESULTS)
    assert study.page(settings, figures, study.DOCS) == (study.DOCS / "study.md").read_text()
    assert all(path.is_file() for path in figures.values())


def test_raw_results_name_no_folder_of_a_machine(study):
    import study_data

    for path in study.RESULTS.glob("*.json"):
        content = json.loads(path.read_text())
        for part in ("config", "model"):
            assert study_data.without_folders(content[part]) == content[part], path.name


def test_the_table_among_the_results_is_what_the_raw_results_say(study):
    page = (study.DOCS / "results.md").read_text()
    settings = study.read_settings(study.RESULTS)
    assert settings
    for setting in settings:
        profile, full = setting.profile, setting.profile.full
        rows = sorted(profile.contributions, key=lambda row: row.score)
        worst, best = (
            f"{row.layer}: C = {row.contribution:.2f} [{row.low:.2f}, {row.high:.2f}]"
            for row in (rows[0], rows[-1])
        )
        gain, low, high = (f"{100 * x:+.1f}" for x in (full.gain, full.gain_low, full.gain_high))
        seeds = len(profile.of_layer(rows[0].layer))
        row = f"| {setting.label} | {seeds} | {gain} points [{low}, {high}] | {best} | {worst} |"
        assert row in page
