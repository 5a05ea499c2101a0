"""Credit assignment: how good was each step, compared with its peers?

Group-in-Group Policy Optimization, Feng et al. 2025, https://arxiv.org/abs/2505.10978, asks the
same question twice and adds the answers:

    Aᴱ   was this episode better than the other episodes of its task?      (Eq. 3)
    Aˢ   was this step better than the other steps taken in its state?     (Eq. 7)
    A  = Aᴱ + ω · Aˢ                                                       (Eq. 8)

``grpo`` asks the first question only; ``dr_grpo`` never divides by the standard deviation.

Who is compared: statistics run over whole episodes (a long episode weighs as much as a short one),
over all episodes of a task in the batch. An episode alone in its task and a step alone in its
state have no peer to be better than: they get 0 (the reference implementation lets a lone episode
keep its raw return). An episode with ``error`` set is nobody's peer and all its steps get 0.

Dividing by the standard deviation makes every group equally loud, whatever its spread. When all
episodes of a task fail, those that differ by one penalty of 0.01 are pushed as hard as a win is
pushed above a loss, and the policy learns to do nothing invalid rather than to win. Eq. 3 and 7
leave two ways out. ``divide_by_std=False`` (F_norm = 1) keeps rewards in proportion and is the safe
choice with shaped rewards. ``std_floor`` is the least deviation to divide by: with reward R for a
win, a floor of R/√n changes no task of n episodes that holds a win and a loss (its sample
deviation is at least R/√n) and only stops the stretching of small differences.

Axis letters: ``E`` episodes of the batch, ``N`` steps of all of them laid end to end.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode
from onelayer.trainers.estimators import ESTIMATORS, estimator, register_estimator

__all__ = [
    "EPS",
    "ESTIMATORS",
    "discounted_returns",
    "dr_grpo",
    "episode_advantages",
    "estimator",
    "gigpo",
    "group_numbers",
    "grpo",
    "penalise_invalid",
    "register_estimator",
    "relative_to_group",
    "step_advantages",
]

Floats = NDArray[np.float64]

EPS = 1e-6
"""added to a standard deviation before dividing by it"""

ROUNDING = 1e-9
"""values of a group count as equal if they differ by no more than this share of the largest"""


@register_estimator("gigpo")
def gigpo(
    episodes: Sequence[Episode],
    *,
    gamma: float,
    omega: float,
    divide_by_std: bool,
    std_floor: float = 0.0,
) -> Floats:
    """Return Aᴱ + ω · Aˢ for every step, ``[N]``.

    Args:
        episodes: the batch; a task may appear any number of times.
        gamma: discount of the return that follows a step, in [0, 1].
        omega: weight of the step-level advantage; 0 gives ``grpo``.
        divide_by_std: F_norm of Eq. 3 and 7 is the group's sample standard deviation, not 1.
        std_floor: F_norm is at least this, in units of reward; see the top of this file.

    Raises:
        ValueError: a reward is not finite, or ``gamma`` is outside [0, 1].
    """
    episode_E = episode_advantages(episodes, divide_by_std=divide_by_std, std_floor=std_floor)
    step_N = step_advantages(
        episodes, gamma=gamma, divide_by_std=divide_by_std, std_floor=std_floor
    )
    return np.repeat(episode_E, _lengths(episodes)) + omega * step_N  # Eq. 8


@register_estimator("grpo")
def grpo(
    episodes: Sequence[Episode],
    *,
    gamma: float = 1.0,
    omega: float = 0.0,
    divide_by_std: bool,
    std_floor: float = 0.0,
) -> Floats:
    """Return for every step the Aᴱ of its episode, ``[N]``.

    The outcome of an episode is its undiscounted total reward; ``gamma`` and ``omega`` are not used.

    Args:
        episodes: the batch; a task may appear any number of times.
        gamma: ignored.
        omega: ignored.
        divide_by_std: F_norm of Eq. 3 is the group's sample standard deviation, not 1.
        std_floor: F_norm is at least this, in units of reward; see the top of this file.

    Raises:
        ValueError: a reward is not finite.
    """
    episode_E = episode_advantages(episodes, divide_by_std=divide_by_std, std_floor=std_floor)
    return np.repeat(episode_E, _lengths(episodes))


@register_estimator("dr_grpo")
def dr_grpo(
    episodes: Sequence[Episode],
    *,
    gamma: float = 1.0,
    omega: float = 0.0,
    divide_by_std: bool = False,
) -> Floats:
    """Return for every step its episode's total reward minus the mean of the task, ``[N]``.

    The advantage of Dr. GRPO, Liu et al. 2025, https://arxiv.org/abs/2503.20783. Dividing by the
    standard deviation would favour tasks that are nearly always or never solved, so it is never
    done: ``divide_by_std``, ``gamma`` and ``omega`` are not used. The other half of Dr. GRPO, a
    loss divided by a constant and not by the number of tokens, belongs to the loss.

    Raises:
        ValueError: a reward is not finite.
    """
    return grpo(episodes, divide_by_std=False)


def penalise_invalid(episodes: Sequence[Episode], penalty: float) -> list[Episode]:
    """Return copies in which every invalid action costs ``penalty`` in its own step's reward.

    As part of the reward, the cost is discounted back to the steps that led to it, and counts in
    the episode's total.

    Raises:
        ValueError: the penalty is negative or not finite.
    """
    if not 0 <= penalty < float("inf"):
        raise ValueError(f"the penalty of an invalid action must be at least 0, got {penalty}")
    return [
        replace(
            episode,
            steps=tuple(
                step if step.valid else replace(step, reward=step.reward - penalty)
                for step in episode.steps
            ),
        )
        for episode in episodes
    ]


def episode_advantages(
    episodes: Sequence[Episode], *, divide_by_std: bool, std_floor: float = 0.0
) -> Floats:
    """Return Aᴱ, ``[E]``: each episode's total reward against those of its task."""
    sound_E = np.array([episode.error is None for episode in episodes], dtype=bool)
    sound = [episode for episode in episodes if episode.error is None]
    advantage_E = np.zeros(len(episodes))
    advantage_E[sound_E] = relative_to_group(  # Eq. 3
        [episode.total_reward for episode in sound],
        [episode.task for episode in sound],
        divide_by_std=divide_by_std,
        std_floor=std_floor,
    )
    return advantage_E


