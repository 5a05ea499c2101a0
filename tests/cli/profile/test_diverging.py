"""What `onelayer profile` does with a run that diverges: it counts, whatever happens to the command."""

import json

import pytest
from helpers import run_profile

pytest.importorskip("torch")

from onelayer.evals.contribution.profile_file import load_profile
from onelayer.trainers.profile import perform
from onelayer.trainers.profile.failure import failure_in

CAUSE = "model.layers.1.self_attn.q_proj.weight holds numbers that are not finite"
AFTER_1 = f"training diverged in iteration 1: {CAUSE}; scored with its weights after 1"


@pytest.fixture
def diverging(monkeypatch):
    """Return ``diverging(*layers, iteration=1)``: runs of these layers alone break down there."""
    import torch

    from onelayer.trainers.update import Learner

    update = Learner.update

    def begin(*layers, at=1):
        def broken(self, episodes, advantages_N, iteration):
            metrics = update(self, episodes, advantages_N, iteration)
            if self.config.layers in layers and iteration == at:
                with torch.no_grad():
                    next(iter(self.parameters.values())).view(-1)[0] = float("nan")
            return metrics

        monkeypatch.setattr(Learner, "update", broken)

    return begin


def failed_runs(folder):
    return {run.name: run.failed for run in load_profile(folder).runs if run.failed is not None}


def test_it_counts_with_its_last_finite_weights(quick, tmp_path, capsys, diverging):
    diverging("1")
    settings = quick(iterations=3)
    assert run_profile(settings) == 0
    shown = capsys.readouterr()
    assert f"layer-01-seed-1 counts as it ended: {AFTER_1}" in shown.out + shown.err
    assert f"1 of 3 runs failed and counts as it ended (layer-01-seed-1: {AFTER_1})" in shown.out
    found = {run.name: run for run in load_profile(tmp_path / "profile").runs}
    assert set(found) == {"full-seed-1", "layer-01-seed-1", "layer-02-seed-1"}
    assert found["layer-01-seed-1"].failed == AFTER_1
    assert found["layer-01-seed-1"].episodes == 2 * 8  # what it played until then
    # Its weights are those of a run that was to have one iteration.
    diverging()
    short = quick(iterations=1, layer_list="1", out=tmp_path / "short")
    assert run_profile(short) == 0
    one = {run.name: run.scores for run in load_profile(tmp_path / "short").runs}
    assert found["layer-01-seed-1"].scores == one["layer-01-seed-1"]
    # A second call trains it no more.
    (tmp_path / "profile" / "scores" / "layer-01-seed-1.json").unlink()
    assert run_profile(settings) == 0
    again = {run.name: run for run in load_profile(tmp_path / "profile").runs}
    assert again["layer-01-seed-1"].scores == found["layer-01-seed-1"].scores
    assert again["layer-01-seed-1"].failed == AFTER_1


def test_one_that_diverges_at_once_counts_as_the_base(quick, tmp_path, diverging):
    diverging("1", at=0)
    assert run_profile(quick(iterations=1)) == 0
    found = load_profile(tmp_path / "profile")
    runs = {run.name: run for run in found.runs}
    assert runs["layer-01-seed-1"].scores == found.base[0]
    assert runs["layer-01-seed-1"].failed.endswith(f"{CAUSE}; scored as the base")
    assert runs["layer-02-seed-1"].failed is None


def test_one_that_was_stopped_before_it_was_noted_is_no_finished_run(
    quick, tmp_path, diverging, monkeypatch
):
    diverging("1")
    settings = quick(iterations=3)

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(perform, "keep_failure", stopped)
        assert run_profile(settings) == 130
    assert (tmp_path / "profile" / "runs" / "layer-01-seed-1" / "layer.safetensors").is_file()
    assert run_profile(settings) == 0
    assert failed_runs(tmp_path / "profile") == {"layer-01-seed-1": AFTER_1}


def test_a_damaged_note_is_said_and_without_it_the_run_goes_on(quick, tmp_path, diverging, errors):
    diverging("1")
    settings = quick(iterations=3)
    assert run_profile(settings) == 0
    note = tmp_path / "profile" / "runs" / "layer-01-seed-1" / "failed.json"
    note.write_text("{")
    (tmp_path / "profile" / "scores" / "layer-01-seed-1.json").unlink()
    errors()
    assert run_profile(settings) == 2
    [line] = errors()
    assert "failed.json is damaged" in line
    assert "remove it, and the run goes on" in line
    note.unlink()
    assert run_profile(settings) == 0
    assert failed_runs(tmp_path / "profile") == {"layer-01-seed-1": AFTER_1}
    assert json.loads(note.read_text())["reason"] == CAUSE


@pytest.mark.parametrize(
    "damaged", ["", "[1]", '{"iteration": 1}', '{"iteration": [], "weights_of": 1, "reason": ""}']
)
def test_a_note_of_anything_else_is_damaged(tmp_path, damaged):
    (tmp_path / "failed.json").write_text(damaged)
    with pytest.raises(ValueError, match=r"failed\.json is damaged .*; remove it"):
        failure_in(tmp_path)


def test_those_that_halving_drops_are_recorded_and_counted(quick, tmp_path, capsys, diverging):
    diverging("0", "2", at=0)
    settings = quick(iterations=4, layer_list="0-3", halving=True)
    assert run_profile(settings) == 0
    profile = load_profile(tmp_path / "profile")
    dropped = profile.halving["failed"]
    to_the_end = {run.name: run.failed for run in profile.runs}
    assert all(name not in dropped for name in to_the_end)
    failed = dropped | {name: why for name, why in to_the_end.items() if why is not None}
    assert sorted(failed) == ["layer-00-seed-1", "layer-02-seed-1"]
    assert "q_proj.weight holds numbers that are not finite; scored as the base" in str(dropped)
    page = capsys.readouterr().out
    listed = "; ".join(f"{name}: {why}" for name, why in dropped.items())
    assert f"- Failed runs that halving did not take to the end: {len(dropped)} ({listed})." in page
