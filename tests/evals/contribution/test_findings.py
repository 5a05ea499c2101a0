from dataclasses import replace

import numpy as np
import pytest
from helpers import drawn_profile, make_profile

from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.findings import (
    full_training_moves_all_alike,
    is_above_average,
    is_better,
    makes_no_difference,
    middle_layers_are_best,
    middle_layers_beat_earlier_ones,
    middle_layers_beat_later_ones,
    norm_does_not_predict,
    one_layer_recovers_all,
    one_layer_recovers_most,
    profiles_agree,
    several_layers_reach_full_training,
    the_best_is_above_average,
    the_best_is_better,
    worst_layers_are_at_the_ends,
)
from onelayer.evals.contribution.ranking import Ranked

HUMP = {0: 0.2, 1: 0.45, 2: 0.65, 3: 0.63, 4: 0.4, 5: 0.15}
FALL = {0: 0.6, 1: 0.5, 2: 0.4, 3: 0.3, 4: 0.15, 5: 0.15}
FLAT = {k: 0.35 for k in range(6)}


@pytest.fixture
def draw():
    def make(layers, **more):
        settings = {"base": 0.1, "full": 0.6, "task_sd": 0.05, "seed_sd": 0.01} | more
        profile = drawn_profile(np.random.default_rng(0), layers=layers, **settings)
        profile = measured(profile, resamples=500)
        return profile, Contrasts(profile, resamples=500)

    return make


def test_a_contrast_of_one_layer_is_its_contribution(draw):
    profile, contrasts = draw(HUMP)
    for row in profile.contributions:
        found = contrasts({row.name: 1})
        assert (found.value, found.low, found.high) == pytest.approx(
            (row.contribution, row.low, row.high)
        )
    assert contrasts({"full": 1}) == (1, 1, 1) and contrasts({"base": 1}) == (0, 0, 0)


def test_a_difference_is_narrower_than_its_parts(draw):
    _, contrasts = draw(HUMP, seeds=1, task_sd=0.3, seed_sd=0.0)
    parts = [contrasts({f"layer {k}": 1}) for k in (2, 3)]
    difference = contrasts({"layer 2": 1, "layer 3": -1})
    assert difference.value == pytest.approx(parts[0].value - parts[1].value)
    assert difference.high - difference.low < sum(part.high - part.low for part in parts)


def test_a_contrast_needs_its_arms_and_a_gain(draw):
    _, contrasts = draw(HUMP)
    with pytest.raises(LookupError, match="no arm 'lora', only base, full, layer 0"):
        contrasts({"lora": 1})
    _, contrasts = draw(HUMP, full=0.1)
    assert not contrasts.is_defined
    with pytest.raises(ValueError, match="no more than noise"):
        contrasts({"layer 0": 1})


@pytest.mark.parametrize(
    ("find", "hump", "fall", "flat"),
    [
        (one_layer_recovers_most, "holds", "holds", "cannot be told"),
        (one_layer_recovers_all, "cannot be told", "cannot be told", "does not hold"),
        (the_best_is_above_average, "holds", "holds", "cannot be told"),
        (middle_layers_are_best, "holds", "cannot be told", "cannot be told"),
        (middle_layers_beat_earlier_ones, "holds", "does not hold", "cannot be told"),
        (middle_layers_beat_later_ones, "holds", "holds", "cannot be told"),
        (worst_layers_are_at_the_ends, "holds", "cannot be told", "cannot be told"),
        (several_layers_reach_full_training, "cannot be told", "does not hold", "does not hold"),
    ],
)
def test_each_finding_is_judged_by_its_interval(draw, find, hump, fall, flat):
    found = [find(*draw(layers)) for layers in (HUMP, FALL, FLAT)]
    # The last two layers of FALL are equal, and the two reaching layers of HUMP are close to 1.
    assert [finding.verdict for finding in found] == [hump, fall, flat]


