"""A run that failed counts as it ended: leaving it out would make its layer look better than it is."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers import make_profile

from onelayer.evals.contribution import picture
from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.page import profile_page
from onelayer.evals.contribution.profile_file import load_profile, save_profile
from onelayer.evals.contribution.record import Run

REASON = "training diverged in iteration 7; scored with its weights after 7"


@pytest.fixture
def broken():
    """Layer 0 scores 0.8, 0.8 and, where it broke down, 0.1; layer 1 scores 0.6; full training 0.8."""

    def share(solved):
        return [1.0] * solved + [0.0] * (40 - solved)

    profile = make_profile(
        [share(16)],
        [share(32)] * 3,
        {0: [share(32), share(32), share(4)], 1: [share(24)] * 3},
    )
    runs = list(profile.runs)
    runs[5] = Run(**{**_fields(runs[5]), "failed": REASON})
    return profile, tuple(runs)


def _fields(run):
    return {name: getattr(run, name) for name in run.__slots__}


def test_it_lowers_the_contribution_of_its_layer(broken):
    profile, runs = broken
    found = measured(replace(profile, runs=runs), resamples=200)
    # (mean of 0.8, 0.8, 0.1 less 0.4) / (0.8 less 0.4)
    assert found.contributions[0].contribution == pytest.approx((1.7 / 3 - 0.4) / 0.4)
    assert found.contributions[0].failed == 1
    assert found.contributions[1].failed == 0
    assert found.best.layer == 1
    left_out = replace(profile, runs=tuple(run for run in runs if run.failed is None))
    assert measured(left_out, resamples=200).contributions[0].contribution == pytest.approx(1.0)


def test_the_page_says_how_many_failed_and_which_and_the_picture_marks_them(
    broken, tmp_path, monkeypatch
):
    pytest.importorskip("matplotlib")
    profile, runs = broken
    found = measured(replace(profile, runs=runs), resamples=200)
    page = profile_page(found)
    assert f"1 of 9 runs failed and counts as it ended (layer-00-seed-2: {REASON})." in page
    [line] = [line for line in page.splitlines() if line.startswith("| layer 0")]
    assert "3, 1 failed" in line
    figures = []
    monkeypatch.setattr(picture, "save_figure", lambda figure, _: figures.append(figure))
    for drawn in (found, measured(profile, resamples=200)):
        picture.draw_profile(drawn, tmp_path / "profile.svg")
    marks = [{line.get_label() for line in figure.axes[0].get_lines()} for figure in figures]
    assert marks[0] - marks[1] == {"one layer: a run failed"}
    save_profile(found, tmp_path / "profile.json")
    assert load_profile(tmp_path / "profile.json").runs[5].failed == REASON
    content = json.loads((tmp_path / "profile.json").read_text())
    assert content["contributions"][0]["failed"] == 1


def test_the_best_layer_is_chosen_on_dev_and_reported_on_the_others():
    """Layer 1 is best on the tasks that are reported, layer 0 on those of the choice."""
    random = np.random.default_rng(0)

    def play(chance):
        return tuple((random.random(60) < chance).astype(float))

    profile = make_profile([play(0.2)], [play(0.9)], {0: [play(0.5)], 1: [play(0.8)]})
    on_dev = {"full-seed-0": 0.9, "layer-00-seed-0": 0.85, "layer-01-seed-0": 0.4}
    profile = replace(
        profile,
        dev_tasks=tuple(f"dev {i}" for i in range(60)),
        dev_base=(play(0.2),),
        runs=tuple(replace(run, dev_scores=play(on_dev[run.name])) for run in profile.runs),
    )
    found = measured(profile, resamples=500)
    assert (found.best.layer, found.best.on_dev, found.best.corrected) == (0, True, None)
    assert found.best.contribution == found.contributions[0].contribution
    assert found.contributions[0].dev_score == pytest.approx(np.mean(profile.runs[1].dev_scores))
    assert found.contributions[0].score == pytest.approx(np.mean(profile.runs[1].scores))
    page = profile_page(found)
    assert "60 held-out tasks, and 60 dev tasks beside them" in page
    assert "Layer 0 scores highest on the dev tasks" in page
    assert "winner's curse" not in page


def test_a_task_of_both_parts_is_refused():
    profile = make_profile([[0.0, 1.0]], [[1.0, 1.0]], {0: [[1.0, 1.0]]})
    with pytest.raises(ValueError, match="'task 1' is a dev task, and stands twice"):
        replace(
            profile,
            dev_tasks=("task 1",),
            dev_base=((0.0,),),
            runs=tuple(replace(run, dev_scores=(1.0,)) for run in profile.runs),
        )


def test_transplants_are_ranked_against_layers_trained_alone():
    """Four layers; those of full training rank them 0 < 1 < 3 < 2, trained alone 0 < 1 < 2 < 3: rho 0.8."""

    def share(solved):
        return tuple([1.0] * solved + [0.0] * (40 - solved))

    profile = make_profile([share(8)], [share(36)], {k: [share(10 + 6 * k)] for k in range(4)})
    moved = [
        Run(f"transplant-0{k}-seed-0", "transplant", (k,), 0, 1e-3, share(solved))
        for k, solved in enumerate((9, 12, 20, 16))
    ]
    found = measured(replace(profile, runs=(*profile.runs, *moved)), resamples=200)
    assert [row.layer for row in found.transplants] == [0, 1, 2, 3]
    assert found.transplants[2].contribution == pytest.approx((20 - 8) / (36 - 8))
    assert found.transplant_agreement.value == pytest.approx(0.8)
    assert found.transplant_agreement.p_value == pytest.approx(4 / 24)  # orders with rho >= 0.8
    assert len(found.contributions) == 4
    assert "rank the 4 layers" in profile_page(found)
