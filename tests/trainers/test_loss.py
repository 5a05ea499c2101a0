"""The loss against arithmetic done by hand: ratios of 0.5 to 2, both signs, clipped at 0.8 and 1.3."""

import math

import pytest
import torch

from onelayer.trainers.loss import (
    KL,
    believable,
    clipped,
    clipped_surrogate,
    importance_weights,
    kl_k2,
    kl_k3,
)

CLIP = (0.2, 0.3)
CASES = [
    # ratio, advantage, loss, still has a gradient
    (1.0, 2.0, -2.0, True),
    (1.2, 2.0, -2.4, True),
    (2.0, 2.0, -2.6, False),  # min(4, 1.3 * 2)
    (0.5, 2.0, -1.0, True),  # min(1, 0.8 * 2): what became too unlikely may come back
    (1.0, -2.0, 2.0, True),
    (0.9, -2.0, 1.8, True),
    (0.5, -2.0, 1.6, False),  # -min(-1, 0.8 * -2)
    (2.0, -2.0, 4.0, True),  # -min(-4, 1.3 * -2): what became too likely is still pushed down
    (2.0, 0.0, 0.0, False),
]


def logs(ratios):
    """New log-probabilities that have these ratios to old ones of different sizes."""
    old = torch.log(torch.linspace(0.1, 0.4, len(ratios), dtype=torch.float64))
    return (old + torch.log(torch.tensor(ratios, dtype=torch.float64))).requires_grad_(), old


@pytest.mark.parametrize(("ratio", "advantage", "loss", "moves"), CASES)
def test_the_surrogate_is_the_worse_of_the_ratio_and_the_clipped_one(ratio, advantage, loss, moves):
    logp, old = logs([ratio])
    value = clipped_surrogate(logp, old, torch.tensor([advantage], dtype=torch.float64), *CLIP)
    assert value.item() == pytest.approx(loss)
    value.sum().backward()
    # d(ratio A)/d logp = ratio A
    assert logp.grad.item() == pytest.approx(-ratio * advantage if moves else 0.0)


def test_clipped_tokens_are_those_without_a_gradient():
    logp, old = logs([ratio for ratio, *_ in CASES])
    advantage = torch.tensor([a for _, a, *_ in CASES], dtype=torch.float64)
    clipped_surrogate(logp, old, advantage, *CLIP).sum().backward()
    still = (logp.grad == 0) & (advantage != 0)
    assert clipped(logp, old, advantage, *CLIP).tolist() == still.tolist()
    assert still.sum() == 2


def test_at_the_sampling_policy_the_gradient_is_the_policy_gradient():
    logp, old = logs([1.0, 1.0, 1.0])
    advantage = torch.tensor([1.5, -0.5, 0.0], dtype=torch.float64)
    clipped_surrogate(logp, old, advantage, *CLIP).sum().backward()
    torch.testing.assert_close(logp.grad, -advantage)


def test_tokens_do_not_mix():
    logp, old = logs([ratio for ratio, *_ in CASES])
    advantage = torch.tensor([a for _, a, *_ in CASES], dtype=torch.float64)
    values = clipped_surrogate(logp, old, advantage, *CLIP)
    assert values.tolist() == pytest.approx([loss for _, _, loss, _ in CASES])


def test_k3_by_hand():
    logp = torch.log(torch.tensor([0.5, 0.25, 0.5], dtype=torch.float64)).requires_grad_()
    reference = torch.log(torch.tensor([0.5, 0.5, 0.25], dtype=torch.float64))
    value = kl_k3(logp, reference)
    # ratio - log ratio - 1 with ratios 1, 2 and 1/2
    assert value.tolist() == pytest.approx([0.0, 1 - math.log(2), math.log(2) - 0.5])
    value.sum().backward()
    assert logp.grad.tolist() == pytest.approx([0.0, 1 - 2, 1 - 0.5])  # 1 - ratio


def test_k3_is_never_negative_and_zero_only_where_both_agree():
    generator = torch.Generator().manual_seed(0)
    logp = torch.log_softmax(torch.randn(500, 7, generator=generator), -1)[:, 0]
    reference = torch.log_softmax(torch.randn(500, 7, generator=generator), -1)[:, 0]
    value = kl_k3(logp.double(), reference.double())
    assert (value > 0).all()
    assert (kl_k3(logp, logp) == 0).all()


