"""Agents without a model: chance, the known solution, a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import pytest

from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import TextEnv

OFFER = {"task": "t", "admissible": ("a", "b", "c")}


def draws(agent: RandomAgent, slot: int, number: int) -> list[str]:
    return [agent.act([""], [OFFER], [slot])[0] for _ in range(number)]


def test_the_random_agent_takes_every_admissible_action_about_as_often() -> None:
    counts = Counter(draws(RandomAgent(seed=3), 0, 3000))
    assert set(counts) == {"a", "b", "c"}
    assert all(900 < count < 1100 for count in counts.values())


def test_equal_seeds_draw_equally_and_others_do_not() -> None:
    assert draws(RandomAgent(1), 0, 50) == draws(RandomAgent(1), 0, 50)
    assert draws(RandomAgent(1), 0, 50) != draws(RandomAgent(2), 0, 50)


def test_what_a_slot_draws_does_not_depend_on_the_other_slots() -> None:
    together, alone = RandomAgent(5), RandomAgent(5)
    both = [together.act(["other", ""], [OFFER, OFFER], [4, 9]) for _ in range(50)]
    assert [pair[1] for pair in both] == draws(alone, 9, 50)
    assert [pair[0] for pair in both] != [pair[1] for pair in both]


def test_a_new_episode_in_a_slot_draws_anew_and_leaves_the_others_alone() -> None:
    agent = RandomAgent(5)
    first, other = draws(agent, 0, 50), draws(agent, 1, 25)
    agent.reset([0])
    assert draws(agent, 0, 50) != first
    unbroken = RandomAgent(5)
    draws(unbroken, 0, 50)
    assert other + draws(agent, 1, 25) == draws(unbroken, 1, 50)


@pytest.mark.parametrize("infos", [None, [{"admissible": None}], [{}], [{"admissible": ()}]])
def test_the_random_agent_says_when_it_has_nothing_to_choose_from(infos: Any) -> None:
    with pytest.raises(ValueError, match="draws from info"):
        RandomAgent().act(["look"], infos)


def test_an_agent_refuses_slots_that_do_not_match_its_observations() -> None:
    with pytest.raises(ValueError, match="2 observations for 1 slots"):
        RandomAgent().act(["", ""], [OFFER, OFFER], [0])


def test_the_oracle_solves_every_task_in_a_rollout_and_chance_does_not() -> None:
    envs = [CountingEnv(length=4) for _ in range(3)]
    tasks = list(envs[0].tasks)
    solved = rollout(envs, OracleAgent(envs[0]), tasks, group_size=2)
    assert len(solved) == 2 * len(tasks)
    assert all(episode.success and len(episode.steps) == 4 for episode in solved)
    guessed = rollout(envs, RandomAgent(0), tasks, group_size=2)
    assert not any(episode.success for episode in guessed)
    assert all(step.valid for episode in guessed for step in episode.steps)


def test_the_oracle_looks_through_wrappers() -> None:
    env = gym.wrappers.TimeLimit(CountingEnv(), 3)
    observation, info = env.reset(options={"task": CountingEnv().tasks[0]})
    agent = OracleAgent(env)
    ended = False
    while not ended:
        [action] = agent.act([observation], [info])
        observation, _, ended, truncated, info = env.step(action)
        assert not truncated or ended
    assert info["success"]


def test_the_oracle_starts_a_solution_again_after_reset() -> None:
    env = CountingEnv()
    agent = OracleAgent(env)
    _, info = env.reset(options={"task": env.tasks[0]})
    first = agent.act([""], [info])
    assert agent.act([""], [info]) != first
    agent.reset([0])
    assert agent.act([""], [info]) == first


def test_the_oracle_says_why_it_can_not_go_on() -> None:
    env = CountingEnv(length=2)
    agent = OracleAgent(env)
    _, info = env.reset(options={"task": env.tasks[0]})
    with pytest.raises(ValueError, match="pass infos"):
        agent.act([""])
    agent.act([""], [info])
    agent.act([""], [info])
    with pytest.raises(RuntimeError, match="is played and the episode goes on"):
        agent.act([""], [info])
    with pytest.raises(TypeError, match=r"needs solution\(task\), which CartPoleEnv lacks"):
        OracleAgent(gym.make("CartPole-v1"))


def test_the_oracle_says_when_no_solution_is_known() -> None:
    class Riddle(TextEnv):
        @property
        def tasks(self) -> Sequence[str]:
            return ["what am I"]

        def begin(self, task: str) -> str:
            return task

        def anchor(self) -> int:
            return 0

        def details(self) -> Mapping[str, Any]:
            return {}

    env = Riddle(max_steps=1)
    _, info = env.reset(seed=0)
    with pytest.raises(LookupError, match="no solution is known for task 'what am I'"):
        OracleAgent(env).act([""], [info])
