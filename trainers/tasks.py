"""Which tasks are played when: a function of the seed and the iteration, so that no checkpoint keeps it."""

from collections.abc import Set
from itertools import cycle, islice

import gymnasium as gym
import numpy as np

from onelayer.envs.attributes import attribute, tasks_of

Tasks = list[str | int]
"""ids, or seeds of environments that have no ids"""

EVAL_SEED = 20_000_003
"""evaluations during training draw the same tasks and numbers in every run"""
_TRAINING_SEEDS = 20_000_000
"""where a task is a seed, runs play those below this one; evaluations and suites those above"""
_LARGEST_ORDER = 1_000_000
"""most tasks of a split that is shuffled and gone through; from a larger one tasks are drawn, since no run
would come to its end"""


def training_tasks(env: gym.Env[str, str], iteration: int, count: int, seed: int) -> Tasks:
    """Return the tasks of an iteration: each time through, the split is in a new order.

    No task comes twice in an iteration, because its episodes would be compared as one larger group; so the
    few tasks left at the end of an order are skipped. Only a split of fewer than ``count`` tasks is repeated
    within an iteration. Where a task is a seed, each run counts on from a start that its own seed decides.
    """
    tasks = tasks_of(env)
    if tasks is None:
        first = hash_seed(seed, 0) + iteration * count
        return [(first + i) % _TRAINING_SEEDS for i in range(count)]
    draw = attribute(env, "draw_tasks")
    if draw is not None:  # several environments, in the proportion of their weights
        return list(draw(count, np.random.default_rng([seed, iteration])))
    size = len(tasks)
    if size > _LARGEST_ORDER:
        chosen = np.random.default_rng([seed, iteration]).choice(size, count, replace=False)
    elif count > size:
        repeats = range(-(-count // size))
        orders = [np.random.default_rng([seed, iteration, r]).permutation(size) for r in repeats]
        chosen = np.concatenate(orders)[:count]
    else:
        times, part = divmod(iteration, size // count)
        order = np.random.default_rng([seed, times]).permutation(size)
        chosen = order[part * count : (part + 1) * count]
    return [tasks[i] for i in chosen.tolist()]


def other_tasks(
    env: gym.Env[str, str],
    count: int,
    *,
    kept: Set[str | int],
    played: Set[str | int],
    seed: tuple[int, ...],
) -> Tasks:
    """Return tasks for groups that are drawn again, each once if the split has enough.

    Tasks that the iteration has not played come first, then those that it has played and replaced.

    Args:
        env: one of the training split.
        count: how many.
        kept: tasks that the iteration keeps.
        played: all that it played so far.
        seed: decides what is drawn.
    """
    tasks, random = tasks_of(env), np.random.default_rng(seed)
    enough = count + len(played)
    draw = attribute(env, "draw_tasks")
    found: Tasks
    if tasks is None:
        first = hash_seed(*seed)
        found = [(first + i) % _TRAINING_SEEDS for i in range(enough)]
    elif draw is not None:
        drawn = draw(enough, random)  # member by member
        found = [drawn[i] for i in random.permutation(len(drawn)).tolist()]
    elif len(tasks) > _LARGEST_ORDER:
        found = [tasks[i] for i in random.choice(len(tasks), enough, replace=False).tolist()]
    else:
        found = [tasks[i] for i in random.permutation(len(tasks)).tolist()]
    best = sorted(dict.fromkeys(found), key=lambda task: (task in played) + (task in kept))
    return list(islice(cycle(best), count))


def held_out_tasks(env: gym.Env[str, str], count: int) -> Tasks:
    """Return up to ``count`` tasks, always the same, whatever the run's seed."""
    tasks = tasks_of(env)
    if tasks is None:
        return list(range(EVAL_SEED, EVAL_SEED + count))
    rng = np.random.default_rng(EVAL_SEED)
    draw = attribute(env, "draw_tasks")
    if draw is not None:
        return sorted(set(draw(min(count, len(tasks)), rng)))
    if len(tasks) > _LARGEST_ORDER:
        order = rng.choice(len(tasks), count, replace=False)
    else:
        order = rng.permutation(len(tasks))[:count]
    return [tasks[int(i)] for i in sorted(order)]


def hash_seed(*numbers: int) -> int:
    """Mix several numbers, such as a seed and an iteration, into one; other numbers give an unrelated one."""
    [mixed] = np.random.SeedSequence(numbers).generate_state(1).tolist()
    return int(mixed)
