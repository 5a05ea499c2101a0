"""Layer contributions with intervals, from the scores of a profile.

    C(k) = (S_k - S_base) / (S_full - S_base)            (arXiv 2607.01232, Eq. 4)

S is a mean over held-out tasks and over the runs (seeds) of an arm: the base, full training, one
layer, one control. Its uncertainty has two sources, and both are resampled (a bootstrap over the
rows and the columns of a table: A. Owen, arXiv 0711.1050):

- tasks: the same draw of tasks for all arms, because they all played the same tasks;
- runs: drawn anew within each arm, one fewer than there are, which makes their variance unbiased
  (J.N.K. Rao and C.F.J. Wu, 1988). Where an arm has one run, what another seed would give is not in
  the interval; where it has two or three, it is known badly.

Letters: T tasks, S runs of one arm, R resamples, L layers. Does not import torch.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
from onelayer.evals.estimates import RESAMPLES, drawn_tasks, percentile_interval
from onelayer.evals.significance import CONFIDENCE

Array = NDArray[np.float64]
Arms = Mapping[str, ArrayLike]
"""name of an arm: scores_ST"""


def measured(
    profile: Profile,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Profile:
    """Return the profile with what its scores say; what it said before is replaced.

    ``contributions`` has a row for each layer that was trained alone, ``controls`` one for each
    control and, where a control was drawn several times, one for all its draws together,
    ``transplants`` one for each layer that was taken from full training. Runs that failed count as
    they ended. The best layer is chosen by the dev tasks, where there are any. A contribution is
    None, and ``undefined`` says why, where no run trained everything or where that gained no more
    than noise: the interval of the gain reaches 0.

    Args:
        profile: its scores are used, nothing else.
        seed: of the resampling; equal seeds give equal intervals, and adding runs of one arm does
            not change the draws of another.
        resamples: how many times tasks and runs are drawn.
        confidence: of all intervals.
    """
    layer_runs = {f"layer {k}": profile.of_layer(k) for k in profile.layers}
    controls = _controls(profile)
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
        best = _best(layers, *chosen_by, reference, on_dev=bool(profile.dev_tasks))
        score_L, score_LR = chosen_by
        layers = [
            replace(row, chance_best=float(chance), dev_score=_dev_score(profile, score))
            for row, chance, score in zip(layers, _chances(score_LR), score_L, strict=True)
        ]
    moved = _transplants(profile)
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


def arms_of(profile: Profile) -> dict[str, Array]:
    """Return scores_ST of every arm: ``base``, ``full``, ``layer 3``, ``transplant 3``, and controls by name.

    An arm of several draws, such as ``random:2, 3 draws``, has a row for each draw.
    """
    full = _scores(profile.of_role("full"))
    arms: dict[str, Array] = {"base": np.array(profile.base, dtype=float)}
    arms |= {"full": full} if len(full) else {}
    arms |= {f"layer {k}": _scores(profile.of_layer(k)) for k in profile.layers}
    arms |= {name: _scores(runs) for name, runs in _transplants(profile).items()}
    return arms | {name: _by_draw(runs) for name, runs in _controls(profile).items()}


def resample(arms: Arms, *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Array]:
    """Return R resampled means of every arm; position r is one draw of tasks for all of them.

    Args:
        arms: name: scores_ST, at least one run; all have the same tasks in the same order.
        seed: of the tasks' draws; the draws of an arm's runs depend on its name too.
        resamples: R.
    """
    score_ST = {name: np.atleast_2d(np.asarray(scores, float)) for name, scores in arms.items()}
    (tasks,) = {scores.shape[1] for scores in score_ST.values()}
    # Sums first, one division last: successes add up exactly, so that equal scores are equal numbers.
    sum_SR: dict[str, list[Array]] = {name: [] for name in arms}
    for drawn_RT in drawn_tasks(tasks, seed, resamples):
        count_RT = _task_counts(drawn_RT, tasks)
        for name, scores in score_ST.items():
            sum_SR[name].append(scores @ count_RT.T)
    return {
        name: _mean_of_drawn_runs(np.concatenate(parts, axis=1), tasks, _generator(seed, name))
        for name, parts in sum_SR.items()
    }


def ratio_interval(
    numerator_R: Array, denominator_R: Array, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the percentile interval of a ratio; an end may be infinite.

    A resample whose denominator is not positive says that the ratio may be anything: it counts as
    low for the lower end and as high for the upper one, instead of with its meaningless sign.
    """
    sane_R = denominator_R > 0
    ratio_R = numerator_R / np.where(sane_R, denominator_R, 1.0)
    tail = (1 - confidence) / 2
    low = np.quantile(np.where(sane_R, ratio_R, -np.inf), tail, method="inverted_cdf")
    high = np.quantile(np.where(sane_R, ratio_R, np.inf), 1 - tail, method="inverted_cdf")
    return float(low), float(high)


