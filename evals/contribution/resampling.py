"""The arms of a profile, and their scores over resampled tasks and runs.

Axes: ``S`` runs of an arm, ``T`` tasks, ``R`` resamples.
"""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.evals.bootstrap import RESAMPLES, drawn_tasks
from onelayer.evals.contribution.record import Profile, Run
from onelayer.evals.significance import CONFIDENCE

Array = NDArray[np.float64]
Arms = Mapping[str, ArrayLike]
"""name of an arm: scores_ST"""


def arms_of(profile: Profile) -> dict[str, Array]:
    """Return scores_ST of every arm: ``base``, ``full``, ``layer 3``, ``transplant 3``, and controls by name.

    In an arm of several draws, such as ``random:2, 3 draws``, each draw is one row.
    """
    full = scores_of(profile.of_role("full"))
    arms: dict[str, Array] = {"base": np.array(profile.base, dtype=float)}
    arms |= {"full": full} if len(full) else {}
    arms |= {f"layer {k}": scores_of(profile.of_layer(k)) for k in profile.layers}
    arms |= {name: scores_of(runs) for name, runs in transplants_of(profile).items()}
    return arms | {name: _by_draw(runs) for name, runs in controls_of(profile).items()}


def resample(arms: Arms, *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Array]:
    """Return R resampled means of every arm; resample r has the same draw of tasks in all arms.

    Args:
        arms: name -> scores_ST, at least one run; all have the same tasks in the same order.
        seed: seed of the draws; the draws of an arm's runs also depend on its name.
        resamples: R, the number of resamples.
    """
    score_ST = {name: np.atleast_2d(np.asarray(scores, float)) for name, scores in arms.items()}
    (tasks,) = {scores.shape[1] for scores in score_ST.values()}
    # Sum first and divide once: sums of successes are exact, so equal scores stay exactly equal.
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
    """Return the percentile interval of a ratio; a bound may be infinite.

    A resample whose denominator is not positive tells nothing about the ratio, not even its sign. It
    counts as -infinity for the lower bound and as +infinity for the upper bound.
    """
    sane_R = denominator_R > 0
    ratio_R = numerator_R / np.where(sane_R, denominator_R, 1.0)
    tail = (1 - confidence) / 2
    low = np.quantile(np.where(sane_R, ratio_R, -np.inf), tail, method="inverted_cdf")
    high = np.quantile(np.where(sane_R, ratio_R, np.inf), 1 - tail, method="inverted_cdf")
    return float(low), float(high)


def controls_of(profile: Profile) -> dict[str, list[Run]]:
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


def transplants_of(profile: Profile) -> dict[str, list[Run]]:
    """Return the runs of each layer that was taken from full training, by layer."""
    found: dict[str, list[Run]] = {}
    for run in sorted(profile.of_role("transplant"), key=lambda run: run.layers):
        found.setdefault(f"transplant {run.layers[0]}", []).append(run)
    return found


def _by_draw(runs: Sequence[Run]) -> Array:
    """Return scores_ST; runs of several draws are averaged to one row a draw."""
    names = list(dict.fromkeys(run.control for run in runs))
    if len(names) == 1:
        return scores_of(runs)
    return np.array(
        [scores_of([run for run in runs if run.control == name]).mean(axis=0) for name in names]
    )


def scores_of(runs: Sequence[Run]) -> Array:
    """Return the scores of some runs, ``[S, T]``."""
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
