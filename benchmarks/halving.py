"""How often successive halving finds the layer that the whole profile finds, from the scores of the study.

    python benchmarks/halving.py                    # docs/results/study/*.json, 2,000 resamples, ten seconds
    python benchmarks/halving.py RUN/profile.json --rounds 3

The files hold scores of finished runs only, so the shorter runs of halving are simulated from them: after a
share s of its iterations a run scores on a task as the finished run does with probability g(s), and as the
base does otherwise. Two learning curves are tried: ``even``, g(s) = s, with equal gains in all iterations,
and ``early``, the square root of s, with half of the gain in the first quarter. This assumes that the start
of a run predicts its end; a layer that starts slowly and ends well is found less often than this says.

Each resample draws held-out tasks with replacement, and for each layer as many of its runs as it has.
``whole`` picks the best layer by the whole profile of such a resample; no method can be expected to find the
layer with the best score overall more often. ``behind`` is how far the found layer lies below the best, in
C(k).
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onelayer.evals.contribution.profile_file import load_profile
from onelayer.evals.contribution.record import Profile
from onelayer.evals.estimates import wilson
from onelayer.evals.table import render
from onelayer.trainers.profile.halving import halve

STUDY = Path(__file__).parents[1] / "docs" / "results" / "study"
CURVES: dict[str, Callable[[float], float]] = {"even": lambda s: s, "early": sqrt}

Array = NDArray[np.float64]


def main() -> None:
    """Print a row for each profile and learning curve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("profiles", nargs="*", type=Path, default=sorted(STUDY.glob("*.json")))
    parser.add_argument("--rounds", type=int, default=2, help="times that the layers are halved")
    parser.add_argument("--resamples", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for path in options.profiles:
        profile = load_profile(path)
        for name in ("whole", *CURVES):
            curve = CURVES.get(name)
            found = [
                one(profile, curve, options.rounds, np.random.default_rng([options.seed, number]))
                for number in range(options.resamples)
            ]
            rows.append([path.stem, *row(profile, name, found)])
    print(render(["profile", "curve", "best found", "best two", "behind", "cost"], rows))


def one(
    profile: Profile,
    curve: Callable[[float], float] | None,
    rounds: int,
    random: np.random.Generator,
) -> tuple[int, float]:
    """Return the layer found in one resample, and the share of the profile's iterations that it took."""
    task_T = random.integers(len(profile.tasks), size=len(profile.tasks))
    base_T = np.array(profile.base[random.integers(len(profile.base))])[task_T]
    score_ST = {}
    for layer in profile.layers:
        runs = profile.of_layer(layer)
        drawn = random.integers(len(runs), size=len(runs))
        score_ST[layer] = np.array([runs[i].scores for i in drawn])[:, task_T]
    if curve is None:
        return max(profile.layers, key=lambda k: float(score_ST[k].mean())), 1.0
    iterations = profile.budget.iterations

    def score(layers: Sequence[int], budget: int) -> Mapping[int, float]:
        chance = curve(budget / iterations)
        return {k: _after(score_ST[k], base_T, chance, random) for k in layers}

    found = halve(profile.layers, iterations, rounds, score)
    return found.ranking[0], found.budget_spent


def row(profile: Profile, name: str, found: Sequence[tuple[int, float]]) -> list[str]:
    """Return how often the best layer is found, or one of the best two, and at what cost."""
    mean = {k: float(np.mean([run.scores for run in profile.of_layer(k)])) for k in profile.layers}
    ranked = sorted(mean, key=lambda k: -mean[k])
    gain = np.mean([r.scores for r in profile.of_role("full")]) - np.mean(profile.base)
    layers = [layer for layer, _ in found]
    hits = layers.count(ranked[0])
    interval = wilson(hits, len(layers))
    behind = np.mean([(mean[ranked[0]] - mean[layer]) / gain for layer in layers])
    return [
        name,
        f"{hits / len(layers):.0%} [{interval.low:.0%}, {interval.high:.0%}]",
        f"{sum(layer in ranked[:2] for layer in layers) / len(layers):.0%}",
        f"{behind:.2f}",
        f"{np.mean([cost for _, cost in found]):.0%}",
    ]


def _after(score_ST: Array, base_T: Array, chance: float, random: np.random.Generator) -> float:
    finished_ST = random.random(score_ST.shape) < chance
    return float(np.where(finished_ST, score_ST, base_T).mean())


if __name__ == "__main__":
    main()
