"""LoRA adapters as what learns: how many, where, and what a run with them keeps."""

import math

import pytest
import torch
from helpers import counting_model, tiny_model

from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.lora import (
    Adapters,
    adapter_parameters,
    add_adapters,
    matrices,
    rank_like_one_layer,
    remove_adapters,
)

pytest.importorskip("peft")

IDS = torch.tensor([[1, 5, 9, 14, 3]])


def logits(model):
    with torch.no_grad():
        return model(IDS).logits


def count(parameters):
    return sum(parameter.numel() for parameter in parameters)


def test_new_adapters_change_nothing_and_their_draw_is_the_seeds():
    model, other, third = tiny_model(), tiny_model(), tiny_model()
    before = logits(model)
    one = add_adapters(model, [0, 1, 2, 3], rank=2, seed=7)
    torch.manual_seed(99)
    same = add_adapters(other, [0, 1, 2, 3], rank=2, seed=7)
    another = add_adapters(third, [0, 1, 2, 3], rank=2, seed=8)
    assert torch.equal(logits(model), before)
    assert all(torch.equal(p, same[name]) for name, p in one.items())
    assert not all(torch.equal(p, another[name]) for name, p in one.items())
    assert {n for n, p in model.named_parameters() if p.requires_grad} == set(one)


def test_adapters_go_beside_the_matrices_of_the_chosen_layers_only():
    model = tiny_model()
    assert len(matrices(model, [1, 3])) == 14  # q k v o, gate up down
    chosen = add_adapters(model, [1, 3], rank=2, seed=0)
    assert {name.split(".")[2] for name in chosen} == {"1", "3"}
    assert len(chosen) == 28


@pytest.mark.parametrize("architecture", ["qwen3", "qwen2", "llama"])
def test_the_rank_gives_about_as_many_parameters_as_one_layer(architecture):
    model = tiny_model(architecture, layers=4, hidden_size=64, intermediate_size=256)
    layer = count(model.model.layers[0].parameters())
    rank = rank_like_one_layer(model)
    spread = count(add_adapters(model, range(4), rank, seed=0).values())
    of_one_rank = spread / rank
    assert rank > 1
    assert abs(spread - layer) <= of_one_rank / 2
    assert math.isclose(spread, layer, rel_tol=0.2)


def test_removing_adapters_restores_the_model():
    model = tiny_model()
    names, print_before, before = (
        [n for n, _ in model.named_parameters()],
        base_fingerprint(model),
        logits(model),
    )
    with torch.no_grad():
        for parameter in add_adapters(model, [0, 2], rank=2, seed=0).values():
            parameter.normal_()
    assert not torch.equal(logits(model), before)
    remove_adapters(model)
    assert [n for n, _ in model.named_parameters()] == names
    assert base_fingerprint(model) == print_before
    assert torch.equal(logits(model), before)
    add_adapters(model, [0], rank=1, seed=0)  # and it can have new ones


def test_a_second_set_of_adapters_is_refused():
    model = tiny_model()
    add_adapters(model, [0], rank=1, seed=0)
    with pytest.raises(ValueError, match="has LoRA adapters already"):
        add_adapters(model, [1], rank=1, seed=0)


def test_a_run_with_adapters_learns_saves_and_loads(make_trainer, tmp_path):
    model = counting_model()
    frozen = {name: p.clone() for name, p in model.named_parameters()}
    trainer = make_trainer(
        model=model,
        layers="all",
        lora_rank=4,
        iterations=25,
        learning_rate=1e-2,
        group_size=8,
        invalid_penalty=0.1,  # most of what such a policy can learn at first
    )
    lines = []
    trainer.reporter.on_iteration = lines.append
    trainer.train()
    success = [line["success"] for line in lines]
    assert sum(success[-5:]) > sum(success[:5]) + 0.5  # a tenth more of the episodes
    assert not (tmp_path / "run" / "layer.safetensors").exists()
    adapters = Adapters.load(tmp_path / "run")
    assert (adapters.layers, adapters.num_layers, adapters.rank) == ((0, 1, 2, 3), 4, 4)
    trained = {n: p.detach().clone() for n, p in adapter_parameters(model).items()}
    assert all(torch.equal(tensor, adapters.tensors[name]) for name, tensor in trained.items())
    fresh = counting_model()
    adapters.apply(fresh)
    assert torch.equal(logits(fresh), logits(model))
    remove_adapters(model)
    assert all(torch.equal(p, frozen[name]) for name, p in model.named_parameters())