def step_advantages(
    episodes: Sequence[Episode], *, gamma: float, divide_by_std: bool, std_floor: float = 0.0
) -> Floats:
    """Return Aˢ, ``[N]``: each step's discounted return against those of the steps of its state."""
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must be between 0 and 1, got {gamma}")
    sound_N = np.array([e.error is None for e in episodes for _ in e.steps], dtype=bool)
    sound = [episode for episode in episodes if episode.error is None]
    advantage_N = np.zeros(len(sound_N))
    advantage_N[sound_N] = relative_to_group(  # Eq. 7
        [value for e in sound for value in discounted_returns(e.rewards, gamma)],  # Eq. 5
        [(e.task, step.anchor) for e in sound for step in e.steps],  # Eq. 6
        divide_by_std=divide_by_std,
        std_floor=std_floor,
    )
    return advantage_N


def discounted_returns(rewards: Sequence[float], gamma: float) -> list[float]:
    """Return ``R_t = r_t + γ · R_{t+1}`` for every step of one episode (Eq. 5)."""
    returns, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + gamma * following
        returns.append(following)
    return returns[::-1]


def relative_to_group(
    values: Sequence[float] | Floats,
    keys: Sequence[Hashable],
    *,
    divide_by_std: bool,
    std_floor: float = 0.0,
) -> Floats:
    """Return each value minus the mean of the values that share its key.

    0 for a value alone in its group, and exactly 0 in a group of equal values.

    Args:
        values: one number each.
        keys: what it is grouped by, one for each value.
        divide_by_std: divide by the group's sample standard deviation (n - 1) plus ``EPS``.
        std_floor: the least deviation to divide by.

    Raises:
        ValueError: a value is not finite.
    """
    value = np.asarray(values, dtype=np.float64)
    if not np.isfinite(value).all():
        culprit = keys[int(np.flatnonzero(~np.isfinite(value))[0])]
        raise ValueError(f"the rewards of {culprit!r} add up to a number that is not finite")
    group = group_numbers(keys)
    count = np.bincount(group)
    centred = value - (np.bincount(group, value) / count)[group]
    centred[_all_equal(value, group, len(count))[group]] = 0.0
    if not divide_by_std:
        return centred
    variance = np.bincount(group, centred**2) / np.maximum(count - 1, 1)
    deviation = np.maximum(np.sqrt(variance), std_floor)
    return centred / (deviation[group] + EPS)


def group_numbers(keys: Sequence[Hashable]) -> NDArray[np.intp]:
    """Return the number of each key's group, counted in the order of first appearance."""
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.intp)


def _all_equal(value: Floats, group: NDArray[np.intp], groups: int) -> NDArray[np.bool_]:
    """Return whether the values of each group are equal but for rounding."""
    highest, lowest = np.full(groups, -np.inf), np.full(groups, np.inf)
    np.maximum.at(highest, group, value)
    np.minimum.at(lowest, group, value)
    size = np.maximum(np.abs(highest), np.abs(lowest))
    equal: NDArray[np.bool_] = highest - lowest <= ROUNDING * size
    return equal


def _lengths(episodes: Sequence[Episode]) -> list[int]:
    return [len(episode.steps) for episode in episodes]
