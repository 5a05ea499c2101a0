"""Which tasks are played when: a function of the seed and the iteration, so that no checkpoint keeps it."""

from collections.abc import Sequence

import gymnasium as gym
import numpy as np

Tasks = list[str | int]
"""ids, or seeds of environments that have no ids"""

EVAL_SEED = 20_000_003
"""evaluations during training draw the same tasks and numbers in every run"""


def training_tasks(env: gym.Env[str, str], iteration: int, count: int, seed: int) -> Tasks:
    """Return the tasks of an iteration: the split in a new order each time through."""
    positions = range(iteration * count, (iteration + 1) * count)
    tasks = getattr(env.unwrapped, "tasks", None)
    if tasks is None:
        return list(positions)
    orders: dict[int, Sequence[int]] = {}
    chosen: Tasks = []
    for position in positions:
        times, index = divmod(position, len(tasks))
        if times not in orders:
            orders[times] = np.random.default_rng([seed, times]).permutation(len(tasks)).tolist()
        chosen.append(tasks[orders[times][index]])
    return chosen


def held_out_tasks(env: gym.Env[str, str], count: int) -> Tasks:
    """Return up to ``count`` tasks, always the same, whatever the run's seed."""
    tasks = getattr(env.unwrapped, "tasks", None)
    if tasks is None:
        return list(range(EVAL_SEED, EVAL_SEED + count))
    order = np.random.default_rng(EVAL_SEED).permutation(len(tasks))[:count]
    return [tasks[int(i)] for i in sorted(order)]
