"""The paired difference of two agents on the same tasks, which says more than their two rates."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from onelayer.agents.episodes import Episode
from onelayer.evals.bootstrap import paired_difference
from onelayer.evals.estimates import Estimate, paired_share_difference
from onelayer.evals.significance import mcnemar, minimal_difference, sign_flip_p_value

Task = tuple[str, str]
"""part of the suite, and id"""


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
    p_value: float
    """from McNemar's exact test; where tasks were played more than once, from the sign-flip test over
    tasks"""
    detectable: float
    """true difference of the success rates that this many tasks would show with power 0.8, if the
    differences vary as they do here; NaN where they do not vary"""

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
    ours, theirs = by_task(first), by_task(second)
    shared = [task for task in ours if task in theirs]
    if not shared:
        raise ValueError("the two results have no task in common")
    kinds: dict[str, list[Task]] = {}
    for task in shared:
        episode = ours[task][0]
        label = f"{episode.part}: {episode.kind}" if episode.part else episode.kind
        kinds.setdefault(label.removesuffix(": "), []).append(task)
    rows = [_difference(kind, tasks, ours, theirs) for kind, tasks in sorted(kinds.items())]
    return [*(rows if len(rows) > 1 else []), _difference("All", shared, ours, theirs)]


def _difference(
    kind: str,
    tasks: Sequence[Task],
    ours: dict[Task, list[Episode]],
    theirs: dict[Task, list[Episode]],
) -> Difference:
    success_1T, success_2T = mean_success(tasks, ours), mean_success(tasks, theirs)
    returns_1T, returns_2T = _mean_return(tasks, ours), _mean_return(tasks, theirs)
    success = paired_share_difference(success_1T, success_2T)
    only_first = only_second = None
    difference_T = np.subtract(success_1T, success_2T)
    p_value = sign_flip_p_value(difference_T)
    if all(len(ours[task]) == len(theirs[task]) == 1 for task in tasks):
        only_first = int(np.sum(np.greater(success_1T, success_2T)))
        only_second = int(np.sum(np.less(success_1T, success_2T)))
        p_value = mcnemar(only_first, only_second)
    total_reward = paired_difference(returns_1T, returns_2T)
    deviation = float(difference_T.std(ddof=1)) if len(tasks) > 1 else 0.0
    detectable = minimal_difference(deviation, len(tasks)) if deviation else math.nan
    return Difference(
        *(kind or "(none)", len(tasks), success, total_reward),
        *(only_first, only_second, p_value, detectable),
    )


def by_task(episodes: Sequence[Episode]) -> dict[Task, list[Episode]]:
    """Return the episodes of each task, identified by its part of the suite and its id."""
    played: dict[Task, list[Episode]] = {}
    for episode in episodes:
        played.setdefault((episode.part, episode.task), []).append(episode)
    return played


def mean_success(tasks: Sequence[Task], played: dict[Task, list[Episode]]) -> list[float]:
    """Return the share of attempts at each task that solved it."""
    return [float(np.mean([episode.success for episode in played[task]])) for task in tasks]


def _mean_return(tasks: Sequence[Task], played: dict[Task, list[Episode]]) -> list[float]:
    return [float(np.mean([episode.total_reward for episode in played[task]])) for task in tasks]
