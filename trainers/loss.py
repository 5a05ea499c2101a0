"""The policy loss: a clipped surrogate and the distance to the reference policy, token by token.

``N`` is the number of sampled tokens. Every function returns a value for each token; the trainer adds
them up and divides by the tokens of the whole minibatch, so that how it is cut into forward passes does
not change the gradient.
"""

import math

import torch
from torch import Tensor

MOST_DIFFERENCE, MOST_KL = 20.0, 10.0
"""limits of k3 and k2, as in verl: a single token of a bfloat16 run may differ so much that exp
overflows"""


def clipped_surrogate(
    logp_N: Tensor, old_logp_N: Tensor, advantage_N: Tensor, clip_low: float, clip_high: float
) -> Tensor:
    """Return ``-min(ratio A, clip(ratio, 1 - clip_low, 1 + clip_high) A)`` (GiGPO's Eq. 9), ``[N]``."""
    ratio_N = torch.exp(logp_N - old_logp_N)
    clipped_N = ratio_N.clamp(1 - clip_low, 1 + clip_high)
    return -torch.minimum(ratio_N * advantage_N, clipped_N * advantage_N)


def clipped(
    logp_N: Tensor, old_logp_N: Tensor, advantage_N: Tensor, clip_low: float, clip_high: float
) -> Tensor:
    """Return which tokens the clipping takes out of the gradient, bool ``[N]``."""
    ratio_N = torch.exp(logp_N - old_logp_N)
    too_high_N = (ratio_N > 1 + clip_high) & (advantage_N > 0)
    too_low_N = (ratio_N < 1 - clip_low) & (advantage_N < 0)
    return too_high_N | too_low_N


def importance_weights(old_logp_N: Tensor, sampled_logp_N: Tensor, cap: float) -> Tensor:
    """Return ``min(pi_old / pi_play, cap)``, ``[N]``; 1 where ``cap`` is 0.

    ``pi_play`` wrote the tokens and ``pi_old`` is the same policy as the trainer computes it. In exact
    arithmetic they are equal; in bfloat16 they are not, and the weight makes up for it (truncated
    importance sampling, Ionides 2008).
    """
    if cap == 0:
        return torch.ones_like(old_logp_N)
    return torch.exp(old_logp_N - sampled_logp_N).clamp(max=cap)


def believable(old_logp_N: Tensor, sampled_logp_N: Tensor, reply_N: Tensor, limit: float) -> Tensor:
    """Return which tokens belong to replies that are kept, bool ``[N]`` (masked importance sampling).

    A reply is left out if its ``pi_old / pi_play``, the product over its tokens, is above ``limit``: it was
    so unlikely under ``pi_play`` that it would outweigh many others. All are kept if ``limit`` is 0.

    Args:
        old_logp_N: of the policy that learns, before the first step.
        sampled_logp_N: of the policy that wrote.
        reply_N: number of the reply that each token belongs to; all tokens of a reply are there.
        limit: at least 1, or 0.
    """
    if limit == 0 or len(reply_N) == 0:
        return torch.ones_like(reply_N, dtype=torch.bool)
    difference_N = old_logp_N - sampled_logp_N
    of_reply = difference_N.new_zeros(int(reply_N.max()) + 1).index_add_(0, reply_N, difference_N)
    return of_reply[reply_N] <= math.log(limit)


def kl_k3(logp_N: Tensor, reference_logp_N: Tensor) -> Tensor:
    """Return ``exp(d) - d - 1`` with ``d = log ref - log pi``: k3 of Schulman's note, never negative.

    ``d`` is cut off at 20 on both sides and the value at 10; a token beyond has no gradient.
    """
    difference_N = (reference_logp_N - logp_N).clamp(-MOST_DIFFERENCE, MOST_DIFFERENCE)
    return (torch.exp(difference_N) - difference_N - 1).clamp(max=MOST_KL)


def kl_k2(logp_N: Tensor, reference_logp_N: Tensor) -> Tensor:
    """Return ``d^2 / 2`` with ``d = log ref - log pi``: k2 of the same note, cut off in the same way.

    Where ``pi`` drew the tokens, its gradient is on average that of ``KL(pi || ref)``; the gradient of k3 is
    that of ``KL(ref || pi)``. As an estimate of ``KL(pi || ref)``, k2 is slightly biased and k3 is not.
    """
    return ((reference_logp_N - logp_N) ** 2 / 2).clamp(max=MOST_KL)


KL = {"k2": kl_k2, "k3": kl_k3}
"""by their names in configurations; k1, ``-d``, is left out because its gradient is 0 on average"""