def test_peft_loads_the_run_folder_itself(make_trainer, tmp_path):
    from peft import PeftModel

    trainer = make_trainer(layers="1-2", lora_rank=2, iterations=2)
    trainer.train()
    loaded = PeftModel.from_pretrained(counting_model(), tmp_path / "run")
    assert torch.allclose(logits(loaded), logits(trainer.model), atol=1e-6)


def test_what_an_adapter_adds_is_the_difference_of_the_matrices(make_trainer):
    trainer = make_trainer(layers="2", lora_rank=2, iterations=3)
    trainer.train()
    name = "model.layers.2.mlp.up_proj"
    module = trainer.model.get_submodule(name)
    x_BD = torch.randn(3, module.in_features)
    with torch.no_grad():
        added = module(x_BD) - module.get_base_layer()(x_BD)
    assert torch.allclose(added, x_BD @ trainer.saving.adapters().change(name).T, atol=1e-6)


def test_a_stopped_run_with_adapters_goes_on_to_the_same_end(make_trainer):
    whole = make_trainer("whole", layers="all", lora_rank=2, checkpoint_every=1)
    whole.train()
    make_trainer("parts", layers="all", lora_rank=2, iterations=2, checkpoint_every=1).train()
    again = make_trainer("parts", layers="all", lora_rank=2, checkpoint_every=1, resume=True)
    again.train()
    one, other = whole.saving.adapters().tensors, again.saving.adapters().tensors
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_resuming_a_run_without_adapters_with_some_is_refused(make_trainer):
    make_trainer(iterations=1).train()
    with pytest.raises(ValueError, match="was trained with lora_rank=0, not 4"):
        make_trainer(iterations=2, resume=True, lora_rank=4)


def test_adapters_are_refused_by_another_base(make_trainer):
    trainer = make_trainer(lora_rank=2, iterations=1)
    trainer.train()
    with pytest.raises(ValueError, match="this model is not that base"):
        trainer.saving.adapters().apply(tiny_model(seed=5))


def test_a_folder_without_adapters_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="there are no adapters"):
        Adapters.load(tmp_path)


def test_adapters_of_a_bfloat16_model_train_in_float32_and_resume(make_trainer):
    half = [counting_model().to(torch.bfloat16) for _ in range(4)]
    chosen = {"layers": "0-2", "lora_rank": 2, "dtype": "bfloat16", "checkpoint_every": 1}
    whole = make_trainer("whole", model=half[0], **chosen)
    whole.train()
    make_trainer("parts", model=half[1], iterations=2, **chosen).train()
    again = make_trainer("parts", model=half[2], resume=True, **chosen)
    again.train()
    one, other = whole.saving.adapters(), again.saving.adapters()
    assert all(torch.equal(tensor, other.tensors[name]) for name, tensor in one.tensors.items())
    assert {tensor.dtype for tensor in one.tensors.values()} == {torch.float32}
    assert one.dtype == "bfloat16"
    one.apply(half[3])
    assert torch.isfinite(logits(half[3])).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_run_with_adapters_is_merged_into_a_model_without_any(make_trainer, tmp_path, dtype):
    from transformers import AutoModelForCausalLM

    kind = getattr(torch, dtype)
    trainer = make_trainer(
        model=counting_model().to(kind), layers="1-2", lora_rank=2, iterations=3, dtype=dtype
    )
    trainer.train()
    adapters, base = trainer.saving.adapters(), counting_model().to(kind)
    adapters.merge(tmp_path / "merged", counting_model().to(kind))
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    assert merged.dtype == kind
    beside = set(matrices(base, [1, 2]))
    for name, before in base.named_parameters():
        after, module = merged.get_parameter(name), name.removesuffix(".weight")
        if module in beside:
            expected = (before.float() + adapters.change(module)).to(kind)
            assert torch.equal(after, expected)
            assert not torch.equal(after, before)
        else:
            assert torch.equal(after, before)
    with pytest.raises(ValueError, match="not an empty folder"):
        adapters.merge(tmp_path / "merged", counting_model().to(kind))
