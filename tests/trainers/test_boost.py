"""Some layers learn faster, training stops when asked, and the best of a profile are of this base."""

import json

import pytest
import torch
from helpers import make_learner, play_counting, random_advantages, tiny_model

from onelayer.trainers.fingerprint import base_fingerprint


def rates(learner):
    """The learning rate of every trained parameter, by name."""
    names = {id(p): name for name, p in learner.parameters.items()}
    return {
        names[id(p)]: g["lr"] * g.get("boost", 1.0)
        for g in learner.optimizer.param_groups
        for p in g["params"]
    }


def test_boosted_layers_have_a_higher_rate_and_all_others_the_plain_one():
    model = tiny_model()
    learner = make_learner(model, "all", boost_layers="1,3", boost=3.0, learning_rate=0.5)
    found = rates(learner)
    assert set(found) == {name for name, _ in model.named_parameters()}  # every parameter once
    for name, rate in found.items():
        inside = name.startswith(("model.layers.1.", "model.layers.3."))
        assert rate == (1.5 if inside else 0.5), name


def test_an_update_steps_further_in_boosted_layers(plain_tokenizer):
    moved = {}
    for boost in (1.0, 4.0):
        model = tiny_model()
        learner = make_learner(model, "1,2", boost_layers="2", boost=boost, warmup=2)
        before = {name: p.detach().clone() for name, p in learner.parameters.items()}
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        learner.update(episodes, random_advantages(episodes), 0)
        moved[boost] = {n: p.detach() - before[n] for n, p in learner.parameters.items()}
    for name, change in moved[1.0].items():
        factor = 4.0 if ".2." in name else 1.0
        assert torch.allclose(moved[4.0][name], factor * change, rtol=1e-3, atol=1e-7), name
        assert change.any()


def test_a_boosted_layer_that_does_not_learn_is_refused():
    with pytest.raises(ValueError, match="boost_layers names layer 3, which is none of those"):
        make_learner(tiny_model(), "1,2", boost_layers="2,3")


def test_a_boosted_run_goes_on_to_the_same_end(make_trainer):
    chosen = {"layers": "all", "boost_layers": "1", "checkpoint_every": 1}
    whole = make_trainer("whole", **chosen)
    whole.train()
    make_trainer("parts", iterations=2, **chosen).train()
    again = make_trainer("parts", resume=True, **chosen)
    again.train()
    for name, p in whole.model.named_parameters():
        assert torch.equal(p, dict(again.model.named_parameters())[name]), name
    plain = make_trainer("plain", layers="all")
    plain.train()
    moved = dict(plain.model.named_parameters())
    assert not torch.equal(
        moved["model.layers.1.mlp.up_proj.weight"],
        dict(whole.model.named_parameters())["model.layers.1.mlp.up_proj.weight"],
    )


def test_training_stops_between_iterations_when_asked_and_goes_on(make_trainer):
    whole = make_trainer("whole", checkpoint_every=50)
    assert whole.train()
    asked = []
    stopped = make_trainer("parts", checkpoint_every=50)
    stopped.should_stop = lambda: asked.append(0) or len(asked) > 2
    assert not stopped.train()
    assert stopped.iteration == 2
    assert not (stopped.folder.path / "layer.safetensors").exists()
    again = make_trainer("parts", checkpoint_every=50, resume=True)
    assert again.train()
    one, other = (dict(t.model.named_parameters()) for t in (whole, again))
    assert all(torch.equal(p, other[name]) for name, p in one.items())


def test_the_best_of_a_profile_train_its_own_base_only(tmp_path):
    model, path = tiny_model(), tmp_path / "profile.json"
    content = {
        "model": {"fingerprint": base_fingerprint(model)},
        "contributions": [{"layer": k, "contribution": c} for k, c in enumerate((0.1, 0.9, 0.5))],
    }
    path.write_text(json.dumps(content))
    assert make_learner(model, f"best:2@{path}").layers == [1, 2]
    with pytest.raises(ValueError, match="profile was measured on another base model"):
        make_learner(tiny_model(seed=1), f"best:2@{path}")
