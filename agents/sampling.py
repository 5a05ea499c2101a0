"""How a token is drawn from a distribution, with random numbers that belong to the episode.

Axes: ``B`` rows of a batch, ``V`` vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sampling:
    """How replies are drawn."""

    temperature: float = 1.0
    """0 takes the likeliest token"""
    top_p: float = 1.0
    """draw from the smallest set of tokens that holds this probability"""
    response_limit: int = 512
    """tokens, after which a reply is cut"""

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature must be 0 or more, got {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be in (0, 1], got {self.top_p}")
        if self.response_limit < 1:
            raise ValueError(f"response_limit must be at least 1 token, got {self.response_limit}")


class UniformStream:
    """Uniform numbers in [0, 1), the same for the same key, however many are looked at ahead."""

    def __init__(self, key: Sequence[int]):
        self._generator = np.random.default_rng(list(key))
        self._ahead: NDArray[np.float64] = np.zeros(0)

    def peek(self, count: int) -> NDArray[np.float64]:
        """Return the next numbers without using them up."""
        if len(self._ahead) < count:
            new = self._generator.random(count - len(self._ahead))
            self._ahead = np.concatenate([self._ahead, new])
        return self._ahead[:count]

    def use(self, count: int) -> None:
        """Use up the next numbers, which were looked at."""
        self._ahead = self._ahead[count:]


def draw(logits_BV: Tensor, uniform_B: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Return a token for each row, and its log-probability, both ``[B]``.

    The log-probability is that of the whole softmax at the temperature (1 where that is 0), before
    ``top_p``. Equal arguments give equal tokens; nothing is read back from the device.

    Args:
        logits_BV: in any dtype; the softmax is computed in float32.
        uniform_B: numbers in [0, 1), in float64.
        sampling: temperature and top-p.
    """
    logp_BV = torch.log_softmax(logits_BV.float() / (sampling.temperature or 1.0), dim=-1)
    if sampling.temperature == 0:
        chosen_B = logp_BV.argmax(-1)
    else:
        chosen_B = inverse_cdf(logp_BV.exp(), uniform_B, sampling.top_p)
    return chosen_B, logp_BV.gather(-1, chosen_B[:, None])[:, 0]


def inverse_cdf(probability_BV: Tensor, uniform_B: Tensor, top_p: float) -> Tensor:
    """Return a token for each row, by inverting the distribution function at its uniform number, ``[B]``."""
    order_BV = None
    if top_p < 1:
        probability_BV, order_BV = probability_BV.sort(dim=-1, descending=True)
        before_BV = probability_BV.cumsum(-1) - probability_BV
        probability_BV = probability_BV.masked_fill(before_BV >= top_p, 0.0)
    device = exact_device(probability_BV.device)
    cdf_BV = probability_BV.to(device).double().cumsum(-1)
    # Scaled by the sum, which rounding and top_p keep from being 1. right=True: the first token whose cdf is
    # above the point, which cannot be one of probability 0.
    point_B1 = uniform_B.to(device)[:, None] * cdf_BV[:, -1:]
    chosen_B = torch.searchsorted(cdf_BV, point_B1, right=True)[:, 0]
    chosen_B = chosen_B.clamp(max=cdf_BV.shape[-1] - 1).to(probability_BV.device)
    return chosen_B if order_BV is None else order_BV.gather(-1, chosen_B[:, None])[:, 0]


def exact_device(device: torch.device) -> torch.device:
    """Return where float64 numbers for ``device`` live: on the CPU for Apple's GPUs, which have none."""
    return torch.device("cpu") if device.type == "mps" else device