def test_the_opposite_of_a_finding_does_not_hold(draw):
    dip = {k: 0.7 - mean for k, mean in HUMP.items()}
    assert middle_layers_are_best(*draw(dip)).verdict == "does not hold"
    assert worst_layers_are_at_the_ends(*draw(dip)).verdict == "does not hold"
    weak = {k: 0.1 + 0.02 * k for k in range(6)}
    assert one_layer_recovers_most(*draw(weak)).verdict == "does not hold"
    strong = {k: 0.75 for k in range(6)}
    assert several_layers_reach_full_training(*draw(strong)).verdict == "holds"


def test_the_ends_are_told_only_where_both_of_them_were_measured(draw):
    some = {k: HUMP[k] for k in (0, 2, 3, 5)}
    told = worst_layers_are_at_the_ends(*draw(some, num_layers=6))
    assert told.verdict == "holds"
    assert told.here.startswith("the worst layer of the 4 that were measured is ")
    assert worst_layers_are_at_the_ends(*draw({0: 0.5, 3: 0.6}, num_layers=6)) is None
    assert worst_layers_are_at_the_ends(*draw({2: 0.5, 5: 0.6}, num_layers=6)) is None
    assert worst_layers_are_at_the_ends(*draw({0: 0.5, 5: 0.6}, num_layers=6)) is None
    assert middle_layers_are_best(*draw(some, num_layers=6)).verdict == "holds"
    assert middle_layers_are_best(*draw({0: 0.5, 5: 0.2}, num_layers=6)) is None


@pytest.mark.parametrize(
    ("ranked", "verdict"),
    [
        (Ranked(0.9, 0.4, 1.0, 0.01), "holds"),
        (Ranked(0.9, 0.4, 1.0, 0.08), "cannot be told"),  # so few layers agree by chance
        (Ranked(0.7, -0.1, 0.9, 0.04), "cannot be told"),  # noise
        (Ranked(-0.5, -0.8, -0.1, 0.9), "does not hold"),
        (Ranked(0.1, -0.3, 0.5, 0.4), "cannot be told"),
        (Ranked(*[float("nan")] * 4), "cannot be told"),
    ],
)
def test_rankings_agree_where_neither_noise_nor_chance_explains_it(ranked, verdict):
    assert profiles_agree(ranked) == verdict


def test_arms_are_compared(draw):
    _, contrasts = draw(HUMP)
    assert is_better(contrasts, "layer 2", "layer 0").verdict == "holds"
    assert is_better(contrasts, "layer 0", "layer 2").verdict == "does not hold"
    assert is_better(contrasts, "layer 2", "layer 3").verdict == "cannot be told"
    assert is_better(contrasts, "layer 2", "lora") is None
    assert makes_no_difference(contrasts, "layer 2", "layer 0").verdict == "does not hold"
    assert makes_no_difference(contrasts, "layer 2", "lora") is None
    assert "layer 2 less layer 0: +0.9" in is_better(contrasts, "layer 2", "layer 0").here


def test_an_arm_is_held_against_the_mean_of_all_layers(draw):
    profile, contrasts = draw({0: 0.2, 1: 0.5, 2: 0.35})
    assert is_above_average(profile, contrasts, "lora") is None
    found = is_above_average(profile, contrasts, "layer 1")
    mean = {k: contrasts({f"layer {k}": 1}).value for k in range(3)}
    assert found.margin.value == pytest.approx(mean[1] - sum(mean.values()) / 3)
    full = is_above_average(profile, contrasts, "full")
    assert full.margin.value == pytest.approx(1 - sum(mean.values()) / 3)
    assert full.verdict == "holds"


def test_the_luck_of_the_best_layer_is_taken_off_where_it_is_held_against_others(draw):
    profile, contrasts = draw(HUMP)
    luck = profile.best.contribution - profile.best.corrected
    best = f"layer {profile.best.layer}"
    assert luck > 0 and the_best_is_better(profile, contrasts, "lora") is None
    found = the_best_is_better(profile, contrasts, "layer 4")
    assert found.margin.value == pytest.approx(contrasts({best: 1, "layer 4": -1}).value - luck)
    assert found.verdict == "holds" and "layer 4, without its luck: +" in found.here


