"""What `onelayer profile` measures, writes and shows, and what it does not measure again."""

import re

import pytest
from helpers import known_score, profile_without_clock, run_profile, typed

from onelayer.cli import main

pytest.importorskip("torch")

from onelayer.evals.contribution.profile_file import load_profile


def test_a_profile_is_measured_written_and_shown(quick, tmp_path, capsys):
    assert run_profile(quick(seeds="1,2", controls="mid:2,lora")) == 0
    shown = capsys.readouterr()
    folder = tmp_path / "profile"
    found = load_profile(folder)
    assert [run.name for run in found.runs] == [
        *("full-seed-1", "full-seed-2"),
        *("layer-01-seed-1", "layer-01-seed-2", "layer-02-seed-1", "layer-02-seed-2"),
        *("mid-2-seed-1", "lora-seed-1", "mid-2-seed-2", "lora-seed-2"),
    ]
    assert len(found.base) == 1
    assert len(found.tasks) == 3
    assert all(score * 16 == int(score * 16) for run in found.runs for score in run.scores)
    assert {run.episodes for run in found.runs} == {16}
    assert all(run.trained_parameters and run.seconds and run.update_norm for run in found.runs)
    assert [row.layer for row in found.contributions] == [1, 2]
    assert found.model.num_layers == 4
    page = (folder / "profile.md").read_text()
    assert "Layer contribution" in page
    assert page.strip() in shown.out
    assert (folder / "profile.png").stat().st_size > 1000
    assert "20/20" in shown.err  # iterations of all runs
    one = {path.name for path in (folder / "runs" / "layer-01-seed-1").iterdir()}
    assert one >= {"config.yaml", "metrics.jsonl", "layer.safetensors"}
    assert "checkpoints" not in one  # of many full runs they would fill a disk
    assert not list((folder / "scores").glob("*.jsonl"))


@pytest.mark.slow
def test_a_second_call_repeats_nothing(quick, tmp_path, capsys):
    assert run_profile(quick()) == 0
    first = profile_without_clock(tmp_path / "profile")
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "profile").glob("*s/**/*") if p.is_file()}
    config = tmp_path / "profile" / "profile.yaml"
    assert main(["profile", "--config", str(config)]) == 0
    assert profile_without_clock(tmp_path / "profile") == first
    assert {p: p.stat().st_mtime_ns for p in files} == files


def test_a_run_made_by_train_is_adopted(quick, tmp_path, capsys):
    """With its own words for the same things, and settings of evaluations that were never made."""
    settings = quick(layer_list="2")
    made = {k: v for k, v in settings.items() if k not in ("suite", "seeds", "layer_list", "jobs")}
    run = tmp_path / "profile" / "runs" / "layer-02-seed-1"
    made |= {"out": run, "layers": "mid", "seed": 1, "eval_every": 0, "eval_temperature": 0.4}
    made |= {"env_args": '{"length": 1, "digits": 4}'}
    assert main(["train", *typed(made)]) == 0
    before = {p: p.stat().st_mtime_ns for p in run.rglob("*")}
    assert run_profile(settings) == 0
    assert {p: p.stat().st_mtime_ns for p in run.rglob("*")} == before
    found = load_profile(tmp_path / "profile")
    assert [run.name for run in found.runs] == ["full-seed-1", "layer-02-seed-1"]


@pytest.mark.slow
def test_a_part_of_a_run_made_by_train_is_gone_on_with(quick, tmp_path, capsys):
    settings = quick(layer_list="2", iterations=4)
    made = {k: v for k, v in settings.items() if k not in ("suite", "seeds", "layer_list", "jobs")}
    run = tmp_path / "profile" / "runs" / "layer-02-seed-1"
    made |= {"out": run, "layers": "2", "seed": 1, "eval_every": 0, "iterations": 3}
    assert main(["train", *typed(made)]) == 0
    first = (run / "metrics.jsonl").read_text()
    assert run_profile(settings) == 0
    assert (run / "metrics.jsonl").read_text().startswith(first)
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 4


def test_layers_seeds_and_controls_can_be_added(quick, pretend, tmp_path):
    made = pretend(known_score)
    assert run_profile(quick(iterations=8, layer_list="1")) == 0
    count = len(made)
    assert run_profile(quick(iterations=8, layer_list="0-3", seeds="1,2", controls="mid:2")) == 0
    added = [job.name for job in made[count:]]
    assert len(added) == len(set(added)) == 2 * 6 - 2
    assert "layer-01-seed-1" not in added
    assert len(load_profile(tmp_path / "profile").runs) == 12


def test_base_evaluations_draw_other_numbers_for_the_same_tasks(quick, tmp_path):
    assert run_profile(quick(base_evaluations=3, layer_list="1")) == 0
    found = load_profile(tmp_path / "profile")
    assert len(found.base) == 3
    assert len(set(found.base)) > 1


@pytest.mark.slow
def test_a_run_with_adapters_is_trained_and_evaluated_by_the_other_commands(
    quick, tmp_path, capsys
):
    settings = {
        k: v for k, v in quick().items() if k not in ("suite", "seeds", "layer_list", "jobs")
    }
    settings |= {"out": tmp_path / "run", "layers": "all", "lora_rank": 2, "eval_every": 0}
    assert main(["train", *typed(settings)]) == 0
    assert re.search(
        r"adapters of rank 2 in layer 0, 1, 2, 3: [\d,]+ parameters", capsys.readouterr().out
    )
    assert main(["eval", str(tmp_path / "run"), "--suite", str(tmp_path / "suite.yaml")]) == 0
    assert "trained" in capsys.readouterr().out
