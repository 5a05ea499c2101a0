"""Several environments in one run."""

import gymnasium as gym
import numpy as np
import pytest

from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.attributes import attribute
from onelayer.envs.check import check
from onelayer.envs.mixture import MixtureEnv
from onelayer.envs.plugins import make
from onelayer.envs.text import FreeText
from onelayer.trainers.advantages import estimator
from onelayer.trainers.summary import summary
from onelayer.trainers.tasks import training_tasks

TWO = (
    "[{env: onelayer/Counting-v0, args: {length: 2}, weight: 3, name: count},"
    " {env: onelayer/ALFWorld-v0, args: {games: generated, room_size: 4, count: 50}, name: rooms}]"
)


class Seeded(gym.Env):
    """Has no ids."""

    observation_space = action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return f"seed {seed}", {}

    def step(self, action):
        return "over", 1.0, True, False, {}


def test_a_yaml_list_is_one_environment_that_keeps_all_promises():
    assert [f for f in check(TWO, episodes=3) if f.failed] == []
    assert [f for f in check(TWO, episodes=2, split="test") if f.failed] == []


def test_weights_decide_the_share_of_an_iteration_and_no_task_comes_twice():
    env = make(TWO)
    for iteration in range(20):
        tasks = training_tasks(env, iteration, 16, seed=0)
        assert len(set(tasks)) == 16
        assert sum(task.startswith("count:") for task in tasks) == 12
    drawn = [tuple(training_tasks(env, i, 16, seed=0)) for i in range(3)]
    assert drawn == [tuple(training_tasks(make(TWO), i, 16, seed=0)) for i in range(3)]
    assert len(set(drawn)) == 3


def test_groups_are_never_across_environments_and_metrics_are_told_for_each():
    envs = [make(TWO) for _ in range(4)]
    tasks = training_tasks(envs[0], 0, 8, seed=1)
    episodes = rollout(envs, OracleAgent(envs[0]), tasks, group_size=2)
    assert all(episode.success for episode in episodes)
    anchors = {}
    for episode in episodes:
        for step in episode.steps:
            assert anchors.setdefault(step.anchor, episode.env) == episode.env
    told = summary(episodes)
    assert (told["success/count"], told["success/rooms"]) == (1.0, 1.0)
    assert (told["episodes/count"], told["episodes/rooms"]) == (12.0, 4.0)
    estimator("gigpo")(episodes, gamma=0.95, omega=1.0, divide_by_std=False)


def test_a_member_without_ids_is_played_by_seeds_which_splits_do_not_share():
    gym.register("mixed/Seeded-v0", entry_point=Seeded)
    members = [{"env": "mixed/Seeded-v0", "name": "s"}]
    train, test = MixtureEnv(members), MixtureEnv(members, split="test")
    assert train.tasks[3] == "s:seed-3" and test.tasks[3] == "s:seed-20000003"
    assert "s:seed-3" in train.tasks and "s:seed-3" not in test.tasks
    assert train.reset(options={"task": "s:seed-3"})[0] == "seed 3"
    [episode] = rollout([train], RandomAgentOf("go"), ["s:seed-5"])
    assert (episode.task, episode.env, episode.success) == ("s:seed-5", "s", True)
    assert len(set(train.draw_tasks(50, np.random.default_rng(0)))) == 50


class RandomAgentOf(RandomAgent):
    def __init__(self, word):
        self.word = word

    def reset(self, slots=None):
        pass

    def act(self, observations, infos=None, slots=None):
        return [self.word] * len(observations)


def test_the_rules_of_a_member_come_with_its_first_observation():
    env = make("[{env: onelayer/Code-v0}]")
    rules = attribute(make("onelayer/Code-v0"), "instructions")
    assert env.reset(seed=0)[0].startswith(rules)
    assert attribute(env, "free_form") and attribute(env, "waits")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "at least one environment"),
        ("[onelayer/Counting-v0, onelayer/Counting-v0]", "two environments are called"),
        ("[{env: onelayer/Counting-v0, wieght: 2}]", "a mapping of env, and where wanted"),
        ("[{env: onelayer/Counting-v0, weight: 0}]", "must be above 0, got 0"),
        ("[onelayer/Counting-v0, onelayer/Code-v0]", "onelayer/Code-v0 takes whole replies"),
        ("[{env: onelayer/Counting-v0", "several environments are a YAML list"),
    ],
)
def test_what_cannot_be_mixed_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        make(text)