def on_dev(profile, dev_scores):
    """Return a profile of runs that are scored alike on all dev tasks: by layer, a score a seed."""
    seen = dict.fromkeys(profile.layers, 0)
    runs = []
    for run in profile.runs:
        layer = run.layers[0] if run.role == "layer" else None
        score = 0.5 if layer is None else dev_scores[layer][seen[layer]]
        if layer is not None:
            seen[layer] += 1
        runs.append(replace(run, dev_scores=(score,) * 4))
    dev = {"dev_tasks": tuple("abcd"), "dev_base": ((0.0,) * 4,)}
    return measured(replace(profile, runs=tuple(runs), **dev), resamples=200)


def test_the_luck_of_a_run_is_left_out_where_dev_tasks_choose():
    base, full = [[0] * 10], [[1] * 10] * 3
    # layer 0 was lucky with its first seed, on dev and on the others: 1.0, then 0.2 and 0.2; layer 1 has 0.4
    lucky, steady = [[1] * 10, [1, 1] + [0] * 8, [1, 1] + [0] * 8], [[1] * 4 + [0] * 6] * 3
    profile = make_profile(base, full, {0: lucky, 1: steady})
    found = on_dev(profile, {0: [1.0, 0.2, 0.2], 1: [0.4, 0.4, 0.4]})
    assert found.best.layer == 0 and found.best.contribution == pytest.approx(1.4 / 3)
    # without its first seed layer 1 is chosen, and has 0.4 with that; without the others layer 0: 0.2, 0.2
    assert found.best.corrected == pytest.approx((0.4 + 0.2 + 0.2) / 3)
    assert (
        "0.27 where the other seeds choose" in one_layer_recovers_most(found, Contrasts(found)).here
    )
    one = make_profile(base, full[:1], {0: lucky[:1], 1: steady[:1]})
    alone = on_dev(one, {0: [1.0], 1: [0.4]})
    assert alone.best.corrected is None
    assert (
        "a layer has one seed, so luck is in it"
        in one_layer_recovers_most(alone, Contrasts(alone)).here
    )


def test_full_training_moves_layers_alike_or_not(draw):
    profile, contrasts = draw(HUMP)
    assert full_training_moves_all_alike(profile, contrasts) is None

    def moved(*norms):
        runs = [replace(r, update_norm=norms) if r.role == "full" else r for r in profile.runs]
        return full_training_moves_all_alike(replace(profile, runs=tuple(runs)), contrasts)

    assert moved(1.0, 1.2, 1.1, 1.0, 1.3, 1.4).verdict == "holds"
    assert moved(0.0, 1.2, 1.1, 1.0, 1.3, 1.4).verdict == "does not hold"
    assert moved(*[0.0] * 6) is None  # such a run learned nothing
    assert "1.00 to 1.40" in moved(1.0, 1.2, 1.1, 1.0, 1.3, 1.4).here
    assert moved(1.0, 1.2, 1.1, 1.0, 1.3, 1.6).verdict == "does not hold"


def test_a_tight_difference_is_none(draw):
    _, contrasts = draw(HUMP, seeds=5, tasks=4000, seed_sd=0.0)
    assert makes_no_difference(contrasts, "layer 2", "layer 3").verdict == "holds"


def test_norms_are_held_against_contributions(draw):
    profile, contrasts = draw(HUMP)
    assert norm_does_not_predict(profile, contrasts) is None

    def with_norms(norms):
        runs = tuple(
            replace(run, update_norm=(norms[run.layers[0]],)) if run.role == "layer" else run
            for run in profile.runs
        )
        return norm_does_not_predict(replace(profile, runs=runs), contrasts)

    as_scores = with_norms(HUMP)
    assert as_scores.verdict == "does not hold" and "rho with C 1.00" in as_scores.here
    against = with_norms({k: 1 - mean for k, mean in HUMP.items()})
    assert against.verdict == "does not hold" and "rho with C -1.00" in against.here
    # ranks 1 3 6 5 4 2 of the scores against 4 1 3 5 2 6: rho is -0.14, with no noise in sight
    apart = with_norms({0: 4, 1: 1, 2: 3, 3: 5, 4: 2, 5: 6})
    assert apart.verdict == "cannot be told"  # six layers are too few to tell that nothing is there
