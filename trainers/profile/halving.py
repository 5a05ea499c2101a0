"""Successive halving: all layers for a short time, and the better half for twice as long, and so on.

The runs of a layer that stays are continued, not begun anew: what a round costs is the difference. After
K. Jamieson and A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
https://arxiv.org/abs/1502.07943. A layer that starts slowly and would end well is lost: the ranking below the
last round is one of early learning. Does not import torch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Scorer = Callable[[Sequence[int], int], Mapping[int, float] | None]
"""from layers and a number of iterations to the mean score of each layer; None where it was stopped"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found."""

    iterations: int
    """of the runs, from their start"""
    scores: Mapping[int, float]
    """of each layer that took part, means over the seeds"""
    kept: tuple[int, ...]
    """the better half, best first; in the last round all, best first"""


@dataclass(frozen=True, slots=True)
class Halving:
    """All rounds that were finished."""

    rounds: tuple[Round, ...]
    budget_spent: float
    """iterations that were run, as a share of those that all layers would need to run to the end"""
    finished: bool

    @property
    def ranking(self) -> tuple[int, ...]:
        """The layers from best to worst: who came further is better, then who scored higher."""
        found: list[int] = []
        for number in reversed(self.rounds):
            left = [layer for layer in number.scores if layer not in found]
            found += sorted(left, key=lambda layer: (-number.scores[layer], layer))
        return tuple(found)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        rounds = [
            {**asdict(r), "scores": {str(layer): score for layer, score in r.scores.items()}}
            for r in self.rounds
        ]
        return {
            "rounds": rounds,
            "ranking": list(self.ranking),
            "budget_spent": self.budget_spent,
            "finished": self.finished,
        }


def budgets(iterations: int, rounds: int) -> list[int]:
    """Return the iterations after each round: doubling, the last one is ``iterations``."""
    return [-(-iterations // 2 ** (rounds - i)) for i in range(rounds + 1)]


def halve(layers: Sequence[int], iterations: int, rounds: int, score: Scorer) -> Halving:
    """Train all layers shortly and the better half of them longer, ``rounds`` times.

    Args:
        layers: the candidates.
        iterations: of the last round.
        rounds: how often the layers are halved; a single layer is kept.
        score: trains and evaluates; called once a round.
    """
    left, done, spent, before = list(layers), [], 0, 0
    finished = True
    for number, budget in enumerate(budgets(iterations, rounds)):
        found = score(left, budget)
        if found is None:
            finished = False
            break
        spent += len(left) * (budget - before)
        ranked = sorted(left, key=lambda layer: (-found[layer], layer))
        kept = ranked if number == rounds else ranked[: -(-len(ranked) // 2)]
        done.append(Round(budget, {layer: found[layer] for layer in left}, tuple(kept)))
        left, before = kept, budget
    return Halving(tuple(done), spent / (len(layers) * iterations), finished)
