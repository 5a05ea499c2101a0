"""Two agents on the same tasks: their difference, task by task, says more than two rates do."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from onelayer.agents.episodes import Episode
from onelayer.evals.statistics import (
    Estimate,
    mcnemar,
    paired_difference,
    paired_share_difference,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more the first agent earns than the second on tasks that both played."""

    kind: str
    """a kind of task, or ``All``"""
    tasks: int
    success: Estimate
    """difference of the success rates with Newcombe's interval"""
    total_reward: Estimate
    """difference of the mean returns, with the bootstrap interval over tasks"""
    only_first: int | None
    """tasks that the first agent alone solved; None where tasks were played more than once"""
    only_second: int | None
    p_value: float | None
    """of McNemar's exact test"""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON holds them."""
        values = asdict(self)
        for name in ("success", "total_reward"):
            values[name] = getattr(self, name)._asdict()
        return values


def compare_episodes(first: Sequence[Episode], second: Sequence[Episode]) -> list[Difference]:
    """Return a row for each kind of task, where there are several, and one for all.

    Raises:
        ValueError: no task was played by both.
    """
    ours, theirs = _by_task(first), _by_task(second)
    shared = [task for task in ours if task in theirs]
    if not shared:
        raise ValueError("the two results have no task in common")
    kinds: dict[str, list[str]] = {}
    for task in shared:
        kinds.setdefault(ours[task][0].kind, []).append(task)
    rows = [_difference(kind, tasks, ours, theirs) for kind, tasks in sorted(kinds.items())]
    return [*(rows if len(rows) > 1 else []), _difference("All", shared, ours, theirs)]


def _difference(
    kind: str,
    tasks: Sequence[str],
    ours: dict[str, list[Episode]],
    theirs: dict[str, list[Episode]],
) -> Difference:
    success_1T, success_2T = _mean_success(tasks, ours), _mean_success(tasks, theirs)
    returns_1T, returns_2T = _mean_return(tasks, ours), _mean_return(tasks, theirs)
    success = paired_share_difference(success_1T, success_2T)
    only_first = only_second = p_value = None
    if all(len(ours[task]) == len(theirs[task]) == 1 for task in tasks):
        only_first = int(np.sum(np.greater(success_1T, success_2T)))
        only_second = int(np.sum(np.less(success_1T, success_2T)))
        p_value = mcnemar(only_first, only_second)
    total_reward = paired_difference(returns_1T, returns_2T)
    return Difference(
        kind or "(none)", len(tasks), success, total_reward, only_first, only_second, p_value
    )


def _by_task(episodes: Sequence[Episode]) -> dict[str, list[Episode]]:
    played: dict[str, list[Episode]] = {}
    for episode in episodes:
        played.setdefault(episode.task, []).append(episode)
    return played


def _mean_success(tasks: Sequence[str], played: dict[str, list[Episode]]) -> list[float]:
    return [float(np.mean([episode.success for episode in played[task]])) for task in tasks]


def _mean_return(tasks: Sequence[str], played: dict[str, list[Episode]]) -> list[float]:
    return [float(np.mean([episode.total_reward for episode in played[task]])) for task in tasks]
