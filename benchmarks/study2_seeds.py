"""How many seeds would tell what the second study cannot tell."""

import math
from collections.abc import Sequence

from onelayer.evals.contribution.compare import Comparison
from onelayer.evals.contribution.record import Profile
from onelayer.evals.estimates import Estimate


def seeds_needed(seeds: int, above: Estimate) -> str:
    """Return about how many seeds make half the interval as small as the effect, more than there are."""
    half, effect = (above.high - above.low) / 2, abs(above.value)
    if not math.isfinite(half) or effect == 0 or half / effect > 10:
        return f"over {100 * seeds}"
    return str(max(seeds + 1, math.ceil(seeds * (half / effect) ** 2)))


def seeds_for_rankings(comparison: Comparison) -> str:
    """Return a line for each pair whose rank correlation cannot be told from chance."""
    lines = []
    for pair in comparison.pairs:
        rho, p_value = pair.raw["spearman"].value, pair.raw["spearman"].p_value
        if math.isnan(rho) or p_value <= 0.05:
            continue
        halves = [comparison.between_seeds[name] for name in (pair.first, pair.second)]
        counts = [fewest_seeds(comparison.profiles[name]) for name in (pair.first, pair.second)]
        told = ranking_seeds(rho, halves, counts, pair.depths)
        lines.append(
            f"- {pair.first} and {pair.second}: rho {rho:.2f} cannot be told from chance; {told}."
        )
    return "\n".join(lines)


def ranking_seeds(rho: float, halves: Sequence[float], seeds: Sequence[int], layers: int) -> str:
    """Return how many seeds would let a rank correlation be told from chance, in words.

    Args:
        rho: as it was seen.
        halves: of each profile the rank correlation of one half of its seeds with the other.
        seeds: of each profile.
        layers: that were ranked.
    """
    if rho <= 0:
        return "no number of seeds would do, if it is as low as that"
    if min(seeds) < 2:
        return "how many seeds would tell cannot be said from one"
    needed = 1.645 / math.sqrt(layers - 1)  # p of 0.05, one side, by the normal approximation
    if any(math.isnan(half) or half <= 0 for half in halves):
        return "the seeds of one setting disagree among themselves, so no number can be said"
    single = [_stepped(half, 1 / max(1, n // 2)) for half, n in zip(halves, seeds, strict=True)]
    now = math.sqrt(math.prod(_stepped(r, n) for r, n in zip(single, seeds, strict=True)))
    true = min(1.0, rho / now)
    for count in range(1, 101):
        if true * math.sqrt(math.prod(_stepped(r, count) for r in single)) >= needed:
            return f"about {count} seeds would do, if it is {true:.2f} without noise"
    return f"seeds alone would not do: without noise it is about {true:.2f}, and {needed:.2f} is needed"


def _stepped(reliability: float, times: float) -> float:
    """Return the reliability of ``times`` as many runs (Spearman and Brown)."""
    return times * reliability / (1 + (times - 1) * reliability)


def fewest_seeds(profile: Profile) -> int:
    """Return the seeds of the layer that has the fewest, or of full training where that has fewer."""
    return min(len(profile.of_role("full")), *(len(profile.of_layer(k)) for k in profile.layers))
