"""Layer contributions with intervals, from the scores of a profile.

    C(k) = (S_k - S_base) / (S_full - S_base)            (arXiv 2607.01232, Eq. 4)

S is a mean over held-out tasks and over the runs (seeds) of an arm: the base, full training, one
layer, one control. Its uncertainty has two sources, and both are resampled (a bootstrap over the
rows and the columns of a table: A. Owen, arXiv 0711.1050):

- tasks: the same draw of tasks for all arms, because they all played the same tasks;
- runs: drawn separately within each arm, one fewer than there are, which makes their variance unbiased
  (J.N.K. Rao and C.F.J. Wu, 1988). The interval of an arm with one run leaves out the variance between
  seeds; with two or three runs that variance is poorly known.

Letters: T tasks, S runs of one arm, R resamples, L layers. Does not import torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from onelayer.evals.bootstrap import RESAMPLES, percentile_interval
from onelayer.evals.contribution.ranking import correlate
from onelayer.evals.contribution.record import (
    Agreement,
    Best,
    Contribution,
    Full,
    Profile,
    Run,
    Score,
)
from onelayer.evals.contribution.resampling import (
    Array,
    arms_of,
    controls_of,
    ratio_interval,
    resample,
    scores_of,
    transplants_of,
)
from onelayer.evals.significance import CONFIDENCE


def measured(
    profile: Profile,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Profile:
    """Return the profile with everything that is computed from its scores, replacing earlier values.

    ``contributions`` has a row for each layer that was trained alone. ``controls`` has one for each
    control and, where a control was drawn several times, one for all its draws together.
    ``transplants`` has one for each layer that was taken from full training. Runs that failed count
    with the scores at their end. The best layer is chosen by the dev tasks, where there are any. A
    contribution is None, and ``undefined`` says why, where no run trained everything, or where the
    interval of full training's gain reaches 0.

    Args:
        profile: only its scores are used.
        seed: seed of the resampling; equal seeds give equal intervals, and adding runs of one arm does
            not change the draws of another.
        resamples: how many times tasks and runs are drawn.
        confidence: confidence level of all intervals.
    """
    layer_runs = {f"layer {k}": profile.of_layer(k) for k in profile.layers}
    controls = controls_of(profile)
    arms = arms_of(profile)
    drawn = resample(arms, seed=seed, resamples=resamples)
    reference = _Reference(arms, drawn, confidence, _failed(profile.of_role("full")))

    layers = [
        reference.row(name, k, layer_runs[name])
        for k, name in zip(profile.layers, layer_runs, strict=True)
    ]
    best = None
    if layers:
        chosen_by = _chosen_by(profile, drawn, seed, resamples)
        best = _best(layers, *chosen_by, reference, profile)
        score_L, score_LR = chosen_by
        layers = [
            replace(row, chance_best=float(chance), dev_score=_dev_score(profile, score))
            for row, chance, score in zip(layers, _chances(score_LR), score_L, strict=True)
        ]
    moved = transplants_of(profile)
    return replace(
        profile,
        contributions=tuple(layers),
        controls=tuple(reference.row(name, None, runs) for name, runs in controls.items()),
        full=reference.full,
        base_score=reference.base,
        best=best,
        transplants=tuple(
            reference.row(name, runs[0].layers[0], runs) for name, runs in moved.items()
        ),
        transplant_agreement=_agreement(profile, arms, drawn, seed),
    )


class _Reference:
    """The scores of base and full training, on whose scale every other arm is placed."""

    def __init__(
        self,
        arms: Mapping[str, Array],
        drawn: Mapping[str, Array],
        confidence: float,
        failed: int,
    ):
        self.arms, self.drawn, self.confidence = arms, drawn, confidence
        self.base = self._score("base")
        self.full, self.undefined = None, ""
        if "full" not in arms:
            self.undefined = "no run trained everything, and C(k) is a fraction of what that gains"
            return
        score = self._score("full")
        gain, gain_R = score.score - self.base.score, drawn["full"] - drawn["base"]
        low, high = percentile_interval(gain_R, confidence)
        self.full = Full(
            score.score, score.low, score.high, score.runs, gain, low, high, failed=failed
        )
        if low <= 0:
            self.undefined = (
                f"training everything gained {gain:+.3f} [{low:+.3f}, {high:+.3f}] over the base:"
                " no more than noise"
            )

    def row(self, name: str, layer: int | None, runs: Sequence[Run]) -> Contribution:
        """Return the row of an arm."""
        score = self._score(name)
        value = low = high = None
        if not self.undefined and self.full is not None:
            value = (score.score - self.base.score) / self.full.gain
            base_R = self.drawn["base"]
            low, high = ratio_interval(
                self.drawn[name] - base_R, self.drawn["full"] - base_R, self.confidence
            )
        return Contribution(
            name=name,
            layer=layer,
            layers=tuple(sorted({index for run in runs for index in run.layers})),
            score=score.score,
            score_low=score.low,
            score_high=score.high,
            contribution=value,
            low=low if low is None or np.isfinite(low) else None,
            high=high if high is None or np.isfinite(high) else None,
            undefined=self.undefined or None,
            runs=len(runs),
            failed=_failed(runs),
        )

    def _score(self, name: str) -> Score:
        scores_ST = self.arms[name]
        low, high = percentile_interval(self.drawn[name], self.confidence)
        return Score(float(scores_ST.mean()), low, high, len(scores_ST))


def _chosen_by(
    profile: Profile, drawn: Mapping[str, Array], seed: int, resamples: int
) -> tuple[Array, Array]:
    """Return the scores by which layers are chosen, and the same resampled: [L], [L, R]."""
    dev = profile.on_dev()
    if dev is not None:
        arms = {f"layer {k}": scores_of(dev.of_layer(k)) for k in dev.layers}
        drawn = resample(arms, seed=seed, resamples=resamples)
    scores = [scores_of((dev or profile).of_layer(k)).mean() for k in profile.layers]
    return np.array(scores), np.array([drawn[f"layer {k}"] for k in profile.layers])


def _dev_score(profile: Profile, score: float) -> float | None:
    return float(score) if profile.dev_tasks else None


def _best(
    rows: Sequence[Contribution],
    score_L: Array,
    score_LR: Array,
    reference: _Reference,
    profile: Profile,
) -> Best:
    """Return the layer with the highest score, and its C without the luck of being picked."""
    chance_L, first = _chances(score_LR), int(score_L.argmax())
    order = np.argsort(-chance_L, kind="stable")
    needed = int(np.searchsorted(np.cumsum(chance_L[order]), CONFIDENCE - 1e-12)) + 1
    contribution, corrected, on_dev = rows[first].contribution, None, bool(profile.dev_tasks)
    if contribution is not None and reference.full is not None:
        if not on_dev:
            optimism = float((score_LR.max(axis=0) - score_L[score_LR.argmax(axis=0)]).mean())
            corrected = contribution - optimism / reference.full.gain
        elif (score := _chosen_by_other_seeds(profile)) is not None:
            corrected = (score - reference.base.score) / reference.full.gain
    layers = [row.layer for row in rows if row.layer is not None]
    return Best(
        layer=layers[first],
        chance=float(chance_L[first]),
        candidates=tuple(layers[i] for i in order[:needed]),
        contribution=contribution,
        corrected=corrected,
        on_dev=on_dev,
    )


def _chosen_by_other_seeds(profile: Profile) -> float | None:
    """Return the mean score of each seed's run of the layer that the other seeds choose on dev.

    Dev tasks keep the luck of the tasks out of a choice, but not that of the runs: a run that happened to
    learn well does well on both. Seeds that some layer lacks are left out; None with fewer than two others.
    """
    by_seed = [{run.seed: run for run in profile.of_layer(k)} for k in profile.layers]
    seeds = sorted(set.intersection(*map(set, by_seed)))
    if len(seeds) < 2:
        return None
    score_LS = np.array([[np.mean(runs[seed].scores) for seed in seeds] for runs in by_seed])
    dev_LS = np.array([[np.mean(runs[seed].dev_scores) for seed in seeds] for runs in by_seed])
    chosen_S = [np.delete(dev_LS, s, axis=1).mean(axis=1).argmax() for s in range(len(seeds))]
    return float(np.mean([score_LS[layer, s] for s, layer in enumerate(chosen_S)]))


def _chances(score_LR: Array) -> Array:
    """Return the share of resamples in which each layer scores highest; ties are split equally."""
    top_LR = score_LR == score_LR.max(axis=0)
    return np.asarray((top_LR / top_LR.sum(axis=0)).mean(axis=1), dtype=np.float64)


def _agreement(
    profile: Profile, arms: Mapping[str, Array], drawn: Mapping[str, Array], seed: int
) -> Agreement | None:
    """Return how alike transplants and single layers rank; None with fewer than three layers in both."""
    layers = [k for k in profile.layers if f"transplant {k}" in arms]
    if len(layers) < 3:
        return None
    one, other = ([f"{kind} {k}" for k in layers] for kind in ("transplant", "layer"))
    found = correlate(
        [arms[name].mean() for name in one],
        [arms[name].mean() for name in other],
        np.array([drawn[name] for name in one]).T,
        np.array([drawn[name] for name in other]).T,
        seed=seed,
    )
    value, low, high, p_value = (None if np.isnan(x) else float(x) for x in found)
    return Agreement(value, low, high, p_value, len(layers))


def _failed(runs: Sequence[Run]) -> int:
    return sum(run.failed is not None for run in runs)
