"""One frozen model for all runs: what is shared, what is copied, and that it comes back."""

import multiprocessing
import pickle

import pytest
import torch
from helpers import counting_model, tiny_model

from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.profile.shared_weights import (
    SharedModel,
    own_copies,
    trained,
    update_norms,
)

IDS = torch.tensor([[1, 5, 9, 14, 3]])


def logits(model):
    with torch.no_grad():
        return model(IDS).logits


@pytest.mark.parametrize("tied", [True, False])
def test_a_shared_model_computes_the_same_and_its_parameters_are_one_block(tied):
    model = tiny_model(tied=tied)
    before, fingerprint = logits(model), base_fingerprint(model)
    shared = SharedModel.of(model)
    other = shared.model()
    assert torch.equal(logits(model), before)
    assert torch.equal(logits(other), before)
    assert base_fingerprint(other) == fingerprint
    for (name, one), (_, same) in zip(
        model.named_parameters(), other.named_parameters(), strict=True
    ):
        assert one.data_ptr() == same.data_ptr(), name
        assert one.is_shared()
    tie = other.get_input_embeddings().weight is other.get_output_embeddings().weight
    assert tie == tied


def test_what_is_sent_to_a_process_holds_no_weights():
    model = tiny_model(hidden_size=256, intermediate_size=512)
    bare = pickle.dumps(SharedModel.of(model).bare)
    assert len(bare) < sum(p.numel() * 4 for p in model.parameters()) / 10


WRITE = "shared.model().get_parameter('model.norm.weight').data.fill_(7.0)"


@pytest.mark.slow
def test_another_process_sees_the_same_memory():
    model = tiny_model()
    process = multiprocessing.get_context("spawn").Process(
        target=exec, args=(WRITE, {"shared": SharedModel.of(model)})
    )
    process.start()
    process.join(300)
    assert process.exitcode == 0
    assert torch.equal(model.model.norm.weight.data, torch.full_like(model.model.norm.weight, 7.0))


def test_only_what_is_trained_is_copied_and_the_base_comes_back():
    model = tiny_model()
    SharedModel.of(model)
    before = base_fingerprint(model)
    places = {name: p.data_ptr() for name, p in model.named_parameters()}
    chosen = [name for name in places if name.startswith("model.layers.2.")]
    with own_copies(model, chosen):
        for name, parameter in model.named_parameters():
            assert (parameter.data_ptr() == places[name]) == (name not in chosen), name
        with torch.no_grad():
            model.get_parameter(chosen[0]).add_(1.0)
        assert base_fingerprint(model) != before
    assert {name: p.data_ptr() for name, p in model.named_parameters()} == places
    assert base_fingerprint(model) == before


def test_the_base_comes_back_after_an_error():
    model = tiny_model()
    before = base_fingerprint(model)
    with pytest.raises(RuntimeError), own_copies(model, ["model.norm.weight"]):
        model.model.norm.weight.data.zero_()
        raise RuntimeError("training diverged")
    assert base_fingerprint(model) == before


@pytest.mark.parametrize("changes", [{"layers": "1,3"}, {"layers": "1,3", "lora_rank": 2}])
def test_trained_weights_are_in_place_for_a_while(make_trainer, changes):
    trainer = make_trainer(iterations=2, **changes)
    trainer.train()
    model = counting_model()
    before = base_fingerprint(model)
    base = logits(model)
    with trained(model, trainer.folder.path) as weights:
        assert torch.equal(logits(model), logits(trainer.model))
        assert not torch.equal(logits(model), base)
        assert weights.layers == (1, 3)
    assert base_fingerprint(model) == before
    assert torch.equal(logits(model), base)


def test_update_norms_are_the_distance_of_each_layer(make_trainer):
    trainer = make_trainer(iterations=2, layers="1,3")
    trainer.train()
    base = counting_model()
    norms = update_norms(base, LayerDelta.load(trainer.folder.path))
    now, start = dict(trainer.model.named_parameters()), dict(base.named_parameters())
    for layer, norm in zip((1, 3), norms, strict=True):
        square = sum(
            float((now[name] - start[name]).detach().square().sum())
            for name in now
            if name.startswith(f"model.layers.{layer}.")
        )
        assert norm == pytest.approx(square**0.5, rel=1e-5)
        assert norm > 0
