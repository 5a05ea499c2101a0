"""Credit by states and by the way to them.

Hierarchy-of-Groups Policy Optimization, He et al. 2026, https://arxiv.org/abs/2602.22817. One state may be
reached in different ways, and an agent that remembers its last turns then reads different prompts. So a step
is compared several times: with all steps of its state, with those whose previous state was the same too, and
so on. The more of the past agrees, the more a comparison counts:

    C_k(s_t) = (s_{t-k}, ..., s_t)                              the last k states and the state itself
    A_k      = (R_t - mean of those with equal C_k) / F_norm    (GiGPO's Eq. 7 in the group of level k)
    A        = sum of w_k · A_k,   w_k ~ (k + 1)^α,   k = 0 ... K

R_t is GiGPO's discounted return of a step. A group is of one task; where an episode comes back to a state,
both visits are in it. A level at which a step is alone, or that reaches back beyond the start of its episode,
is left out, and the weights of the others add up to 1; a step that is alone in its state gets 0.

There is no term for the whole episode, as in the published runs. ``levels=0`` is GiGPO's step term alone.
From the paper's recipe in verl-agent this differs in three ways: there a group of k earlier states weighs
(k + 2)^α, a level whose advantage happens to be exactly 0 is left out as if it had no group, and the
deviation is that of the population.

Axis letter: ``N`` steps of all episodes laid end to end.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode
from onelayer.trainers.advantages import (
    Floats,
    discounted_returns,
    group_numbers,
    relative_to_group,
)
from onelayer.trainers.estimators import register_estimator


@register_estimator("hgpo")
def hgpo(
    episodes: Sequence[Episode],
    *,
    gamma: float,
    omega: float = 0.0,
    divide_by_std: bool,
    levels: int = 2,
    alpha: float = 1.0,
    std_floor: float = 0.0,
) -> Floats:
    """Return the weighted sum of a step's advantages over the levels, ``[N]``.

    Args:
        episodes: the batch; a task may appear any number of times.
        gamma: discount of the return that follows a step, in [0, 1].
        omega: ignored, since there is no episode term to weigh steps against.
        divide_by_std: F_norm is the group's sample standard deviation, not 1.
        levels: K, how many earlier states are compared at most; choose as many as the agent remembers turns.
        alpha: 0 weighs all levels alike, a large number leaves only the last one.
        std_floor: F_norm is at least this, in units of reward; see ``advantages``.

    Raises:
        ValueError: a reward is not finite, ``gamma`` is outside [0, 1], or ``levels`` or ``alpha`` outside
            [0, 100].
    """
    for name, value in (("levels", levels), ("alpha", alpha)):
        if not 0 <= value <= 100:  # beyond, the weights overflow
            raise ValueError(f"{name} must be from 0 to 100, got {value}")
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must be between 0 and 1, got {gamma}")
    sound_N = np.array([e.error is None for e in episodes for _ in e.steps], dtype=bool)
    sound = [episode for episode in episodes if episode.error is None]
    returns_N = np.array([r for e in sound for r in discounted_returns(e.rewards, gamma)])
    total_N, weight_N = np.zeros(len(returns_N)), np.zeros(len(returns_N))
    for level in range(levels + 1):
        contexts = [_context(e, t, level) for e in sound for t in range(len(e.steps))]
        peers = _with_peers(contexts)
        if not len(peers):
            break  # higher levels, where more of the past has to agree, have no peers either
        weight = (level + 1.0) ** alpha
        weight_N[peers] += weight
        total_N[peers] += weight * relative_to_group(
            returns_N[peers],
            [contexts[n] for n in peers],
            divide_by_std=divide_by_std,
            std_floor=std_floor,
        )
    advantage_N = np.zeros(len(sound_N))
    advantage_N[sound_N] = total_N / np.where(weight_N > 0, weight_N, 1.0)
    return advantage_N


def _context(episode: Episode, step: int, level: int) -> Hashable:
    """Return the task and C_k of a step; None where that reaches beyond the start of the episode."""
    if step < level:
        return None
    return (episode.task, *(s.anchor for s in episode.steps[step - level : step + 1]))


def _with_peers(contexts: Sequence[Hashable]) -> NDArray[np.intp]:
    """Return the numbers of the steps whose context another step has too."""
    group_N = group_numbers(contexts)
    known_N = np.array([context is not None for context in contexts], dtype=bool)
    return np.flatnonzero((np.bincount(group_N)[group_N] > 1) & known_N)
