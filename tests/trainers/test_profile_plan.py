"""Which runs a profile is made of: their names, layers, rates, and what is refused before any is made."""

import pytest

from onelayer.trainers.profile.controls import arms, parse_controls
from onelayer.trainers.profile.halving import budgets, halve
from onelayer.trainers.profile.planned_runs import (
    by_seed,
    control_runs,
    full_runs,
    layer_runs,
    profiled_layers,
)
from onelayer.trainers.profile.profile_config import ProfileConfig

RANKING = (3, 2, 4, 1, 5, 0)


def config(**values):
    rates = {"lr_full": 1e-3, "lr_layer": 2e-3, "lr_lora": 5e-3}
    return ProfileConfig.of({"out": "study", **rates, **values})


def controls(text, ranking=None, **values):
    """The planned controls by name."""
    runs = control_runs(config(controls=text, **values), 6, ranking=ranking, lora_rank=9)
    return {run.name: run for run in runs}


def test_every_layer_and_full_training_come_once_with_each_seed():
    made = config(seeds="1,2")
    runs = [*full_runs(made, 6), *layer_runs(made, [0, 3])]
    assert [run.name for run in runs] == [
        *("full-seed-1", "full-seed-2"),
        *("layer-00-seed-1", "layer-03-seed-1", "layer-00-seed-2", "layer-03-seed-2"),
    ]
    assert [run.config.out for run in runs] == [f"study/runs/{run.name}" for run in runs]
    assert [(r.role, r.layers) for r in runs[1:3]] == [
        ("full", (0, 1, 2, 3, 4, 5)),
        ("layer", (0,)),
    ]
    assert [(r.config.layers, r.config.learning_rate) for r in runs[1:3]] == [
        ("all", 1e-3),
        ("0", 2e-3),
    ]


def test_a_run_is_what_train_would_be_given_and_is_not_evaluated_on_the_way():
    made = config(algorithm="grpo", iterations=7, group_size=3, eval_temperature=0.7)
    run = layer_runs(made, [4])[0].config
    assert (run.algorithm, run.iterations, run.group_size, run.seed) == ("grpo", 7, 3, 1)
    assert (run.eval_every, run.eval_temperature, run.lora_rank, run.resume) == (0, 0.7, 0, False)
    assert type(run).__name__ == "TrainConfig"


def test_stopping_early_leaves_whole_seeds_with_full_training_first():
    made = config(seeds="5,2")
    runs = by_seed([*full_runs(made, 6), *layer_runs(made, [1, 2])])
    assert [run.name for run in runs] == [
        *("full-seed-5", "layer-01-seed-5", "layer-02-seed-5"),
        *("full-seed-2", "layer-01-seed-2", "layer-02-seed-2"),
    ]


def test_without_rates_of_their_own_all_runs_have_the_learning_rate():
    made = ProfileConfig.of({"learning_rate": 0.25})
    assert (made.full_rate, made.layer_rate, made.lora_rate) == (0.25, 0.25, 0.25)


def test_controls_train_what_they_say():
    free = controls("random:2:3,mid:2,lora,best:2", seeds="1")
    assert list(free) == [
        *(f"random-2-draw-{i}-seed-1" for i in range(3)),
        *("mid-2-seed-1", "lora-seed-1"),
    ]
    drawn = [free[f"random-2-draw-{i}-seed-1"].layers for i in range(3)]
    assert len(set(drawn)) == 3
    assert all(len(layers) == 2 for layers in drawn)
    assert free["mid-2-seed-1"].layers == (2, 3)
    assert free["mid-2-seed-1"].config.layers == "2,3"
    assert free["random-2-draw-1-seed-1"].control == "random:2 draw 1"
    lora = free["lora-seed-1"].config
    assert (lora.layers, lora.lora_rank, lora.learning_rate) == ("all", 9, 5e-3)


def test_controls_by_rank_take_the_ends_of_the_ranking():
    ranked = controls("worst:2,best:2,boost:2,mid:1", RANKING, seeds="1", boost=2.0)
    assert list(ranked) == ["worst-2-seed-1", "best-2-seed-1", "boost-2-seed-1"]
    assert ranked["worst-2-seed-1"].config.layers == "0,5"
    assert ranked["best-2-seed-1"].config.layers == "2,3"
    boost = ranked["boost-2-seed-1"]
    assert (boost.config.layers, boost.config.boost_layers, boost.config.boost) == ("all", "2,3", 2)
    assert (boost.layers, boost.config.learning_rate) == ((2, 3), 1e-3)
    assert all(run.role == "control" for run in ranked.values())


def test_learning_rates_vary_for_the_best_and_the_worst_layer():
    ranked = controls("lr", RANKING, seeds="1")
    rates = {name: (run.layers, run.config.learning_rate) for name, run in ranked.items()}
    assert rates == {
        "layer-03-lr-x3-seed-1": ((3,), pytest.approx(6e-3)),
        "layer-03-lr-div3-seed-1": ((3,), pytest.approx(2e-3 / 3)),
        "layer-00-lr-x3-seed-1": ((0,), pytest.approx(6e-3)),
        "layer-00-lr-div3-seed-1": ((0,), pytest.approx(2e-3 / 3)),
    }
    assert ranked["layer-03-lr-x3-seed-1"].control == "layer 3 lr x3"


