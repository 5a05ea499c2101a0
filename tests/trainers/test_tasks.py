"""Which tasks an iteration plays."""

import gymnasium as gym
import pytest

from onelayer.envs.counting import CountingEnv
from onelayer.trainers.tasks import held_out_tasks, training_tasks

ENV = CountingEnv()
SPLIT = list(ENV.tasks)


@pytest.mark.parametrize("count", [1, 5])
def test_a_pass_goes_through_the_split_without_a_repeat(count):
    """What the last iteration of a pass would lack, 3 of 23 for a count of 5, is left out."""
    size = len(SPLIT) // count
    orders = []
    for one in (0, 1):
        iterations = range(one * size, (one + 1) * size)
        orders.append([task for i in iterations for task in training_tasks(ENV, i, count, 0)])
    assert [len(set(order)) for order in orders] == [size * count] * 2
    assert orders[0] != orders[1]


@pytest.mark.parametrize("count", [1, 3, 5, 16, 22])
def test_no_task_comes_twice_in_an_iteration(count):
    for iteration in range(30):
        chosen = training_tasks(ENV, iteration, count, 0)
        assert len(chosen) == len(set(chosen)) == count


@pytest.mark.parametrize("count", [3, 16])
def test_no_task_is_left_out_for_good(count):
    chosen = {task for i in range(60) for task in training_tasks(ENV, i, count, 0)}
    assert chosen == set(SPLIT)


def test_a_small_split_is_repeated_as_evenly_as_possible():
    for iteration in range(3):
        chosen = training_tasks(ENV, iteration, 50, 0)
        assert sorted({chosen.count(task) for task in SPLIT}) == [2, 3]
    assert training_tasks(ENV, 0, 50, 0) != training_tasks(ENV, 1, 50, 0)


def test_tasks_depend_on_the_seed_and_on_nothing_else():
    assert training_tasks(ENV, 3, 5, 0) == training_tasks(CountingEnv(), 3, 5, 0)
    assert training_tasks(ENV, 3, 5, 0) != training_tasks(ENV, 3, 5, 1)


def test_without_task_ids_every_seed_is_a_task_and_none_is_held_out():
    env = gym.Env()
    drawn = [task for i in range(4) for task in training_tasks(env, i, 5, 0)]
    assert drawn == list(range(drawn[0], drawn[0] + 20))
    assert training_tasks(env, 0, 5, 1) != training_tasks(env, 0, 5, 0)
    for seed in range(50):
        assert max(training_tasks(env, 10**9, 100, seed)) < min(held_out_tasks(env, 100))


class Huge(gym.Env):
    tasks = range(10**12)


def test_a_split_of_a_trillion_tasks_is_drawn_from_without_being_listed():
    first, second = (training_tasks(Huge(), i, 100, 0) for i in (0, 1))
    assert len(set(first)) == 100 and not set(first) & set(second)
    assert first == training_tasks(Huge(), 0, 100, 0)
    assert len(set(held_out_tasks(Huge(), 100))) == 100


def test_held_out_tasks_are_always_the_same_and_in_the_order_of_the_split():
    chosen = held_out_tasks(ENV, 5)
    assert len(set(chosen)) == 5
    assert chosen == held_out_tasks(CountingEnv(), 5)
    assert [task for task in SPLIT if task in chosen] == chosen
    assert held_out_tasks(ENV, 100) == SPLIT
