"""How a token is drawn from a distribution, with random numbers that belong to the episode.

Axes: ``B`` rows of a batch, ``V`` vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
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


def uniform(key: Sequence[int]) -> Iterator[float]:
    """Yield uniform numbers in [0, 1), the same for the same key."""
    generator = np.random.default_rng(list(key))
    while True:
        yield from generator.random(256).tolist()


def inverse_cdf(probability_BV: Tensor, draws_B: Sequence[float], top_p: float) -> Tensor:
    """Return for each row the token whose share of the unit interval holds the draw."""
    order_BV = None
    if top_p < 1:
        probability_BV, order_BV = probability_BV.sort(dim=-1, descending=True)
        before_BV = probability_BV.cumsum(-1) - probability_BV
        probability_BV = probability_BV.masked_fill(before_BV >= top_p, 0.0)
    cdf_BV = probability_BV.double().cumsum(-1)
    draws_B1 = torch.tensor(draws_B, dtype=torch.float64, device=cdf_BV.device)[:, None]
    # Scaled by the sum, which rounding keeps from being 1; the first column beyond the draw has weight.
    chosen_B = torch.searchsorted(cdf_BV, draws_B1 * cdf_BV[:, -1:], right=True)[:, 0]
    chosen_B = chosen_B.clamp(max=cdf_BV.shape[-1] - 1)
    return chosen_B if order_BV is None else order_BV.gather(-1, chosen_B[:, None])[:, 0]
