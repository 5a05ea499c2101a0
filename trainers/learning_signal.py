"""How much learning signal a batch holds: what to log about its advantages, and when to warn.

A run whose episodes never differ within a group, or whose states never repeat, learns nothing, and all its
other numbers look healthy.
"""

from collections.abc import Sequence

import numpy as np

from onelayer.agents.episodes import Episode
from onelayer.trainers.advantages import (
    Floats,
    episode_advantages,
    group_numbers,
    step_advantages,
)


def signal(
    episodes: Sequence[Episode],
    advantages_N: Floats,
    *,
    gamma: float,
    divide_by_std: bool,
) -> dict[str, float]:
    """Return what the batch offers to learn from, ready to be logged.

    Args:
        episodes: the batch that was compared, penalties included.
        advantages_N: what the estimator made of it, one for each step.
        gamma: as the estimator was given.
        divide_by_std: as the estimator was given; see ``gigpo``.

    Returns:
        * ``groups_without_signal``: share of tasks whose episodes all earned the same (of no
          tasks: 1);
        * ``lone_steps``: share of steps that are alone in their state;
        * ``step_group_size``: steps to a state, on average over states;
        * ``episode_advantage``: mean |Aᴱ| over episodes, whatever the estimator;
        * ``step_advantage``: mean |Aˢ| over steps, whatever the estimator;
        * ``advantage``: mean |A| over steps; 0 says that the update is empty;
        * ``wins_below_losses``: share of the pairs of a solved and an unsolved episode of one task
          in which the solved one earned less (no such pairs: 0). It is above 0 where penalties
          outweigh the reward of winning.

        Episodes with ``error`` set belong to no state; a task with nothing else has no signal.
    """
    if len(advantages_N) != sum(len(episode.steps) for episode in episodes):
        raise ValueError(f"the episodes don't have {len(advantages_N)} steps, one per advantage")
    episode_E = episode_advantages(episodes, divide_by_std=divide_by_std)
    step_N = step_advantages(episodes, gamma=gamma, divide_by_std=divide_by_std)
    task_E = group_numbers([episode.task for episode in episodes])
    loudest = np.zeros(task_E.max(initial=-1) + 1)
    np.maximum.at(loudest, task_E, np.abs(episode_E))
    state_sizes = np.bincount(
        group_numbers([(e.task, s.anchor) for e in episodes if e.error is None for s in e.steps])
    )
    return {
        "groups_without_signal": _mean(loudest == 0, empty=1.0),
        "lone_steps": float((state_sizes == 1).sum() / max(state_sizes.sum(), 1)),
        "step_group_size": _mean(state_sizes),
        "episode_advantage": _mean(np.abs(episode_E)),
        "step_advantage": _mean(np.abs(step_N)),
        "advantage": _mean(np.abs(advantages_N)),
        "wins_below_losses": _wins_below_losses(episodes),
    }


def _wins_below_losses(episodes: Sequence[Episode]) -> float:
    sound = [episode for episode in episodes if episode.error is None]
    task_E = group_numbers([episode.task for episode in sound])
    won_E = np.array([episode.success for episode in sound], dtype=bool)
    return_E = np.array([episode.total_reward for episode in sound])
    pairs_EE = won_E[:, None] & ~won_E & (task_E[:, None] == task_E)
    return _mean((return_E[:, None] < return_E)[pairs_EE])


def _mean(values: np.ndarray, empty: float = 0.0) -> float:
    return float(values.mean()) if values.size else empty
