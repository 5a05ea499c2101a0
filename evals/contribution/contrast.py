"""Differences between arms of a profile, in units of C(k): 1 is the whole gain of full training.

The interval of a difference is narrower than those of the two contributions suggest: both are fractions of
the same gain over the same base, on the same tasks.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from onelayer.evals.bootstrap import RESAMPLES
from onelayer.evals.contribution.record import Profile
from onelayer.evals.contribution.resampling import arms_of, ratio_interval, resample
from onelayer.evals.estimates import Estimate
from onelayer.evals.significance import CONFIDENCE

Array = NDArray[np.float64]


class Contrasts:
    """The arms of one profile, resampled once.

    Args:
        profile: only its scores are used.
        seed: seed of the resampling; equal arguments give the draws of ``measured``.
        resamples: R, the number of draws.
    """

    def __init__(self, profile: Profile, *, seed: int = 0, resamples: int = RESAMPLES):
        arms = arms_of(profile)
        self.mean = {name: float(scores_ST.mean()) for name, scores_ST in arms.items()}
        """score of each arm"""
        self.drawn = resample(arms, seed=seed, resamples=resamples)
        """R resampled scores of each arm"""
        self.layers = profile.layers

    @property
    def is_defined(self) -> bool:
        """Whether full training gained more than noise, by the rule of ``measured``."""
        if "full" not in self.drawn:
            return False
        gain_R = self.drawn["full"] - self.drawn["base"]
        return bool(np.quantile(gain_R, (1 - CONFIDENCE) / 2) > 0)

    def __call__(self, weights: Mapping[str, float]) -> Estimate:
        """Return ``sum(w * C(arm))``, where C of the base is 0 and C of full training is 1.

        Args:
            weights: w by the name of the arm: ``{"layer 3": 1, "full": -1}`` is C(3) - 1.

        Raises:
            LookupError: there is no such arm.
            ValueError: C is undefined: full training gained no more than noise.
        """
        if not self.is_defined:
            raise ValueError("contributions are undefined: full training gained no more than noise")
        if unknown := [name for name in weights if name not in self.drawn]:
            raise LookupError(
                f"the profile has no arm {unknown[0]!r}, only {', '.join(self.drawn)}"
            )
        base, base_R = self.mean["base"], self.drawn["base"]
        above = sum(w * (self.mean[name] - base) for name, w in weights.items())
        above_R = np.sum([w * (self.drawn[name] - base_R) for name, w in weights.items()], axis=0)
        gain_R = self.drawn["full"] - base_R
        return Estimate(above / (self.mean["full"] - base), *ratio_interval(above_R, gain_R))

    def of_layers_LR(self) -> Array:
        """Return R resampled scores of each layer, in the order of ``layers``."""
        return np.array([self.drawn[f"layer {k}"] for k in self.layers])
