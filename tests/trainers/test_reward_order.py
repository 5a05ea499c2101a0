"""A win never ranks below a loss: in every shipped environment, with the trainer's own penalty."""

import random

import gymnasium as gym
import numpy as np
import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.envs.plugins import make
from onelayer.trainers.advantages import discounted_returns, gigpo, penalise_invalid
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.learning_signal import signal
from onelayer.trainers.reward_order import reversed_orders

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
        margins = [win.total_reward - other.total_reward for other in lost]
        unpenalised = env.unwrapped.success_margin
        assert min(margins, default=unpenalised) >= unpenalised - 1e-12
        won, *others = penalise_invalid([win, *lost], TrainConfig().invalid_penalty)
        assert win.success
        assert all(won.total_reward > other.total_reward for other in others)
        compared += len(others)
    assert compared


def test_the_longest_alfworld_episode_keeps_its_order_at_the_default_penalty():
    # 50 steps, the paper's limit: a win with 49 invalid actions earns 1 - 49 * 0.01 = 0.51
    env = make("onelayer/ALFWorld-v0", games="generated", max_steps=50)
    assert env.unwrapped.success_reward - 49 * TrainConfig().invalid_penalty == pytest.approx(0.51)


@pytest.mark.parametrize("env_id", SHIPPED)
def test_the_defaults_keep_the_order_of_episodes_and_of_their_steps(env_id):
    env, penalty = make(env_id), TrainConfig().invalid_penalty
    assert 2 * penalty * (env.unwrapped.max_steps - 1) < env.unwrapped.success_margin
    assert list(reversed_orders(env, penalty)) == []


def test_a_mixture_of_all_that_ship_in_tags_keeps_the_order_too():
    mixed = make("[onelayer/ALFWorld-v0, onelayer/Counting-v0]")
    assert list(reversed_orders(mixed, TrainConfig().invalid_penalty)) == []
    (said,) = reversed_orders(mixed, 0.05)  # 49 * 0.05 of 1, and 5 * 0.05 of 1/3
    assert said.startswith("in onelayer/ALFWorld-v0 a win with 49 invalid actions earns no more")


@pytest.mark.parametrize(
    ("env_id", "arguments", "penalty", "limit"),
    [
        ("ALFWorld-v0", {"games": "generated", "max_steps": 101}, 0.01, "0.01"),  # 100 * 0.01 = 1
        ("ALFWorld-v0", {"games": "generated"}, 0.1, "0.02"),  # as 0.1 had it: 49 * 0.1 of 1
        ("ALFWorld-v0", {"games": "generated", "success_reward": 4.9}, 0.1, "0.1"),
        ("Counting-v0", {"length": 50}, 0.01, "0.0002"),  # 99 * 0.01 of 1/50
        ("Math-v0", {"feedback": True, "format_reward": 0.99}, 0.01, "0.005"),  # 2 * 0.01 of 0.01
    ],
)
def test_what_turns_the_order_around_is_told_with_the_way_out(env_id, arguments, penalty, limit):
    env = make(f"onelayer/{env_id}", **arguments)
    (said,) = reversed_orders(env, penalty)
    assert f"lower --invalid-penalty below {limit}," in said
    assert "\n" not in said
    assert list(reversed_orders(env, float(limit) * 0.99)) == []


def test_the_reference_recipe_is_in_proportion():
    env = make("onelayer/ALFWorld-v0", games="generated", success_reward=10)
    assert list(reversed_orders(env, 0.1)) == []


def test_an_environment_that_does_not_tell_its_margin_is_left_to_play():
    env = make("onelayer/Counting-v0")
    env.unwrapped.success_margin = None
    assert list(reversed_orders(env, 100.0)) == []


def test_a_run_warns_at_its_start(make_trainer, caplog):
    make_trainer(invalid_penalty=0.2)  # three of four steps, and a win is worth 1/2
    assert "a win with 3 invalid actions earns no more than a loss" in caplog.text


def test_gigpo_ranks_the_steps_of_the_clumsiest_win_above_those_of_a_clean_loss():
    # 50 steps in one state: 49 invalid actions and the win, against 50 valid ones and none.
    def made(success):
        steps = [Step("o", "a", 0.0, anchor=0, valid=not success) for _ in range(49)]
        last = Step("o", "a", float(success), anchor=1)
        return Episode("t", (*steps, last), success=success)

    config = TrainConfig()
    batch = penalise_invalid([made(True), made(False)], config.invalid_penalty)
    settings = {"gamma": config.gamma, "omega": config.omega}
    win, loss = gigpo(batch, **settings, divide_by_std=False).reshape(2, 50)
    # A^E: totals 0.51 and 0. First step, alone: 0.95^49 - 0.01 (1 - 0.95^49) / 0.05 = 0.081 - 0.184 < 0.
    assert discounted_returns(batch[0].rewards, 0.95)[0] == pytest.approx(-0.1028, abs=1e-4)
    assert (win > loss).all()


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
