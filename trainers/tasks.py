"""Which tasks are played when: a function of the seed and the iteration, so that no checkpoint keeps it."""

import gymnasium as gym
import numpy as np

Tasks = list[str | int]
"""ids, or seeds of environments that have no ids"""

EVAL_SEED = 20_000_003
"""evaluations during training draw the same tasks and numbers in every run"""


def training_tasks(env: gym.Env[str, str], iteration: int, count: int, seed: int) -> Tasks:
    """Return the tasks of an iteration: each time through, the split is in a new order.

    No task comes twice in an iteration, where its episodes would be compared with each other as one larger
    group; what is left at the end of an order is left out this time. Only a split of fewer than ``count``
    tasks is repeated.
    """
    tasks = getattr(env.unwrapped, "tasks", None)
    if tasks is None:
        return list(range(iteration * count, (iteration + 1) * count))
    size = len(tasks)
    if count > size:
        repeats = range(-(-count // size))
        orders = [np.random.default_rng([seed, iteration, r]).permutation(size) for r in repeats]
        chosen = np.concatenate(orders)[:count]
    else:
        times, part = divmod(iteration, size // count)
        order = np.random.default_rng([seed, times]).permutation(size)
        chosen = order[part * count : (part + 1) * count]
    return [tasks[i] for i in chosen.tolist()]


def held_out_tasks(env: gym.Env[str, str], count: int) -> Tasks:
    """Return up to ``count`` tasks, always the same, whatever the run's seed."""
    tasks = getattr(env.unwrapped, "tasks", None)
    if tasks is None:
        return list(range(EVAL_SEED, EVAL_SEED + count))
    order = np.random.default_rng(EVAL_SEED).permutation(len(tasks))[:count]
    return [tasks[int(i)] for i in sorted(order)]


def hash_seed(seed: int, iteration: int) -> int:
    """Return one number for a pair, far from that of every other pair."""
    [mixed] = np.random.SeedSequence([seed, iteration]).generate_state(1).tolist()
    return int(mixed)
