"""The findings of "Is One Layer Enough?" (arXiv 2607.01232), each tested on a profile.

Every test but that of full training's norms looks at an interval, and follows a fixed rule: the finding
*holds* or *does not hold* where the whole interval is on one side of a threshold, and *cannot be told*
otherwise.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.ranking import Ranked, correlate, relative_depth
from onelayer.evals.contribution.record import Profile
from onelayer.evals.estimates import Estimate
from onelayer.evals.formatting import listed, with_interval

Verdict = Literal["holds", "does not hold", "cannot be told"]

MOST = 0.5
"""a layer recovers most of full training if its C is above this"""
SAME = 0.1
"""contributions that differ by less than this count as equal"""
ALIKE = 1.5
"""layers move alike if none moves this many times as far as another"""
SURE = 0.95
_AVERAGE = "the mean of all measured layers"
END = 1 / 6
"""share of the depth at either end; each worst layer of the paper's seven models lies in it"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one profile, or one pair, says about one finding."""

    here: str
    """this profile's result, with its interval, as a sentence"""
    verdict: Verdict
    margin: Estimate | None = None
    """the effect less the threshold of the verdict; None where the verdict rests on something else"""


def one_layer_recovers_most(profile: Profile, contrasts: Contrasts) -> Finding:
    """Test that the best layer alone has C above ``MOST``, without the luck of being picked."""
    return _best_above(profile, contrasts, MOST)


def one_layer_recovers_all(profile: Profile, contrasts: Contrasts) -> Finding:
    """Test that the best layer alone has C above 1, without the luck of being picked."""
    return _best_above(profile, contrasts, 1.0)


def the_best_is_better(profile: Profile, contrasts: Contrasts, second: str) -> Finding | None:
    """Test that the best layer, without its luck, earns more than an arm; None where that is missing."""
    if second not in contrasts.drawn:
        return None
    return _best_over(profile, contrasts, {second: -1.0}, second)


def the_best_is_above_average(profile: Profile, contrasts: Contrasts) -> Finding | None:
    """Test that the best layer earns more than the mean of all measured ones, without its luck."""
    if len(profile.layers) < 2:
        return None
    return _best_over(profile, contrasts, average_of(profile.layers, -1), _AVERAGE)


def is_above_average(profile: Profile, contrasts: Contrasts, arm: str) -> Finding | None:
    """Test that an arm which no score chose earns more than the mean of all measured layers."""
    if arm not in contrasts.drawn or len(profile.layers) < 2:
        return None
    average = average_of(profile.layers, -1)
    difference = contrasts({**average, arm: average.get(arm, 0) + 1})
    return _compared(f"{arm} less {_AVERAGE}", difference)


def average_of(layers: Sequence[int], sign: float = 1) -> dict[str, float]:
    """Return the weights of a contrast that takes the mean of some layers."""
    return {f"layer {k}": sign / len(layers) for k in layers}


def in_the_middle(layer: int, depth: int) -> bool:
    """Return whether a layer lies in the middle third of the depth."""
    return 1 / 3 <= relative_depth(layer, depth) <= 2 / 3


def middle_layers_are_best(profile: Profile, contrasts: Contrasts) -> Finding | None:
    """Test that the middle third of the depth has a higher mean C than the rest."""
    finding = _middle_above(profile, contrasts, lambda place: True, "the others")
    if finding is None or profile.best is None:
        return None
    place = relative_depth(profile.best.layer, profile.model.num_layers)
    return replace(finding, here=f"{finding.here}; the best layer lies at {place:.0%} of the depth")


def middle_layers_beat_earlier_ones(profile: Profile, contrasts: Contrasts) -> Finding | None:
    """Test that the middle third of the depth has a higher mean C than the layers before it."""
    return _middle_above(profile, contrasts, lambda place: place < 0.5, "those before them")


def middle_layers_beat_later_ones(profile: Profile, contrasts: Contrasts) -> Finding | None:
    """Test that the middle third of the depth has a higher mean C than the layers behind it."""
    return _middle_above(profile, contrasts, lambda place: place > 0.5, "those behind them")


