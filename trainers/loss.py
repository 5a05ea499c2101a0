"""The policy loss: a clipped surrogate and the distance to the reference policy, token by token.

``N`` is the number of sampled tokens of a batch. Both functions return a value for each token; the trainer
adds them up and divides by the tokens of the whole minibatch, so that how it is cut into forward passes does
not change the gradient.
"""

import torch
from torch import Tensor


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


def kl_k3(logp_N: Tensor, reference_logp_N: Tensor) -> Tensor:
    """Return ``exp(d) - d - 1`` with ``d = log ref - log pi``: k3 of Schulman's note, never negative."""
    difference_N = reference_logp_N - logp_N
    return torch.exp(difference_N) - difference_N - 1
