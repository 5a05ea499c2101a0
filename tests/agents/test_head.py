"""Logits of a bfloat16 head keep the digits that rounding to bfloat16 would take."""

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.forward import (
    after_layers,
    decoder_layers,
    leaving,
    logits_only_at,
    unrounded,
)
from onelayer.agents.head import float32_logits, rounds


def head(bias=False, dtype=torch.bfloat16):
    made = torch.nn.Linear(2, 2, bias=bias).to(dtype).requires_grad_(False)
    with torch.no_grad():
        made.weight.copy_(torch.tensor([[1.0, 1.0], [2.0, -1.0]]))
        if bias:
            made.bias.copy_(torch.tensor([0.5, 0.0]))
    return made


def test_a_sum_by_hand_is_not_rounded():
    # 256 + 1 = 257 has no place in bfloat16, whose steps are 2 from 256 on; 2 * 256 - 1 = 511 neither.
    hidden = torch.tensor([[256.0, 1.0]]).bfloat16()
    assert head()(hidden).tolist() == [[256.0, 512.0]]
    assert float32_logits(head(), hidden).tolist() == [[257.0, 511.0]]
    assert float32_logits(head(bias=True), hidden).tolist() == [[257.5, 511.0]]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert float32_logits(head(), hidden).tolist() == [[257.0, 511.0]]


def test_the_gradient_by_hand():
    hidden = torch.tensor([[3.0, 4.0]]).bfloat16().requires_grad_()
    (float32_logits(head(), hidden) * torch.tensor([[1.0, 10.0]])).sum().backward()
    # d/dh = 1 * (1, 1) + 10 * (2, -1)
    assert hidden.grad.tolist() == [[21.0, -9.0]]


def test_new_weights_are_seen():
    made, hidden = head(), torch.tensor([[1.0, 0.0]]).bfloat16()
    assert float32_logits(made, hidden).tolist() == [[1.0, 2.0]]
    with torch.no_grad():
        made.weight.mul_(2)
    assert float32_logits(made, hidden).tolist() == [[2.0, 4.0]]
    made.weight.data = torch.ones(2, 2).bfloat16()
    assert float32_logits(made, hidden).tolist() == [[1.0, 1.0]]


def test_heads_that_lose_nothing_or_learn_are_left_alone():
    assert rounds(head())
    assert not rounds(head(dtype=torch.float32))
    assert not rounds(head().requires_grad_(True))
    with torch.no_grad():  # as in evaluation, where nobody has frozen the model
        assert rounds(head().requires_grad_(True))


@pytest.mark.parametrize("architecture", ["qwen3", "granite", "gemma2"])
def test_what_the_model_does_to_its_logits_it_does_to_these(architecture):
    """Granite divides them, Gemma 2 caps them."""
    model = tiny_model(
        architecture,
        initializer_range=0.2,
        logits_scaling=4.0,
        final_logit_softcapping=3.0,
        head_dim=8,
    )
    model.bfloat16().requires_grad_(False)
    ids = torch.tensor([[5, 6, 7]])
    with torch.no_grad(), logits_only_at(model, torch.ones(1, 3, dtype=torch.bool)):
        exact = model(ids).logits
    with torch.no_grad():
        rounded = model(ids).logits
    assert exact.dtype == torch.float32
    torch.testing.assert_close(exact, rounded.float(), atol=0.02, rtol=0.02)
    assert not torch.equal(exact, rounded.float())


def test_learning_and_playing_compute_the_same_logits():
    """What leaves the last layer goes through the head in float32 there too."""
    model = tiny_model("granite", initializer_range=0.2).bfloat16().requires_grad_(False)
    layers, ids = decoder_layers(model), torch.tensor([[5, 6, 7]])
    with torch.no_grad(), logits_only_at(model, torch.ones(1, 3, dtype=torch.bool)):
        played = model(ids, use_cache=False).logits[0]
    hidden = leaving(model, layers[-1], input_ids=ids)[0].requires_grad_()
    learned = after_layers(model, layers, hidden)
    assert learned.dtype == torch.float32
    torch.testing.assert_close(learned.detach(), played, atol=0, rtol=0)
    learned.sum().backward()
    assert hidden.grad.abs().sum() > 0


def test_a_head_that_learns_under_autocast_keeps_its_digits_and_its_gradients():
    made = head(dtype=torch.float32).requires_grad_(True)
    hidden = torch.tensor([[256.0, 1.0]], requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert made(hidden).tolist() == [[256.0, 512.0]]  # torch's own way rounds
        with unrounded(made):
            logits = made(hidden)
    assert logits.tolist() == [[257.0, 511.0]]
    logits.sum().backward()
    # d/dh = (1, 1) + (2, -1); d/dW = h for both rows
    assert hidden.grad.tolist() == [[3.0, 0.0]]
    assert made.weight.grad.tolist() == [[256.0, 1.0], [256.0, 1.0]]
