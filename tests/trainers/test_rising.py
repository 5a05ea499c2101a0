import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent
from onelayer.envs.plugins import make
from onelayer.trainers.rising import RISE, WINDOW, Rising
from onelayer.trainers.summary import summary


def episode(*steps, error=None):
    return Episode("t", tuple(steps), success=True, error=error)


def step(reward, **more):
    return Step("o", "a", reward, anchor=None, **more)


def test_doubtful_shares_by_hand():
    found = summary(
        [
            episode(step(0.0, timeouts=1), step(3.0, timeouts=1)),
            episode(step(1.0, fallback=True)),
            episode(step(-2.0, fallback=True)),  # a penalty is no reward
            episode(step(9.0, fallback=True, timeouts=1), error="env: broke"),
        ]
    )
    # Reward: 3 + 1, of which 1 by a fallback. Of three whole episodes one ran out of time; one of four broke.
    assert found["doubtful/fallback"] == pytest.approx(1 / 4)
    assert found["doubtful/timeouts"] == pytest.approx(1 / 3)
    assert found["doubtful/dropped"] == pytest.approx(1 / 4)


def test_without_any_reward_none_is_doubtful():
    assert summary([episode(step(0.0, fallback=True))])["doubtful/fallback"] == 0.0


def test_a_share_that_rises_is_told_once():
    rising, told = Rising(), []
    for iteration in range(4 * WINDOW):
        share = 0.05 if iteration < 2 * WINDOW else 0.05 + 3 * RISE
        told.append(rising.add({"doubtful/fallback": share, "doubtful/dropped": 0.0}))
    # With four of the last ten 0.3 higher their mean is 0.12 above that of the first ten; with three 0.09.
    assert [i for i, sentences in enumerate(told) if sentences] == [2 * WINDOW + 3]
    [sentence] = told[2 * WINDOW + 3]
    assert "17% of the reward" in sentence
    assert "5% in the first 10" in sentence


def test_a_share_that_stays_or_falls_is_not_told():
    rising = Rising()
    assert not [
        sentence
        for i in range(5 * WINDOW)
        for sentence in rising.add({"doubtful/timeouts": 0.9 if i < WINDOW else 0.4})
    ]


class SaysIt:
    """Answers in words, without the box that was asked for."""

    def __init__(self, env):
        self.oracle = OracleAgent(env)

    def reset(self, slots=None):
        self.oracle.reset(slots)

    def act(self, observations, infos=None, slots=None):
        boxed = self.oracle.act(observations, infos, slots)
        return [f"The answer is {text.partition('{')[2].rpartition('}')[0]}." for text in boxed]


def test_a_mathematics_answer_without_its_box_is_a_fallback():
    env = make("onelayer/Math-v0", families="chain_sum", count=3)
    tasks = list(env.unwrapped.tasks)
    said = rollout([env], SaysIt(env), tasks)
    assert all(e.success for e in said)
    assert summary(said)["doubtful/fallback"] == 1.0
    assert summary(rollout([env], OracleAgent(env), tasks))["doubtful/fallback"] == 0.0
