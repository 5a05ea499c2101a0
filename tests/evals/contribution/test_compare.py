import math
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers import drawn_profile, make_profile

from onelayer.evals.contribution.compare import between_seeds, compare_profiles
from onelayer.evals.contribution.comparison_page import compare_files, comparison_page
from onelayer.evals.contribution.profile_file import save_profile

HUMP = {0: 0.25, 1: 0.45, 2: 0.65, 3: 0.6, 4: 0.35, 5: 0.15}
FALL = {k: 0.6 - 0.08 * k for k in range(6)}


def of_depth(count, mean):
    return {k: mean(k / (count - 1)) for k in range(count)}


@pytest.fixture
def draw():
    def make(seed, layers, **more):
        settings = {"base": 0.1, "full": 0.65, "task_sd": 0.05, "seed_sd": 0.01} | more
        return drawn_profile(np.random.default_rng(seed), layers=layers, **settings)

    return make


def test_profiles_that_rank_the_layers_alike_agree(draw):
    comparison = compare_profiles({"one": draw(0, HUMP), "two": draw(1, HUMP)}, resamples=500)
    (pair,) = comparison.pairs
    for statistic in ("spearman", "kendall"):
        for found in (pair.raw[statistic], pair.detrended[statistic]):
            assert found.value > 0.85 and found.low > 0.4 and found.p_value < 0.02
    assert pair.overlap.shared == 2 and pair.overlap.chance == pytest.approx(4 / 6)
    assert min(comparison.between_seeds.values()) > 0.85


def test_a_shared_slope_alone_is_agreement_only_before_it_is_removed(draw):
    rng, raw, left = np.random.default_rng(0), [], []
    for seed in range(20):
        bent = [{k: mean + rng.normal(0, 0.05) for k, mean in FALL.items()} for _ in range(2)]
        profiles = {"one": draw(seed, bent[0]), "two": draw(seed + 100, bent[1])}
        (pair,) = compare_profiles(profiles, resamples=20).pairs
        raw.append(pair.raw["spearman"].value)
        left.append(pair.detrended["spearman"].value)
    assert np.mean(raw) > 0.75
    assert abs(np.mean(left)) < 0.25


def test_equal_tasks_are_drawn_together():
    # Layer k solves 30 + k tasks that no other layer solves: which one leads depends on the draw of
    # tasks, and for two profiles of equal scores it is the same one in every draw.
    scores, start = {}, 0
    for k in range(5):
        solved = range(start, start + 30 + k)
        scores[k], start = [[int(task in solved) for task in range(200)]], start + 30 + k
    one = make_profile([[0] * 200], [[1] * 200], scores)
    (together,) = compare_profiles({"one": one, "two": one}, resamples=300).pairs
    assert together.raw["spearman"][:3] == (1, 1, 1)
    elsewhere = replace(one, tasks=tuple(f"other {task}" for task in one.tasks))
    (apart,) = compare_profiles({"one": one, "two": elsewhere}, resamples=300).pairs
    assert apart.raw["spearman"].value == 1 and apart.raw["spearman"].low < 0


def test_models_of_different_depth_are_compared_at_relative_depth(draw):
    def hump(depth):
        return 0.6 - 1.2 * abs(depth - 0.4)

    profiles = {
        "six": draw(0, of_depth(6, hump), full=0.7),
        "twenty-eight": draw(1, of_depth(28, hump), full=0.7),
    }
    comparison = compare_profiles(profiles, resamples=200)
    (pair,) = comparison.pairs
    assert pair.depths == 6 and pair.raw["spearman"].value > 0.8
    assert [len(row) for row in comparison.values.values()] == [6, 28]


def test_a_profile_without_contributions_is_compared_by_its_scores(draw):
    one = draw(0, HUMP)
    without = replace(one, runs=tuple(run for run in one.runs if run.role != "full"))
    comparison = compare_profiles({"one": one, "without": without}, resamples=100)
    assert comparison.pairs[0].raw["spearman"].value == 1
    assert comparison.values["without"] == [None] * 6
    page = comparison_page(comparison)
    assert "without: C(k) is undefined, its scores are ranked: no run trained everything" in page


def test_halves_of_the_seeds_are_compared():
    # Seeds 0 and 1 rank three layers alike, seed 2 the other way round: rho is 1, -1 and -1.
    scores = {k: [[k / 4], [k / 4], [(2 - k) / 4]] for k in range(3)}
    assert between_seeds(make_profile([[0]], [[1]], scores)) == pytest.approx(-1 / 3)
    alone = {k: runs[:1] for k, runs in scores.items()}
    assert math.isnan(between_seeds(make_profile([[0]], [[1]], alone)))


def test_files_are_compared_by_name_and_drawn(draw, tmp_path):
    pytest.importorskip("matplotlib")
    save_profile(draw(0, HUMP), tmp_path / "gigpo" / "profile.json")
    save_profile(draw(1, HUMP), tmp_path / "grpo.json")
    page = compare_files([tmp_path / "gigpo", tmp_path / "grpo.json"], picture=tmp_path / "map.svg")
    assert re.search(r"\| gigpo and grpo \| +spearman \|", page)
    assert re.search(r"\| gigpo and grpo \| +kendall \|", page)
    assert (tmp_path / "map.svg").stat().st_size > 1000


def test_what_cannot_be_compared_is_refused_in_one_sentence(draw, tmp_path):
    one, path = draw(0, HUMP), tmp_path / "one.json"
    save_profile(one, path)
    with pytest.raises(ValueError, match="at least two profiles, got 1"):
        compare_files([path])
    with pytest.raises(ValueError, match="named twice"):
        compare_files([path, path])
    with pytest.raises(FileNotFoundError, match=r"no profile .*absent"):
        compare_files([path, tmp_path / "absent.json"])
    few = replace(one, runs=tuple(run for run in one.runs if run.layers[0] < 2))
    with pytest.raises(ValueError, match=r"one and two cannot be compared: .* have 2"):
        compare_profiles({"one": one, "two": few})
    with pytest.raises(ValueError, match="degree of the depth trend must be at least 1, got 0"):
        compare_profiles({"one": one, "two": one}, degree=0)
    with pytest.raises(ValueError, match="top must be from 1 to the 6 layers compared, got 7"):
        compare_profiles({"one": one, "two": one}, top=7)
