"""How much the log-probabilities of one policy differ between learning and playing.

In float32 they differ in the last digits, also where a server plays. In bfloat16 they differ by a few
hundredths on average, because rounding depends on the shape of a batch. The largest difference of an
iteration then mostly says how many tokens there were. What matters is the mean difference, and its effect on
the ratio.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

LIMIT = {"float32": 1e-4, "bfloat16": 0.1}
"""mean differences of log-probabilities, in nats, above which a run warns"""


class Mismatch:
    """Sums over tokens; add up the ``sums`` of several processes and read ``metrics``."""

    def __init__(self, sums: Sequence[float] = (0.0,) * 6):
        self.sums = list(sums)

    def add(self, logp_N: Tensor, played_logp_N: Tensor) -> None:
        """Count tokens with their log-probabilities while learning and when they were sampled."""
        # On the CPU, because MPS has no float64.
        difference_N = logp_N.detach().cpu().double() - played_logp_N.cpu().double()
        ratio_N = torch.exp(difference_N)
        of_tokens = (
            torch.ones_like(ratio_N),
            difference_N.abs(),
            difference_N,
            difference_N.square(),
            ratio_N,
            ratio_N.square(),
        )
        found = torch.stack([values_N.sum() for values_N in of_tokens]).tolist()
        self.sums = [total + new for total, new in zip(self.sums, found, strict=True)]

    def metrics(self) -> dict[str, float]:
        """Return what to log.

        ``logp_drift`` is the mean absolute difference of log-probabilities and ``logp_drift_sd`` the
        standard deviation of the signed one; ``ratio`` and ``ratio_sd`` are of ``pi_learn / pi_play``.
        ``play_kl`` estimates a token's ``KL(pi_play || pi_learn)`` as the mean of ``ratio - 1 - log ratio``
        (Schulman's k3), and ``play_chi2`` its chi-square divergence ``(pi_learn || pi_play)`` as the mean of
        ``(ratio - 1)^2``. ``effective_samples``, from 0 to 1, is the share of tokens that weighting by the
        ratio leaves (Kish): ``sum(ratio)^2 / (N sum(ratio^2))``.
        """
        tokens, absolute, signed, squared, ratio, ratio_squared = self.sums
        if tokens == 0:
            return {
                "logp_drift": 0.0,
                "logp_drift_sd": 0.0,
                "ratio": 1.0,
                "ratio_sd": 0.0,
                "play_kl": 0.0,
                "play_chi2": 0.0,
                "effective_samples": 1.0,
            }
        return {
            "logp_drift": absolute / tokens,
            "logp_drift_sd": _deviation(tokens, signed, squared),
            "ratio": ratio / tokens,
            "ratio_sd": _deviation(tokens, ratio, ratio_squared),
            "play_kl": (ratio - tokens - signed) / tokens,
            "play_chi2": (ratio_squared - 2 * ratio + tokens) / tokens,
            "effective_samples": ratio**2 / (tokens * ratio_squared),
        }


def _deviation(count: float, total: float, squares: float) -> float:
    variance = squares / count - (total / count) ** 2
    return math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else math.nan