def test_more_draws_keep_the_first_ones():
    [one] = parse_controls("random:2:2")
    [other] = parse_controls("random:2:5")
    assert [a.layers for a in arms(other, 6)][:2] == [a.layers for a in arms(one, 6)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("middle:2", "control 'middle:2' is not understood; there are random:2:3,"),
        ("mid:0", "control 'mid:0' is not understood"),
        ("mid:2:3", "control 'mid:2:3' is not understood"),
        ("lora:4", "control 'lora:4' is not understood"),
        ("lora,lora", "control 'lora' stands twice"),
        (
            "random:2:2,random:2:3",
            "control 'random:2:3' stands twice: each kind and number of layers",
        ),
        ("random:2,random:2:2", "control 'random:2:2' stands twice"),
    ],
)
def test_a_control_that_is_none_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        config(controls=text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mid:7", "mid-7"),
        ("best:7", "asks for 7 layers, but 6 are ranked"),
        ("random:5:7", "asks for 7 different choices of 5 of 6 layers; there are 6"),
    ],
)
def test_a_control_that_the_model_is_too_small_for_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        controls(text, RANKING if text.startswith("best") else None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer_list": ""}, "layer_list is empty: name at least one layer"),
        ({"layer_list": "[]"}, "layer_list is empty"),
        ({"seeds": ""}, "seeds is empty"),
        ({"seeds": "1,2,1"}, "seeds names 1 twice"),
        ({"seeds": "1-3,2"}, "seeds names 2 twice"),
        ({"seeds": "one"}, "seeds must be whole numbers such as 1,2,3 or .*, got 'one'"),
        ({"seeds": "1,5-3"}, "or rising ranges such as 1-3, got '1,5-3'"),
        ({"layer_list": "mask:seed0"}, "layer_list mask:seed0 names numbers of all layers"),
        ({"lr_layer": float("inf")}, r"lr_layer must be at most 1e\+37, got inf"),
        ({"lr_full": 1e38}, r"lr_full must be at most 1e\+37, got 1e\+38"),
        ({"halving": True, "halving_rounds": 20000}, "100 iterations cannot be halved 20000 times"),
        ({"layers": "3"}, "layers=3 is not for a profile: a profile trains each layer of"),
        ({"boost_layers": "3"}, "boost_layers=3 is not for a profile"),
        ({"lr_layer": 0.0}, "lr_layer must be above 0, got 0.0"),
        ({"iterations": 0}, "iterations must be at least 1, got 0"),
        ({"iterations": 3, "halving": True}, "3 iterations cannot be halved 2 times"),
        ({"eval_tasks": 0}, "eval_tasks must be at least 1, got 0"),
        ({"jobs": -1}, "jobs must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_a_profile_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        config(**values)


def test_a_rate_that_a_control_raises_too_far_is_refused():
    for text in ("lr", "boost:1"):
        with pytest.raises(ValueError, match=r"learning_rate .*must be at most 1e\+37"):
            controls(text, RANKING, lr_full=8e36, lr_layer=8e36)


def test_lists_may_be_yaml():
    made = config(seeds="[4, 5]", layer_list="[0, 2]")
    assert made.seed_list == (4, 5)
    assert profiled_layers(made, 6) == [0, 2]
    assert profiled_layers(config(), 6) == [0, 1, 2, 3, 4, 5]


def test_a_layer_that_the_model_lacks_is_refused():
    with pytest.raises(ValueError, match=r"--layer-list: .*within a model of 6 layers \(0-5\)"):
        profiled_layers(config(layer_list="0-6"), 6)


def test_budgets_double_and_end_with_the_whole():
    assert budgets(20, 2) == [5, 10, 20]
    assert budgets(10, 2) == [3, 5, 10]
    assert budgets(8, 3) == [1, 2, 4, 8]


def test_halving_keeps_the_right_layers_and_counts_what_it_spends():
    """A learner whose layers gain at known rates: the ranking is that of the rates."""
    rates = {0: 0.10, 1: 0.30, 2: 0.60, 3: 0.90, 4: 0.50, 5: 0.20}
    asked = []

    def score(layers, iterations):
        asked.append((tuple(layers), iterations))
        return {layer: rates[layer] * iterations for layer in layers}

    found = halve(range(6), 20, 2, score)
    assert asked == [((0, 1, 2, 3, 4, 5), 5), ((3, 2, 4), 10), ((3, 2), 20)]
    assert found.finished
    assert found.ranking == (3, 2, 4, 1, 5, 0)
    assert found.rounds[0].kept == (3, 2, 4)
    # 6 layers for 5, then 3 for 5 more, then 2 for 10 more, of 6 for 20
    assert found.budget_spent == pytest.approx((30 + 15 + 20) / 120)


def test_halving_that_is_stopped_keeps_the_rounds_it_finished():
    def score(layers, iterations):
        return None if iterations > 5 else {layer: float(layer) for layer in layers}

    found = halve([0, 1, 2], 20, 2, score)
    assert not found.finished
    assert [r.iterations for r in found.rounds] == [5]
    assert found.ranking == (2, 1, 0)
    assert found.as_record()["rounds"][0]["scores"] == {"0": 0.0, "1": 1.0, "2": 2.0}


def test_one_layer_can_be_halved_too():
    found = halve([4], 8, 2, lambda layers, iterations: dict.fromkeys(layers, 0.5))
    assert found.ranking == (4,)
    assert found.budget_spent == 1
