"""Training with frozen weights in bfloat16: the trained layers lose nothing of their small steps."""

import pytest
import torch
from helpers import gradients_of, make_learner, play_counting, random_advantages, tiny_model

from onelayer.trainers import gradient
from onelayer.trainers.batch import batch
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.layers import frozen_checksum
from onelayer.trainers.score import Scorer
from onelayer.trainers.token_rows import rows

BOLD = {"initializer_range": 0.2}
"""weights so large that every token and every layer counts"""


def test_trained_weights_are_kept_in_float32_and_frozen_ones_are_not(plain_tokenizer):
    model = tiny_model(**BOLD).to(torch.bfloat16)
    learner = make_learner(model, dtype="bfloat16", learning_rate=1e-6, epochs=10)
    dtypes = {n: p.dtype for n, p in model.named_parameters()}
    assert {dtypes[name] for name in learner.parameters} == {torch.float32}
    assert {dtypes[n] for n in dtypes if n not in learner.parameters} == {torch.bfloat16}
    frozen = frozen_checksum(model, learner.parameters.values())
    with learner.autocast():
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
    metrics = learner.update(episodes, random_advantages(episodes), 0)
    assert metrics["logp_drift"] < 0.1
    weight = "model.layers.2.mlp.up_proj.weight"
    start = learner.start[weight]
    assert start.dtype == torch.bfloat16
    moved = (learner.parameters[weight].detach() - start.float()).abs()
    assert 3e-6 < moved.mean() < 1.1e-5  # ten steps of 1e-6, most of them the same way
    lost = learner.parameters[weight].bfloat16() == start
    assert lost.float().mean() > 0.95  # what weights in bfloat16 would have kept of it: nothing
    assert frozen_checksum(model, learner.parameters.values()) == frozen


def test_gradients_point_where_those_of_float32_do(plain_tokenizer):
    episodes = play_counting(tiny_model(**BOLD), plain_tokenizer)
    flat = []
    for dtype in ("float32", "bfloat16"):
        model = tiny_model(**BOLD).to(getattr(torch, dtype))
        learner = make_learner(model, dtype=dtype, beta=0.0)
        seen = gradients_of(learner)
        learner.update(episodes, random_advantages(episodes), 0)
        assert {gradient.dtype for gradient in seen[0].values()} == {torch.float32}
        flat.append(torch.cat([gradient.flatten() for gradient in seen[0].values()]))
    assert torch.cosine_similarity(*flat, dim=0) > 0.99


@pytest.mark.parametrize("layers", ["mid", "all"])
def test_a_trained_layer_is_saved_in_bfloat16_applied_and_plays_the_same(
    plain_tokenizer, tmp_path, layers
):
    model = tiny_model(**BOLD).to(torch.bfloat16)
    learner = make_learner(model, layers, dtype="bfloat16", learning_rate=0.01)
    with learner.autocast():
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
    learner.update(episodes, random_advantages(episodes), 0)
    delta = LayerDelta.from_model(
        model, learner.layers, "base", everything=layers == "all", dtype=learner.dtype
    )
    delta.save(tmp_path / "layer.safetensors")
    loaded = LayerDelta.load(tmp_path)
    assert loaded.dtype == "bfloat16"
    base = tiny_model(**BOLD).to(torch.bfloat16)
    loaded.apply(base)
    for name, parameter in base.named_parameters():
        trained = dict(model.named_parameters())[name]
        assert torch.equal(parameter, trained.bfloat16()), name
    made = batch(rows(episodes, random_advantages(episodes)))
    plain = Scorer(base, list(base.model.layers)).score(made).logp_N
    with learner.autocast():
        training = learner.scorer.score(made).logp_N
    assert (plain - training).abs().max() < 0.15
    assert (plain - made.logp_N).abs().mean() > 0.3  # and it did learn


@pytest.mark.parametrize("capture", [True, False])
def test_the_ratio_of_several_minibatches_begins_at_exactly_1(
    plain_tokenizer, monkeypatch, capture
):
    model = tiny_model(**BOLD).to(torch.bfloat16)
    learner = make_learner(model, dtype="bfloat16", beta=0.0, minibatches=3, learning_rate=1e-30)
    with learner.autocast():
        episodes = play_counting(model, plain_tokenizer, states=learner.states if capture else None)
    ratios, plain = [], gradient.clipped_surrogate

    def noted(logp, old, *rest):
        ratios.append(logp.detach() - old)
        return plain(logp, old, *rest)

    read = {"score": [], "backward": []}
    for name, batches in read.items():
        run = getattr(learner.scorer, name)

        def noting(made, *rest, run=run, batches=batches):
            batches.append(made.ids_BT.tolist())
            return run(made, *rest)

        monkeypatch.setattr(learner.scorer, name, noting)
    monkeypatch.setattr(gradient, "clipped_surrogate", noted)
    advantages_N = random_advantages(episodes)
    advantages_N[: len(episodes[0].steps)] = 0  # a row that has no gradient
    learner.update(episodes, advantages_N, 0)
    assert len(ratios) == len(read["backward"]) == 3
    assert not torch.cat(ratios).any()
    assert read["score"] == read["backward"]


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_layers_below_the_trained_one_run_in_reduced_precision_as_they_play(plain_tokenizer, beta):
    model, reduced = tiny_model(**BOLD).to(torch.bfloat16), []
    learner = make_learner(model, dtype="bfloat16", beta=beta)
    with learner.autocast():
        episodes = play_counting(model, plain_tokenizer)  # no state is kept
    model.model.layers[0].register_forward_pre_hook(
        lambda *_: reduced.append(torch.is_autocast_enabled("cpu"))
    )
    learner.update(episodes, random_advantages(episodes), 0)
    assert reduced
    assert all(reduced)


def test_a_model_in_another_dtype_is_refused():
    with pytest.raises(ValueError, match=r"is in torch.bfloat16, not in float32; load it in that"):
        make_learner(tiny_model().to(torch.bfloat16))
