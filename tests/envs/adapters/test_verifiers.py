"""Contract with the real verifiers; skipped where it is not installed."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("verifiers", reason="pip install 'onelayer[verifiers]' to test the adapter")

from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent
from onelayer.envs.check import check
from onelayer.envs.plugins import make

VERIFIERS = "onelayer/Verifiers-v0"
COUNTING = "onelayer/Counting-v0"


@pytest.fixture(autouse=True)
def tasksets(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield
    sys.modules.pop("verifiers_tasks", None)


class Saying:
    """Says what a function makes of the observation."""

    def __init__(self, says):
        self.says = says

    def reset(self, slots=None):
        pass

    def act(self, observations, infos=None, slots=None):
        return [self.says(text) for text in observations]


def test_a_taskset_of_one_turn_keeps_the_promises_and_is_scored_by_itself():
    assert [f for f in check(VERIFIERS, taskset="verifiers_tasks", episodes=3) if f.failed] == []
    env = make(VERIFIERS, taskset="verifiers_tasks")
    assert len(env.unwrapped.tasks) == 18
    assert make(VERIFIERS, taskset="verifiers_tasks", split="test").unwrapped.tasks == (
        "ab9",
        "ab19",
    )
    right = rollout([env], Saying(lambda text: text.split()[-1][::-1]), ["ab0", "ab1"])
    assert [(e.success, e.total_reward) for e in right] == [(True, 1.5)] * 2
    [wrong] = rollout([env], Saying(lambda text: "no"), ["ab0"])
    assert (wrong.success, wrong.total_reward) == (False, 0.5)


def test_what_does_not_fit_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="rewards by tested, which needs a runtime"):
        make(VERIFIERS, taskset="verifiers_tasks:Refused")
    with pytest.raises(LookupError, match="no taskset 'there_is_none'"):
        make(VERIFIERS, taskset="there_is_none")


def test_an_environment_of_ours_goes_to_verifiers_and_back_and_plays_the_same():
    """The taskset and its Env, whose turns are played through the adapter, are the environment itself."""
    away = {
        "taskset": "onelayer.envs.adapters.verifiers_taskset",
        "config": {"env_id": COUNTING, "env_args": {"length": 2}},
    }
    env, itself = make(VERIFIERS, **away), make(COUNTING, length=2)
    tasks = env.unwrapped.tasks[:6]
    for player, solved in ((OracleAgent(itself), True), (Saying(lambda text: "x"), False)):
        there = rollout([env], player, tasks)
        here = rollout([itself], player, tasks)
        assert [e.success for e in there] == [e.success for e in here] == [solved] * 6
        assert [e.total_reward for e in there] == pytest.approx([e.total_reward for e in here])
        assert [len(e.steps) for e in there] == [len(e.steps) for e in here]
    assert "Possible actions: 0; 1" in there[0].steps[0].observation
    assert [f for f in check(VERIFIERS, **away, episodes=2) if f.failed] == []
