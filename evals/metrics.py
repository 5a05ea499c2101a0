"""The figures of an evaluation as ``evaluate.Metric`` classes that need no hub and no cache folder.

Every metric takes ``predictions``, a number for each episode, and ``references``, the episode's task::

    SuccessRate().compute(predictions=[1, 0, 1], references=["a", "b", "c"])
    # {'value': 0.667, 'low': 0.208, 'high': 0.939}

They compose with ``evaluate.combine`` and take ``add`` and ``add_batch``. Importing this module imports
``evaluate``, and with it torch. Evaluations use ``onelayer.evals.figures``, the same arithmetic in numpy.
"""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import datasets
import evaluate

from onelayer.evals.bootstrap import bootstrap_mean
from onelayer.evals.estimates import Estimate, mean_share, pass_at_k
from onelayer.evals.figures import measure

__all__ = [
    "MajorityAtK",
    "MeanResponseLength",
    "MeanReturn",
    "MeanSteps",
    "PassAtK",
    "SuccessRate",
    "UnparsableRate",
    "ValidActionRate",
    "measure",
]


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder, made for the first metric of this process and removed when Python ends."""
    return tempfile.TemporaryDirectory(prefix="onelayer-metrics-")


class _EpisodeMetric(evaluate.Metric):  # type: ignore[misc]
    """Takes one number and one task for each episode, and keeps them in memory."""

    description = ""

    def __init__(self, **kwargs: Any):
        # Otherwise every object writes an arrow file and a lock below the user's home; even one that is
        # kept in memory makes a folder.
        super().__init__(**{"keep_in_memory": True, "cache_dir": _scratch().name, **kwargs})

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.description,
            citation="",
            inputs_description="predictions: a number for each episode; references: its task",
            features=datasets.Features(
                {
                    "predictions": datasets.Value("float64"),
                    "references": datasets.Value("string"),
                }
            ),
        )

    def _compute(
        self, predictions: Sequence[float], references: Sequence[str], **kwargs: Any
    ) -> dict[str, float]:
        return self.estimate(predictions, references, **kwargs)._asdict()

    def estimate(self, predictions: Sequence[float], references: Sequence[str]) -> Estimate:
        """Return the figure and its interval."""
        return bootstrap_mean(predictions, references)


class SuccessRate(_EpisodeMetric):
    """Share of episodes that solve their task; predictions are 0 or 1."""

    description = "Share of solved episodes with Wilson's interval, as wide as the tasks vary."

    def estimate(self, predictions: Sequence[float], references: Sequence[str]) -> Estimate:
        """Return the share and its interval."""
        return mean_share(predictions, references)


class MeanReturn(_EpisodeMetric):
    """Mean undiscounted return; predictions are returns."""

    description = "Mean undiscounted return with a bootstrap interval over tasks."


class MeanSteps(_EpisodeMetric):
    """Mean length of an episode; predictions are numbers of steps."""

    description = "Mean number of steps with a bootstrap interval over tasks."


class ValidActionRate(_EpisodeMetric):
    """Share of actions that were understood; predictions are each episode's share.

    ``compute(..., steps=[...])`` takes the episodes' numbers of steps, by which they are weighted.
    """

    description = "Share of valid actions with a bootstrap interval over tasks."

    def estimate(
        self,
        predictions: Sequence[float],
        references: Sequence[str],
        steps: Sequence[int] | None = None,
    ) -> Estimate:
        """Return the share of all actions and its interval; NaN where no action was taken."""
        return bootstrap_mean(predictions, references, weights_N=steps)


class PassAtK(_EpisodeMetric):
    """Unbiased estimate of the chance to solve a task within ``k`` attempts, averaged over tasks.

    Predictions are 0 or 1; ``compute(..., k=4)`` says how many attempts.
    """

    description = "Unbiased pass@k with Wilson's interval over tasks."

    def estimate(
        self, predictions: Sequence[float], references: Sequence[str], k: int = 1
    ) -> Estimate:
        """Return pass@k and its interval; ValueError where a task has fewer than ``k`` episodes."""
        attempts: dict[str, list[float]] = defaultdict(list)
        for success, task in zip(predictions, references, strict=True):
            attempts[task].append(success)
        return mean_share([pass_at_k(len(a), int(sum(a)), k) for a in attempts.values()])


class MajorityAtK(_EpisodeMetric):
    """Chance that the commonest answer of ``k`` attempts is right, averaged over tasks.

    Predictions are one chance for each task; see ``onelayer.evals.majority``.
    """

    description = "maj@k with Wilson's interval over tasks."

    def estimate(self, predictions: Sequence[float], references: Sequence[str]) -> Estimate:
        """Return the mean and its interval."""
        return mean_share(predictions, references)


class UnparsableRate(SuccessRate):
    """Share of episodes without an answer that could be read; predictions are 0 or 1."""

    description = "Share of episodes without an answer, with Wilson's interval."


class MeanResponseLength(_EpisodeMetric):
    """Mean length of a reply; predictions are each episode's mean.

    ``compute(..., replies=[...])`` takes the episodes' numbers of replies, by which they are weighted.
    """

    description = "Mean length of a reply with a bootstrap interval over tasks."

    def estimate(
        self,
        predictions: Sequence[float],
        references: Sequence[str],
        replies: Sequence[int] | None = None,
    ) -> Estimate:
        """Return the mean over all replies and its interval; NaN where there is none."""
        return bootstrap_mean(predictions, references, weights_N=replies)
