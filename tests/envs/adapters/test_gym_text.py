"""Worlds of numbers in words."""

import gymnasium as gym
import pytest

from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import RandomAgent
from onelayer.envs.adapters import GymText
from onelayer.envs.check import check

MOVES = {"left": 0, "down": 1, "right": 2, "up": 3}
RULES = "You walk over a frozen lake. Reach G and avoid the holes, H."


def make_lake(slippery=False, tasks=None):
    lake = gym.make("FrozenLake-v1", is_slippery=slippery, render_mode="ansi")
    return GymText(
        lake,
        describe=lambda square: lake.render(),
        actions=MOVES,
        anchor=int,
        instructions=RULES,
        tasks=tasks,
        max_steps=20,
    )


def make_pole(split="train"):
    return GymText(
        gym.make("CartPole-v1"),
        describe=lambda numbers: " ".join(f"{number:.2f}" for number in numbers),
        actions=lambda text: {"l": 0, "r": 1}.get(text.lower()[:1]),
        tasks=[f"{split}-{i}" for i in range(10)],
    )


@pytest.fixture
def registered():
    registry = dict(gym.registry)
    gym.register("words/Lake-v0", entry_point=make_lake)
    gym.register("words/Pole-v0", entry_point=make_pole)
    yield
    gym.registry.clear()
    gym.registry.update(registry)


@pytest.mark.parametrize(
    ("env_id", "kwargs"),
    [
        ("words/Lake-v0", {}),
        ("words/Lake-v0", {"slippery": True}),
        ("words/Lake-v0", {"slippery": True, "tasks": ["a", "b"]}),
        ("words/Pole-v0", {}),
    ],
)
def test_a_world_of_numbers_keeps_the_promises_of_one_of_text(registered, env_id, kwargs):
    findings = check(env_id, **kwargs)
    assert [finding for finding in findings if finding.failed] == []


def test_what_a_wrapper_tells_is_what_an_agent_is_told(registered):
    from onelayer.envs.attributes import attribute
    from onelayer.envs.plugins import make

    env = make("words/Lake-v0", tasks=["a"])
    assert attribute(env, "instructions") == RULES
    assert attribute(env, "tasks") == ["a"]
    [episode] = rollout([env], RandomAgent(0), ["a"])
    assert episode.error is None
    assert episode.steps[0].admissible == tuple(MOVES)
    assert episode.steps[0].anchor == ("a", 0)


def test_what_is_not_understood_leaves_the_world_alone_and_says_what_may_be_said():
    env = make_lake()
    before, _ = env.reset(seed=1)
    text, reward, terminated, truncated, info = env.step("jump")
    assert text.startswith(before) and "say left or down or right or up" in text
    assert (reward, terminated, truncated, info["valid"]) == (0.0, False, False, False)
    assert env.step(" down ")[4]["valid"]


def test_a_task_decides_the_start_and_the_seed_the_dice():
    def walk(task, seed):
        env = make_lake(slippery=True, tasks=["a", "b"])
        env.reset(seed=seed, options={"task": task})
        return [env.step("down")[4]["anchor"] for _ in range(3)]

    assert walk("a", 1) == walk("a", 1)
    assert len({str(walk("a", seed)) for seed in range(8)}) > 1
    pole = make_pole()
    starts = {pole.reset(seed=s, options={"task": "train-1"})[0] for s in range(5)}
    assert len(starts) == 1
    with pytest.raises(LookupError, match="no task 'test-1' here; one is 'train-0'"):
        pole.reset(options={"task": "test-1"})
