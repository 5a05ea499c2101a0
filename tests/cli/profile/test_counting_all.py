"""What `onelayer profile` does with dev tasks, masks and transplants, for real."""

import json
import shutil

import pytest
from helpers import known_score, run_profile

pytest.importorskip("torch")

from onelayer.evals.contribution.profile_file import load_profile
from onelayer.trainers.profile.workers import Workers


def test_choices_are_made_by_dev_tasks_and_the_others_are_reported(quick, tmp_path, capsys):
    """Ten digits: eight test tasks, of which the suite plays three."""
    settings = quick(env_args="{digits: 10, length: 1}", seeds="1", controls="best:1,mask")
    assert run_profile({**settings, "dev_tasks": 4}) == 0
    shown = capsys.readouterr().out
    found = load_profile(tmp_path / "profile")
    assert (len(found.tasks), len(found.dev_tasks)) == (3, 4)
    assert not set(found.tasks) & set(found.dev_tasks)
    assert {len(run.dev_scores) for run in found.runs} == {4}
    assert found.config["selection"]["on_dev"] is True
    assert "3 held-out tasks, and 4 dev tasks beside them for what is chosen" in shown
    assert "chosen by this profile's scores on the dev tasks" in shown
    best = max(found.contributions, key=lambda row: (row.dev_score, -row.layer)).layer
    chosen = json.loads((tmp_path / "profile" / "selection.json").read_text())
    assert chosen["ranking"][0] == best
    [mask] = [run for run in found.runs if run.control == "mask"]
    one = next(run for run in found.runs if run.role == "layer")
    assert mask.trained_parameters == pytest.approx(one.trained_parameters, rel=0.01)


def test_more_dev_tasks_than_there_are_are_refused(quick, errors):
    assert run_profile(quick(env_args="{digits: 10, length: 1}", dev_tasks=40)) == 2
    assert "held-out tasks beside the 3 of the suite, fewer than --dev-tasks 40" in errors()[0]


def test_transplanted_layers_are_those_of_full_training(quick, tmp_path):
    from safetensors.torch import load_file

    settings = quick(layer_list="0-2", controls="transplant", iterations=1, seeds="1")
    assert run_profile(settings) == 0
    found = load_profile(tmp_path / "profile")
    moved = {run.layers[0]: run for run in found.runs if run.role == "transplant"}
    assert sorted(moved) == [0, 1, 2]
    full = load_file(tmp_path / "profile" / "runs" / "full-seed-1" / "layer.safetensors")
    base = load_file(tmp_path / "model" / "model.safetensors")
    for layer, run in moved.items():
        change = sum(
            float((full[name] - base[name]).square().sum())
            for name in full
            if f".layers.{layer}." in name
        )
        assert run.update_norm == (pytest.approx(change**0.5, rel=1e-4),)
        assert run.episodes is None  # nothing was trained for it
    assert found.transplant_agreement.layers == 3


def test_one_job_alone_trains_a_full_run_again_whose_weights_are_gone(quick, pretend, monkeypatch):
    pretend(known_score)
    pretended, batches = Workers.carry_out, []

    def carry_out(self, jobs):
        batches.append([job.name for job in jobs if job.transplant is not None])
        return pretended(self, jobs)

    monkeypatch.setattr(Workers, "carry_out", carry_out)
    settings = quick(layer_list="0-2", controls="transplant", seeds="1,2")
    assert run_profile(settings) == 0
    first, rest = filter(None, batches)
    assert first == ["transplant-02-seed-1", "transplant-02-seed-2"]
    assert sorted(rest) == [f"transplant-0{k}-seed-{s}" for k in (0, 1) for s in (1, 2)]
    batches.clear()
    assert run_profile({**settings, "layer_list": "0-3"}) == 0
    assert [*filter(None, batches)] == [["transplant-03-seed-1", "transplant-03-seed-2"]]


@pytest.mark.slow
def test_transplants_need_no_weights_of_a_full_run_that_has_scores(quick, tmp_path):
    settings = quick(layer_list="0-2", iterations=1, jobs=2)
    assert run_profile(settings) == 0
    shutil.rmtree(tmp_path / "profile" / "runs" / "full-seed-1")
    assert run_profile({**settings, "controls": "transplant"}) == 0
    found = load_profile(tmp_path / "profile")
    assert [run.layers[0] for run in found.runs if run.role == "transplant"] == [0, 1, 2]


def test_runs_that_play_together_score_what_they_score_alone(quick, tmp_path):
    settings = quick(layer_list="0-2", seeds="1,2", controls="mid:2", iterations=1)
    assert run_profile(settings) == 0
    assert run_profile({**settings, "out": tmp_path / "together", "together": 3}) == 0
    alone, joined = (load_profile(tmp_path / name) for name in ("profile", "together"))
    assert [run.name for run in alone.runs] == [run.name for run in joined.runs]
    assert [run.scores for run in alone.runs] == [run.scores for run in joined.runs]
    for one, other in zip(alone.runs, joined.runs, strict=True):
        assert one.update_norm == pytest.approx(other.update_norm, rel=1e-3)
        assert not (tmp_path / "together" / "runs" / other.name / "checkpoints").exists()
