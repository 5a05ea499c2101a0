"""Controls and halving: which layers are trained further, and what the page says of it."""

import json

import pytest
from helpers import known_score, run_profile, trained_weights

pytest.importorskip("torch")

from onelayer.evals.contribution.profile_file import load_profile


def test_controls_are_chosen_by_the_ranking_and_the_page_says_so(quick, pretend, tmp_path, capsys):
    made = pretend(known_score)
    settings = quick(iterations=8, layer_list="0-3", controls="best:2,worst:1,boost:1,lr")
    assert run_profile(settings) == 0
    chosen = {job.name: job.config for job in made if job.config is not None}
    assert chosen["best-2-seed-1"].layers == "1,3"
    assert chosen["worst-1-seed-1"].layers == "0"
    assert chosen["boost-1-seed-1"].boost_layers == "1"
    assert {"layer-01-lr-x3-seed-1", "layer-00-lr-div3-seed-1"} <= set(chosen)
    order = [job.name for job in made]
    assert order.index("best-2-seed-1") > order.index("layer-03-seed-1")
    shown = capsys.readouterr().out
    assert "ranking 1, 3, 2, 0): selection on the same data" in shown
    assert load_profile(tmp_path / "profile").config["selection"]["ranking"] == [1, 3, 2, 0]


def test_controls_can_be_chosen_by_another_profile(
    quick, pretend, tmp_path, capsys, errors, monkeypatch
):
    pretend(known_score)
    assert run_profile(quick(iterations=8, layer_list="0-3")) == 0
    other = tmp_path / "profile" / "profile.json"

    def reversed_layers(job):
        return 1.0 - known_score(job) if job.config is not None else 0.1

    made = pretend(reversed_layers)
    settings = quick(iterations=8, layer_list="0-3", out=tmp_path / "second", controls="best:1")
    assert run_profile({**settings, "ranking_from": other}) == 0
    chosen = {job.name: job.config for job in made if job.config is not None}
    assert chosen["best-1-seed-1"].layers == "1"  # its own scores would say 0
    assert f"chosen by {other}" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    for spelling in ("profile", "./profile/profile.json"):
        assert run_profile({**settings, "ranking_from": spelling}) == 0
    assert run_profile({**settings, "controls": "mid:1"}) == 0  # nothing to choose
    capsys.readouterr()
    assert run_profile(settings) == 2
    assert f"go on with --ranking-from '{other}'" in errors()[0]


def test_layers_that_were_added_after_the_choice_are_said(quick, pretend, tmp_path, capsys, errors):
    made = pretend(known_score)
    assert run_profile(quick(iterations=8, layer_list="0,2", controls="best:1")) == 0
    assert "Not ranked then" not in capsys.readouterr().out
    more = quick(iterations=8, layer_list="0-3")
    assert run_profile({**more, "controls": "best:1"}) == 0
    assert "wrongs the worst. Not ranked then: layers 1, 3.\n" in capsys.readouterr().out
    made.clear()
    assert run_profile({**more, "controls": "best:1,worst:3"}) == 2
    [line] = errors()
    assert "control worst:3 asks for 3 layers, but " in line
    assert "selection.json has the ranking of 2 that controls were chosen by; move it away" in line
    (tmp_path / "profile" / "selection.json").unlink()
    assert run_profile({**more, "controls": "best:1,worst:3"}) == 2
    [line] = errors()
    assert (
        "best-1-seed-1.json is of another run: it was trained with layers='2', not '1'; move"
        in line
    )
    (tmp_path / "profile" / "scores" / "best-1-seed-1.json").unlink()
    assert run_profile({**more, "controls": "best:1,worst:3"}) == 0
    chosen = [(job.name, job.config.layers) for job in made]
    assert chosen == [("best-1-seed-1", "1"), ("worst-3-seed-1", "0,2,3")]


@pytest.mark.parametrize("ranking", [[], [None], ["1"], [99], [1, 1], [True], "12", 3])
def test_a_damaged_ranking_is_said_with_its_file(quick, pretend, tmp_path, errors, ranking):
    pretend(known_score)
    settings = quick(iterations=8, controls="lr")
    assert run_profile(settings) == 0
    path = tmp_path / "profile" / "selection.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "ranking": ranking}))
    assert run_profile(settings) == 2
    [line] = errors()
    assert "selection.json is damaged" in line and "remove it, and the layers are ranked" in line


def test_halving_runs_the_better_half_on_and_says_what_it_spent(quick, pretend, tmp_path, capsys):
    made = pretend(known_score)
    assert run_profile(quick(iterations=8, layer_list="0-3", halving=True)) == 0
    layers = [(job.name, job.config.iterations) for job in made if job.name.startswith("layer")]
    assert layers == [
        *((f"layer-0{k}-seed-1-after-2", 2) for k in range(4)),
        *((f"layer-0{k}-seed-1-after-4", 4) for k in (1, 3)),
        ("layer-01-seed-1", 8),
    ]
    outs = {job.config.out for job in made if job.name.startswith("layer-01")}
    assert outs == {str(tmp_path / "profile" / "runs" / "layer-01-seed-1")}  # one run, continued
    found = load_profile(tmp_path / "profile")
    assert [run.name for run in found.runs] == ["full-seed-1", "layer-01-seed-1"]
    assert found.halving["ranking"] == [1, 3, 2, 0]
    assert found.halving["budget_spent"] == pytest.approx((4 * 2 + 2 * 2 + 1 * 4) / 32)
    assert [r["iterations"] for r in found.runs[1].rounds] == [2, 4]
    assert "Ranking 1, 3, 2, 0; 50% of what all layers to the end would take" in (
        capsys.readouterr().out
    )


@pytest.mark.slow
def test_halving_trains_for_real_and_goes_on_with_the_same_runs(quick, tmp_path):
    assert run_profile(quick(iterations=4, layer_list="1,2", halving=True, halving_rounds=1)) == 0
    found = load_profile(tmp_path / "profile")
    best, other = found.halving["ranking"]
    lengths = {
        layer: len(
            (tmp_path / "profile" / "runs" / f"layer-{layer:02d}-seed-1" / "metrics.jsonl")
            .read_text()
            .splitlines()
        )
        for layer in (best, other)
    }
    assert lengths == {best: 4, other: 2}
    runs = tmp_path / "profile" / "runs"
    assert (runs / f"layer-{other:02d}-seed-1" / "checkpoints").is_dir()  # it could go on
    assert not (runs / f"layer-{best:02d}-seed-1" / "checkpoints").exists()
    whole = quick(iterations=4, layer_list=str(best), out=tmp_path / "whole")
    assert run_profile(whole) == 0
    one, same = trained_weights(tmp_path / "profile"), trained_weights(tmp_path / "whole")
    assert all(one[key] == value for key, value in same.items())


def test_finished_controls_are_kept_where_time_is_up_before_them(quick, pretend, tmp_path):
    pretend(known_score)
    settings = quick(iterations=8, layer_list="0-3", controls="mid:2,best:2")
    assert run_profile(settings) == 0
    assert run_profile({**settings, "seeds": "1,2", "max_hours": 1e-9}) == 0
    runs = [run.name for run in load_profile(tmp_path / "profile").runs]
    assert runs[-2:] == ["mid-2-seed-1", "best-2-seed-1"]
    assert len(runs) == 7
