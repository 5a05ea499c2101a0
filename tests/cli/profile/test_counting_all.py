"""What `onelayer profile` does with a run that diverges, with dev tasks, masks and transplants, for real."""

import json

import pytest
from helpers import run_profile

pytest.importorskip("torch")

from onelayer.evals.contribution.profile_file import load_profile


def test_a_run_that_diverges_counts_with_its_last_finite_weights(
    quick, tmp_path, capsys, monkeypatch
):
    import torch

    from onelayer.trainers.update import Learner

    update = Learner.update

    def diverging(self, episodes, advantages_N, iteration):
        metrics = update(self, episodes, advantages_N, iteration)
        if self.config.layers == "1" and iteration == 1:
            with torch.no_grad():
                next(iter(self.parameters.values())).view(-1)[0] = float("nan")
        return metrics

    monkeypatch.setattr(Learner, "update", diverging)
    settings = quick(iterations=3)
    assert run_profile(settings) == 0
    said = "training diverged in iteration 1; scored with its weights after 1"
    shown = capsys.readouterr()
    assert f"layer-01-seed-1 counts as it ended: {said}" in shown.out + shown.err
    assert f"1 of 3 runs failed and counts as it ended (layer-01-seed-1: {said})" in shown.out
    found = {run.name: run for run in load_profile(tmp_path / "profile").runs}
    assert set(found) == {"full-seed-1", "layer-01-seed-1", "layer-02-seed-1"}
    assert found["layer-01-seed-1"].failed == said
    assert found["layer-01-seed-1"].episodes == 2 * 8  # what it played until then
    # Its weights are those of a run that was to have one iteration.
    monkeypatch.setattr(Learner, "update", update)
    short = quick(iterations=1, layer_list="1", out=tmp_path / "short")
    assert run_profile(short) == 0
    one = {run.name: run.scores for run in load_profile(tmp_path / "short").runs}
    assert found["layer-01-seed-1"].scores == one["layer-01-seed-1"]
    # A second call trains it no more.
    (tmp_path / "profile" / "scores" / "layer-01-seed-1.json").unlink()
    assert run_profile(settings) == 0
    again = {run.name: run for run in load_profile(tmp_path / "profile").runs}
    assert again["layer-01-seed-1"].scores == found["layer-01-seed-1"].scores
    assert again["layer-01-seed-1"].failed == said


def test_a_run_that_diverges_at_once_counts_as_the_base(quick, tmp_path, monkeypatch):
    from onelayer.trainers.bad_steps import Diverged
    from onelayer.trainers.update import Learner

    update = Learner.update

    def diverging(self, *arguments):
        if self.config.layers == "1":
            raise Diverged("training diverged: 3 optimizer steps in a row had no finite numbers")
        return update(self, *arguments)

    monkeypatch.setattr(Learner, "update", diverging)
    assert run_profile(quick(iterations=1)) == 0
    found = load_profile(tmp_path / "profile")
    runs = {run.name: run for run in found.runs}
    assert runs["layer-01-seed-1"].scores == found.base[0]
    assert runs["layer-01-seed-1"].failed.endswith("scored as the base")
    assert runs["layer-02-seed-1"].failed is None


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