def test_k3_estimates_the_divergence_of_the_policy_from_the_reference():
    policy = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64)
    reference = torch.tensor([0.3, 0.3, 0.4], dtype=torch.float64)
    exact = (policy * (policy / reference).log()).sum()
    expected = (policy * kl_k3(policy.log(), reference.log())).sum()  # mean over what it samples
    assert expected.item() == pytest.approx(exact.item())


def test_k3_of_a_token_that_is_far_off_is_a_number_without_a_gradient():
    logp = torch.tensor([-1.0, -1000.0, -1.0, -3.6], dtype=torch.float32, requires_grad=True)
    reference = torch.tensor([-1000.0, -1.0, -1.0, -1.0])
    value = kl_k3(logp, reference)
    # d = -999 is cut off at -20: exp(-20) + 20 - 1 = 19, more than 10; d = 2.6: exp(2.6) - 3.6
    assert value.tolist() == pytest.approx([10.0, 10.0, 0.0, math.exp(2.6) - 3.6])
    value.sum().backward()
    assert logp.grad.tolist() == pytest.approx([0.0, 0.0, 0.0, 1 - math.exp(2.6)], rel=1e-5)


def test_k2_by_hand():
    logp = torch.log(torch.tensor([0.5, 0.25, 1e-9], dtype=torch.float64)).requires_grad_()
    reference = torch.log(torch.tensor([0.5, 0.5, 1.0], dtype=torch.float64))
    value = kl_k2(logp, reference)
    # d = 0 and log 2; log 1e9 = 20.7 is far beyond: 10, without a gradient
    assert value.tolist() == pytest.approx([0.0, math.log(2) ** 2 / 2, 10.0])
    value.sum().backward()
    assert logp.grad.tolist() == pytest.approx([0.0, -math.log(2), 0.0])


@pytest.mark.parametrize(("name", "of_policy"), [("k2", True), ("k3", False)])
def test_the_gradient_of_k2_is_that_of_the_divergence_and_of_k3_that_of_the_other_way(
    name, of_policy
):
    logits = torch.tensor([0.9, -0.3, 0.2], dtype=torch.float64, requires_grad=True)
    reference = torch.log_softmax(torch.tensor([0.1, 0.4, -0.2], dtype=torch.float64), -1)
    policy = torch.log_softmax(logits, -1)
    p, q = (policy, reference) if of_policy else (reference, policy)
    [exact] = torch.autograd.grad((p.exp() * (p - q)).sum(), logits, retain_graph=True)
    drawn = policy.exp().detach()  # how often each token is drawn
    [found] = torch.autograd.grad((drawn * KL[name](policy, reference)).sum(), logits)
    torch.testing.assert_close(found, exact)


def test_importance_weights_are_cut_off_above_only():
    old, played = torch.log(torch.tensor([0.1, 0.2, 0.6])), torch.log(torch.tensor([0.2, 0.1, 0.1]))
    assert importance_weights(old, played, 2.0).tolist() == pytest.approx([0.5, 2.0, 2.0])
    assert importance_weights(old, played, 7.0).tolist() == pytest.approx([0.5, 2.0, 6.0])
    assert importance_weights(old, played, 0.0).tolist() == [1.0, 1.0, 1.0]


def test_a_reply_that_is_much_likelier_to_the_learner_is_left_out_as_a_whole():
    reply = torch.tensor([0, 0, 1, 1, 2])
    difference = torch.log(torch.tensor([2.0, 2.0, 2.0, 1.0, 0.1]))  # products 4, 2, 0.1
    played = torch.full((5,), -1.0)
    kept = believable(played + difference, played, reply, 3.0)
    assert kept.tolist() == [False, False, True, True, True]
    assert believable(played + difference, played, reply, 0.0).all()
    assert believable(played + difference, played, reply, 1.5).tolist() == [False] * 4 + [True]
    nothing = torch.zeros(0)
    assert believable(nothing, nothing, nothing.long(), 2.0).tolist() == []
