"""A win never ranks below a loss: in every shipped environment, with the trainer's own penalty."""

import random

import gymnasium as gym
import numpy as np
import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.envs.plugins import make
from onelayer.trainers.advantages import penalise_invalid
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.learning_signal import signal

NONSENSE = "qwxz !? no such thing"
ADAPTERS = ("Mixture", "OpenEnv", "TextArena", "Verifiers")
"""worlds of others: their rewards are their own"""
SHIPPED = sorted(
    i for i in gym.registry if i.startswith("onelayer/") and not i[9:].startswith(ADAPTERS)
)


def played(env, task, choose):
    """Play an episode; ``choose(info, steps_taken)`` names each action."""
    _, info = env.reset(options={"task": task})
    steps, over = [], False
    while not over:
        action = choose(info, len(steps))
        observation, reward, terminated, truncated, info = env.step(action)
        steps.append(Step(observation, action, reward, anchor=None, valid=info["valid"]))
        over = terminated or truncated
    return Episode(task, tuple(steps), success=info["success"])


def clumsiest_win(env, task):
    """Return the episode that is won at the last step, with nonsense before the solution."""
    solution = env.unwrapped.solution(task)
    idle = env.unwrapped.max_steps - len(solution)
    return played(env, task, lambda _, taken: NONSENSE if taken < idle else solution[taken - idle])


def losses(env, task):
    """Return episodes that are lost without a mistake: chance, always the same, or a wrong answer."""
    draw = random.Random(0)

    def by_chance(info, taken):
        return draw.choice(info["admissible"] or ["\\boxed{-98765}", "-98765"])

    def the_first(info, taken):
        return (info["admissible"] or ["```python\nanswer = None\n```"])[0]

    found = [played(env, task, choose) for choose in (by_chance, by_chance, the_first)]
    return [episode for episode in found if not episode.success]


@pytest.mark.parametrize("env_id", SHIPPED)
def test_the_clumsiest_win_earns_more_than_any_loss(env_id):
    env = make(env_id)
    tasks = [env.unwrapped.tasks[i] for i in (0, 1, 2)]
    compared = 0
    for task in tasks:
        if env.unwrapped.solution(task) is None:
            continue
        win = clumsiest_win(env, task)
        if (
            not win.success
        ):  # nonsense ends some tasks: then the plain solution is the clumsiest win
            solution = env.unwrapped.solution(task)
            win = played(env, task, lambda _, taken, s=solution: s[taken])
        lost = losses(env, task)
        won, *others = penalise_invalid([win, *lost], TrainConfig().invalid_penalty)
        assert win.success
        assert all(won.total_reward > other.total_reward for other in others)
        compared += len(others)
    assert compared


def test_the_longest_alfworld_episode_keeps_its_order_at_the_default_penalty():
    # 50 steps, the paper's limit: a win with 49 invalid actions earns 1 - 49 * 0.01 = 0.51
    env = make("onelayer/ALFWorld-v0", games="generated", max_steps=50)
    assert env.unwrapped.success_reward - 49 * TrainConfig().invalid_penalty == pytest.approx(0.51)


def test_pairs_in_which_a_win_earned_less_are_counted():
    def episode(task, reward, success):
        return Episode(task, (Step("o", "a", reward, anchor=0),), success=success)

    batch = [
        episode("t", -0.1, True),  # won with eleven invalid actions at the old penalty of 0.1
        episode("t", 0.0, False),
        episode("t", -0.2, False),
        episode("u", 1.0, True),
        episode("u", 0.0, False),
    ]
    # Pairs of a win and a loss: two of t, one of u; in one of three the win earned less.
    found = signal(batch, np.zeros(5), gamma=1.0, divide_by_std=False)
    assert found["wins_below_losses"] == pytest.approx(1 / 3)