def worst_layers_are_at_the_ends(profile: Profile, contrasts: Contrasts) -> Finding | None:
    """Test that the worst layer lies in the first or the last sixth of the depth.

    Returns None where the first layer, the last one or all between them were not measured.
    """
    depth, layers = profile.model.num_layers, contrasts.layers
    ends = [k for k in layers if min(k + 0.5, depth - k - 0.5) / depth < END]
    if not {0, depth - 1} <= set(layers) or len(ends) == len(layers):
        return None
    score_LR = contrasts.of_layers_LR()
    bottom_LR = score_LR == score_LR.min(axis=0)
    chance_L = (bottom_LR / bottom_LR.sum(axis=0)).mean(axis=1)
    chance = float(sum(chance_L[layers.index(k)] for k in ends))
    worst = min(layers, key=lambda k: contrasts.mean[f"layer {k}"])
    value = contrasts({f"layer {worst}": 1})
    among = "" if len(layers) == depth else f" of the {len(layers)} that were measured"
    return Finding(
        f"the worst layer{among} is {worst}, C = {with_interval(value)}; in {chance:.0%} of the"
        f" resamples it is one of {listed(ends)} (by chance {len(ends) / len(layers):.0%})",
        _sure(chance),
    )


def several_layers_reach_full_training(profile: Profile, contrasts: Contrasts) -> Finding:
    """Test that at least two layers alone have C of 1 or more."""
    full_R = contrasts.drawn["full"]
    reach_LR = contrasts.of_layers_LR() >= full_R
    count_R = reach_LR.sum(axis=0)
    low, high = np.quantile(count_R, [0.025, 0.975], method="nearest")
    reached = [
        k for k in contrasts.layers if contrasts.mean[f"layer {k}"] >= contrasts.mean["full"]
    ]
    named = f" ({listed(reached)})" if reached else ""
    return Finding(
        f"{len(reached)} of {len(contrasts.layers)} layers reach C = 1{named}; in the resamples {low} to"
        f" {high} do",
        _sure(float((count_R >= 2).mean())),
    )


def profiles_agree(raw: Ranked) -> Verdict:
    """Judge a rank correlation: it holds where its interval is above 0 and its p-value at most 0.05.

    It does not hold where the whole interval is below 0. Otherwise it cannot be told: of six layers,
    unrelated rankings have a rho of 0.5 or more in 15 % of all cases.
    """
    if math.isnan(raw.value):
        return "cannot be told"
    if raw.low > 0 and raw.p_value <= 0.05:
        return "holds"
    return "does not hold" if raw.high < 0 else "cannot be told"


def is_better(contrasts: Contrasts, first: str, second: str) -> Finding | None:
    """Test that ``first`` earns more than ``second``; None where one of them was not measured."""
    if first not in contrasts.drawn or second not in contrasts.drawn:
        return None
    return _compared(f"{first} less {second}", contrasts({first: 1, second: -1}))


def makes_no_difference(contrasts: Contrasts, first: str, second: str) -> Finding | None:
    """Test that two arms differ by less than ``SAME``; None where one was not measured."""
    if first not in contrasts.drawn or second not in contrasts.drawn:
        return None
    difference = contrasts({first: 1, second: -1})
    verdict: Verdict = "cannot be told"
    if difference.low > -SAME and difference.high < SAME:
        verdict = "holds"
    elif difference.low > SAME or difference.high < -SAME:
        verdict = "does not hold"
    return Finding(f"{first} less {second}: {with_interval(difference, '+.2f')}", verdict)


def full_training_moves_all_alike(profile: Profile, _: Contrasts) -> Finding | None:
    """Test that full training moves no layer ``ALIKE`` times as far as another; None without norms."""
    norms = [n for run in profile.of_role("full") if (n := run.update_norm) and any(n)]
    if not norms:
        return None
    ratio = max(max(n) / min(n) if min(n) else math.inf for n in norms)
    norm_L = np.mean(norms, axis=0)
    runs = "its run" if len(norms) == 1 else f"each of its {len(norms)} runs"
    return Finding(
        f"layers move {norm_L.min():.2f} to {norm_L.max():.2f} far (L2 norms); in {runs} the largest norm is"
        f" at most {ratio:.2f} times the smallest",
        "holds" if ratio < ALIKE else "does not hold",
    )


