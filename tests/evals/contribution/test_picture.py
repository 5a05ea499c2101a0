import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import drawn_profile, make_profile

from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.record import Contribution

pytest.importorskip("matplotlib")
from onelayer.evals.contribution.picture import draw_heat_map, draw_profile

PUBLISHED = json.loads(
    (Path(__file__).parents[3] / "docs/results/published/qwen3-1.7b.json").read_text()
)["contributions"]


def words(path):
    """Return the texts of an SVG, which matplotlib leaves as comments beside their outlines."""
    return re.findall(r"<!-- (.*?) -->", path.read_text())


@pytest.fixture
def profile():
    known = {0: 0.3, 1: 0.5, 2: 0.4, 3: 0.2}
    drawn = drawn_profile(np.random.default_rng(0), base=0.1, full=0.5, layers=known, task_sd=0.05)
    lora = replace(drawn.runs[0], name="lora-seed-0", role="control", control="lora")
    return measured(replace(drawn, runs=(*drawn.runs, lora)), resamples=400)


def test_the_picture_marks_full_base_best_middle_and_controls(profile, tmp_path):
    draw_profile(profile, tmp_path / "profile.svg")
    shown = words(tmp_path / "profile.svg")
    for text in (
        "full training: C = 1",
        "base: C = 0",
        "best: layer 1",
        "middle: layer 2",
        "lora",
        "layer contribution C(k)",
        "tiny, gigpo, onelayer/ALFWorld-v0",
    ):
        assert text in shown
    assert list(tmp_path.iterdir()) == [tmp_path / "profile.svg"]


def test_equal_profiles_give_equal_files(profile, tmp_path):
    draw_profile(profile, tmp_path / "profile.svg")
    first = (tmp_path / "profile.svg").read_bytes()
    draw_profile(profile, tmp_path / "profile.svg")
    assert (tmp_path / "profile.svg").read_bytes() == first


def test_scores_are_drawn_where_contributions_are_undefined(profile, tmp_path):
    alone = tuple(run for run in profile.runs if run.role != "full")
    draw_profile(measured(replace(profile, runs=alone), resamples=100), tmp_path / "profile.svg")
    shown = words(tmp_path / "profile.svg")
    assert "score of layer k alone" in shown
    assert any(text.startswith("C(k) is undefined: no run trained everything") for text in shown)
    assert "full training: C = 1" not in shown


def test_the_published_profile_is_drawn_without_intervals(profile, tmp_path):
    rows = tuple(
        Contribution(f"layer {k}", k, (k,), c, c, c, c, None, None) for k, c in enumerate(PUBLISHED)
    )
    model = replace(profile.model, num_layers=28, id="Qwen3-1.7B-Base")
    draw_profile(
        replace(profile, model=model, runs=(), contributions=rows, controls=()),
        tmp_path / "profile.svg",
    )
    shown = words(tmp_path / "profile.svg")
    assert "best: layer 10" in shown and "middle: layer 14" in shown and "27" in shown
    assert "no intervals" in shown


def test_a_profile_without_layers_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no layer to draw"):
        draw_profile(measured(make_profile([[0]], [[1]], {})), tmp_path / "profile.png")


def test_a_heat_map_shows_settings_of_different_depth(tmp_path):
    draw_heat_map({"tiny": [0.5, None, 1.25], "published": PUBLISHED}, tmp_path / "map.svg")
    shown = words(tmp_path / "map.svg")
    assert {"tiny", "published", "0.50", "1.25", "1.14", "0.28"} <= set(shown)
    assert "depth: first layer to the left, last to the right" in shown


def test_a_heat_map_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_heat_map({"tiny": [None, None]}, tmp_path / "map.png")
    assert list(tmp_path.iterdir()) == []