class _Reference:
    """Base and full training, and every other arm seen between them."""

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
    """Return the scores by which layers are chosen, and these resampled: [L], [L, R]."""
    dev = profile.on_dev()
    if dev is not None:
        arms = {f"layer {k}": _scores(dev.of_layer(k)) for k in dev.layers}
        drawn = resample(arms, seed=seed, resamples=resamples)
    scores = [_scores((dev or profile).of_layer(k)).mean() for k in profile.layers]
    return np.array(scores), np.array([drawn[f"layer {k}"] for k in profile.layers])


def _dev_score(profile: Profile, score: float) -> float | None:
    return float(score) if profile.dev_tasks else None


def _best(
    rows: Sequence[Contribution],
    score_L: Array,
    score_LR: Array,
    reference: _Reference,
    *,
    on_dev: bool,
) -> Best:
    """Return the highest layer; what choosing it adds is seen in how the resamples choose."""
    chance_L, first = _chances(score_LR), int(score_L.argmax())
    order = np.argsort(-chance_L, kind="stable")
    needed = int(np.searchsorted(np.cumsum(chance_L[order]), CONFIDENCE - 1e-12)) + 1
    contribution, corrected = rows[first].contribution, None
    if contribution is not None and reference.full is not None and not on_dev:
        optimism = float((score_LR.max(axis=0) - score_L[score_LR.argmax(axis=0)]).mean())
        corrected = contribution - optimism / reference.full.gain
    layers = [row.layer for row in rows if row.layer is not None]
    return Best(
        layer=layers[first],
        chance=float(chance_L[first]),
        candidates=tuple(layers[i] for i in order[:needed]),
        contribution=contribution,
        corrected=corrected,
        on_dev=on_dev,
    )


def _chances(score_LR: Array) -> Array:
    """Return in which share of the resamples each layer is the highest; equal ones share it."""
    top_LR = score_LR == score_LR.max(axis=0)
    return np.asarray((top_LR / top_LR.sum(axis=0)).mean(axis=1), dtype=np.float64)


def _controls(profile: Profile) -> dict[str, list[Run]]:
    """Return the runs of each control, and those of all draws of one kind together."""
    controls: dict[str, list[Run]] = {}
    kinds: dict[str, set[str]] = {}
    for run in profile.of_role("control"):
        name = run.control or ""
        controls.setdefault(name, []).append(run)
        kind, drawn, _ = name.partition(" draw ")
        if drawn:
            kinds.setdefault(kind, set()).add(name)
    for kind, names in kinds.items():
        if len(names) > 1:
            pooled = [run for name in sorted(names) for run in controls[name]]
            controls[f"{kind}, {len(names)} draws"] = pooled
    return controls


def _transplants(profile: Profile) -> dict[str, list[Run]]:
    """Return the runs of each layer that was taken from full training, by layer."""
    found: dict[str, list[Run]] = {}
    for run in sorted(profile.of_role("transplant"), key=lambda run: run.layers):
        found.setdefault(f"transplant {run.layers[0]}", []).append(run)
    return found


def _agreement(
    profile: Profile, arms: Mapping[str, Array], drawn: Mapping[str, Array], seed: int
) -> Agreement | None:
    """Return how alike transplants and single layers are ranked; None with fewer than three of both."""
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


def _by_draw(runs: Sequence[Run]) -> Array:
    """Return scores_ST, where runs of several draws are one row a draw: draws are what varies."""
    names = list(dict.fromkeys(run.control for run in runs))
    if len(names) == 1:
        return _scores(runs)
    return np.array(
        [_scores([run for run in runs if run.control == name]).mean(axis=0) for name in names]
    )


def _scores(runs: Sequence[Run]) -> Array:
    return np.array([run.scores for run in runs], dtype=float)


def _task_counts(drawn_RT: NDArray[np.int64], tasks: int) -> Array:
    """Return how often each task was drawn, ``[R, T]``."""
    resamples = len(drawn_RT)
    place_RT = drawn_RT + tasks * np.arange(resamples)[:, None]
    counts = np.bincount(place_RT.ravel(), minlength=resamples * tasks)
    return counts.reshape(resamples, tasks).astype(np.float64)


def _mean_of_drawn_runs(sum_SR: Array, tasks: int, rng: np.random.Generator) -> Array:
    runs, resamples = sum_SR.shape
    drawn = rng.integers(runs, size=(max(1, runs - 1), resamples))
    sum_R = np.take_along_axis(sum_SR, drawn, axis=0).sum(axis=0)
    return np.asarray(sum_R / (len(drawn) * tasks), dtype=np.float64)


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
