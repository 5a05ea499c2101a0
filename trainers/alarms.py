"""Warns of an iteration whose numbers say that something is wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

from onelayer.trainers.config import TrainConfig
from onelayer.trainers.mismatch import LIMIT as MISMATCH_LIMIT


def alarms(metrics: Mapping[str, Any], config: TrainConfig) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong in the metrics of an iteration."""
    when = f"iteration {metrics['iteration']}"
    if metrics.get("advantage") == 0:
        yield (
            f"{when} taught nothing: every advantage is 0 (success {metrics['success']:.2f} in all groups)"
        )
    if (share := metrics.get("wins_below_losses", 0.0)) > 0:
        yield (
            f"{when}: in {100 * share:.0f} % of the pairs a solved episode earned less than an unsolved one "
            f"of its task; lower --invalid-penalty ({config.invalid_penalty:g}) or raise the environment's "
            "reward of success"
        )
    if (drift := metrics.get("logp_drift", 0.0)) > MISMATCH_LIMIT[config.dtype]:
        yield f"sampling and training disagree on log-probabilities by {drift:.1e} on average"