def norm_does_not_predict(profile: Profile, contrasts: Contrasts) -> Finding | None:
    """Test that the norm of a layer's change is unrelated to its C; None where norms are missing.

    It holds where the correlation is within -``MOST`` and ``MOST`` for the layers as a sample, too
    (E. Fieller, H. Hartley and E. Pearson, 1957): fewer than 17 layers can never tell that.
    """
    norms = {}
    for k in profile.layers:
        known = [run.update_norm[0] for run in profile.of_layer(k) if run.update_norm is not None]
        if not known:
            return None
        norms[k] = float(np.mean(known))
    if len(norms) < 4:
        return None
    norm_L = list(norms.values())
    score_L = [contrasts.mean[f"layer {k}"] for k in norms]
    score_RL = contrasts.of_layers_LR().T
    norm_RL = np.broadcast_to(np.array(norm_L), score_RL.shape)
    found = correlate(norm_L, score_L, norm_RL, score_RL)
    against = correlate([-norm for norm in norm_L], score_L, -norm_RL, score_RL)
    p_value = min(1.0, 2 * min(found.p_value, against.p_value))
    reach = 1.96 * math.sqrt(1.06 / (len(norms) - 3))
    centre = math.atanh(min(max(found.value, -0.999), 0.999))
    low, high = math.tanh(centre - reach), math.tanh(centre + reach)
    verdict: Verdict = "cannot be told"
    if p_value <= 0.05 and (found.low > 0 or found.high < 0):
        verdict = "does not hold"
    elif min(found.low, low) > -MOST and max(found.high, high) < MOST:
        verdict = "holds"
    return Finding(
        f"norms of single-layer runs {min(norm_L):.2f} to {max(norm_L):.2f}; Spearman's rho with C"
        f" {found.value:.2f} [{found.low:.2f}, {found.high:.2f}], p {p_value:.3f} (both sides), and"
        f" [{low:.2f}, {high:.2f}] for the layers as a sample",
        verdict,
    )


def above(estimate: Estimate, threshold: float) -> Estimate:
    """Return the estimate and its interval less a threshold."""
    return Estimate(*(value - threshold for value in estimate))


def judged(margin: Estimate) -> Verdict:
    """Return what follows from a margin: on which side of 0 its whole interval lies."""
    if margin.low > 0:
        return "holds"
    return "does not hold" if margin.high < 0 else "cannot be told"


def _best_above(profile: Profile, contrasts: Contrasts, threshold: float) -> Finding:
    best = profile.best
    assert best is not None and best.contribution is not None
    luck, how = _luck(profile)
    estimate = contrasts({f"layer {best.layer}": 1})
    margin = above(estimate, luck + threshold)
    return Finding(
        f"the best layer, {best.layer}, has C = {with_interval(estimate)} ({how})",
        judged(margin),
        margin,
    )


def _luck(profile: Profile) -> tuple[float, str]:
    """Return what being picked adds to the best layer's C, and in words how it was picked."""
    best = profile.best
    assert best is not None
    if best.contribution is None or best.corrected is None:
        return 0.0, "chosen on dev; a layer has one seed, so luck is in it"
    luck = best.contribution - best.corrected
    if best.on_dev:
        return luck, f"chosen on dev; {best.corrected:.2f} where the other seeds choose"
    return luck, f"{best.corrected:.2f} without the luck of being picked"


def _middle_above(
    profile: Profile, contrasts: Contrasts, among: Callable[[float], bool], named: str
) -> Finding | None:
    """Compare the middle third with the other layers whose relative depth is among those."""
    depth = profile.model.num_layers
    middle = [k for k in profile.layers if in_the_middle(k, depth)]
    rest = [k for k in profile.layers if k not in middle and among(relative_depth(k, depth))]
    if not middle or not rest:
        return None
    difference = contrasts(average_of(middle) | average_of(rest, -1))
    return _compared(f"layers {listed(middle)} less {named}, in mean C", difference)


def _best_over(
    profile: Profile, contrasts: Contrasts, others: Mapping[str, float], named: str
) -> Finding | None:
    """Compare the best layer, without its luck, with a contrast of other arms."""
    if profile.best is None:
        return None
    name, (luck, _) = f"layer {profile.best.layer}", _luck(profile)
    difference = contrasts({**others, name: others.get(name, 0) + 1})
    return _compared(f"{name} less {named}, without its luck", above(difference, luck))


def _compared(what: str, difference: Estimate) -> Finding:
    """Return that a difference is above 0, below it, or cannot be told from it."""
    return Finding(f"{what}: {with_interval(difference, '+.2f')}", judged(difference), difference)


def _sure(chance: float) -> Verdict:
    if chance >= SURE:
        return "holds"
    return "does not hold" if chance <= 1 - SURE else "cannot be told"
