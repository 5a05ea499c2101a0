"""The control ``mask:seed0``: as many numbers as one layer has, all over the model."""

import pytest
import torch
from helpers import make_learner, play_counting, random_advantages, tiny_model

from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.random_mask import mask_size, random_masks


@pytest.fixture
def model():
    return tiny_model(layers=4, initializer_range=0.2)


def test_as_many_numbers_learn_as_one_layer_has(model):
    one = sum(p.numel() for p in decoder_layers(model)[0].parameters())
    masks = random_masks(model, "mask:seed3", trained_parameters(model, range(4)))
    assert sum(int(mask.sum()) for mask in masks.values()) == mask_size(model)
    assert mask_size(model) == pytest.approx(one, rel=0.01)
    assert all(mask.any() for mask in masks.values())  # of every tensor a share


def test_a_seed_is_a_mask_and_other_seeds_are_others(model):
    parameters = trained_parameters(model, range(4))
    one, same, other = (random_masks(model, f"mask:seed{seed}", parameters) for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    assert random_masks(model, "0-3", parameters) == {}


def test_nothing_outside_the_mask_moves(model, plain_tokenizer):
    learner = make_learner(model, "mask:seed1", beta=0.0, learning_rate=0.1, minibatches=2)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    episodes = play_counting(model, plain_tokenizer)
    for iteration in range(2):
        learner.update(episodes, random_advantages(episodes), iteration)
    moved = 0
    for name, parameter in model.named_parameters():
        changed = parameter.detach() != before[name]
        mask = learner.masks.get(name, torch.zeros_like(changed))
        assert not (changed & ~mask).any(), name
        moved += int(changed.sum())
    assert moved > 0.8 * mask_size(model)  # tokens that were never read move nothing


def test_a_mask_with_adapters_is_refused():
    with pytest.raises(ValueError, match="leave lora_rank and train_embeddings out"):
        TrainConfig(layers="mask:seed0", lora_rank=4)
