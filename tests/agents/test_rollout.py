import json
import threading

import gymnasium as gym
import pytest

from onelayer.agents.episodes import as_episode, as_record
from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.plugins import make
from onelayer.envs.text import FreeText, Outcome, TextEnv


class Broken(TextEnv):
    """Raises at the second action of task "bad", and at the start of task "worse"."""

    tasks = ("good", "bad", "worse")

    def __init__(self):
        super().__init__(3)

    def begin(self, task):
        if task == "worse":
            raise RuntimeError("no start")
        self.name, self.count = task, 0
        return "begin"

    def act(self, action):
        self.count += 1
        if self.name == "bad" and self.count == 2:
            raise RuntimeError("broken")
        return Outcome("on", 0.5)

    def anchor(self):
        return self.count

    def admissible(self):
        return ("a",)


class Foreign(gym.Env):
    """A plain Gymnasium environment that knows nothing of us."""

    observation_space = action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return f"start {seed}", {}

    def step(self, action):
        return "end", 1.0, True, False, {}


class Recorder:
    """Notes what it is asked."""

    def __init__(self):
        self.calls, self.resets = [], []

    def reset(self, slots=None):
        self.resets.append(slots)

    def act(self, observations, infos=None, slots=None):
        self.calls.append(list(slots))
        return ["a"] * len(observations)


def test_episodes_come_task_by_task_whatever_the_number_of_environments():
    tasks = list(make("onelayer/Counting-v0").unwrapped.tasks)[:5]
    for count in (1, 3, 20):
        envs = [make("onelayer/Counting-v0") for _ in range(count)]
        episodes = rollout(envs, RandomAgent(0), tasks, group_size=2)
        assert [e.task for e in episodes] == [task for task in tasks for _ in range(2)]


def test_the_oracle_wins_and_its_rewards_add_up():
    env = make("onelayer/Counting-v0")
    for episode in rollout([env], OracleAgent(env), list(env.unwrapped.tasks)):
        assert episode.success
        assert not episode.truncated
        assert episode.total_reward == pytest.approx(1.0)


def test_an_environment_that_raises_ends_its_episode_and_no_other():
    episodes = rollout([Broken(), Broken()], Recorder(), ["good", "bad", "worse", "good"])
    assert [e.error and e.error.partition(" (")[0] for e in episodes] == [
        None,
        "env: RuntimeError: broken",
        "env: RuntimeError: no start",
        None,
    ]
    assert [len(e.steps) for e in episodes] == [3, 1, 0, 3]
    assert all(e.truncated for e in episodes)


def test_finished_episodes_are_no_longer_asked_and_their_place_is_taken():
    agent = Recorder()
    rollout([Broken(), Broken()], agent, ["good", "bad", "good"])
    assert agent.calls[0] == [0, 1]
    assert agent.resets[0] is None
    assert agent.resets.count([1]) == 2  # slot 1 is given to the third episode


def test_an_anchor_names_the_state_the_action_was_taken_in():
    episode = rollout([Broken()], Recorder(), ["good"])[0]
    assert [step.anchor for step in episode.steps] == [("good", 0), ("good", 1), ("good", 2)]


def test_an_environment_of_others_is_played_by_seeds():
    episode = rollout([Foreign()], Recorder(), [7])[0]
    assert episode.task == "seed-7"
    assert episode.steps[0].anchor == ("seed-7", "start 7")
    assert episode.success


def test_every_episode_is_told_as_it_ends():
    told = []
    episodes = rollout([Broken()], Recorder(), ["good", "worse"], on_episode=told.append)
    assert told == episodes


class Endless(TextEnv):
    """Goes on until it is told to stop."""

    tasks = ("a",)

    def __init__(self):
        super().__init__(1200)

    def begin(self, task):
        self.count = 0
        return "begin"

    def act(self, action):
        self.count += 1
        return Outcome("on", 0.0)

    def anchor(self):
        return self.count

    def admissible(self):
        return ("a",)


def test_an_episode_without_an_end_in_sight_is_reported_once(caplog):
    [episode] = rollout([Endless()], RandomAgent(), ["a"])
    assert len(episode.steps) == 1200
    [record] = caplog.records
    assert "has taken 1000 steps and goes on: give its environment a limit" in record.getMessage()


def test_a_task_that_does_not_exist_is_the_callers_mistake():
    with pytest.raises(LookupError, match="nowhere"):
        rollout([make("onelayer/Counting-v0")], Recorder(), ["nowhere"])


def test_no_environment_and_no_group_are_refused():
    with pytest.raises(ValueError, match="at least one environment"):
        rollout([], Recorder(), ["good"])
    with pytest.raises(ValueError, match="group_size"):
        rollout([Broken()], Recorder(), ["good"], group_size=0)


class Judging(gym.Env):
    """Tells what it read, and what the reward is made of."""

    def reset(self, *, seed=None, options=None):
        return "?", {"task": "t"}

    def step(self, action):
        parts = {"correctness": 1.0, "format": 0.25}
        read = {"extracted": action.strip("()"), "reward_parts": parts}
        return "", 1.25, action == "(2)", False, read


def test_what_the_environment_read_and_rewarded_stays_with_the_steps():
    class Script:
        def reset(self, slots=None):
            self.replies = ["(1)", "(2)"]

        def act(self, observations, infos=None, slots=None):
            return [self.replies.pop(0)]

    [episode] = rollout([Judging()], Script(), ["t"])
    assert [step.answer for step in episode.steps] == ["1", "2"]
    assert episode.answer == "2"
    assert episode.reward_parts == {"correctness": 2.0, "format": 0.5}
    again = as_episode(json.loads(json.dumps(as_record(episode))))
    assert (again.answer, again.reward_parts) == (episode.answer, episode.reward_parts)


def test_a_record_of_before_there_were_answers_can_be_read():
    [episode] = rollout([Broken()], Recorder(), ["good"])
    record = as_record(episode)
    assert not {"answer", "reward_parts", "reply_tokens"} & set(record["steps"][0])
    assert as_episode(record).answer is None


class Waiting(Broken):
    """Its first steps meet at a barrier: none of them ends before all have begun."""

    waits = True
    tasks = ("good", "bad")
    barrier = threading.Barrier(4, timeout=60)

    def act(self, action):
        if self.count == 0:
            self.barrier.wait()
        return super().act(action)


def test_environments_that_wait_take_their_steps_together_and_come_to_the_same_episodes():
    envs = [gym.wrappers.OrderEnforcing(Waiting()) for _ in range(4)]
    together = rollout(envs, RandomAgent(), ["good", "bad"], 2)
    one_by_one = rollout([Broken() for _ in range(4)], RandomAgent(), ["good", "bad"], 2)
    assert [as_record(episode) for episode in together] == [as_record(e) for e in one_by_one]
