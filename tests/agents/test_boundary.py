"""Every kind of fault of an environment, at every place, ends one episode with a reason."""

import asyncio
import math
import threading
import time

import gymnasium as gym
import numpy as np
import pytest

from onelayer.agents.boundary import (
    CONTEXT,
    ENV,
    TIMEOUT,
    Answer,
    Failure,
    View,
    advance,
    begin,
    close,
)
from onelayer.agents.rollout import rollout
from onelayer.envs.text import FreeText, Outcome, TextEnv


class Plain(gym.Env):
    """A plain environment of two steps that does as it is told, once."""

    observation_space = action_space = FreeText()

    def __init__(self, reset=None, step=None):
        self.at_reset, self.at_step = reset, step

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return fault(self.at_reset, ("start", {"task": (options or {}).get("task", "t")}))

    def step(self, action):
        self.count += 1
        over = self.count == 2
        return fault(self.at_step, ("next", 0.5, over, False, {"success": True} if over else {}))


def fault(how, answer):
    if how is None:
        return answer
    if isinstance(how, BaseException):
        raise how
    return how(answer)


def put(place, value):
    """Return a fault that puts a value at a place of an answer: a number, or a key of the info."""

    def spoil(answer):
        if isinstance(place, int):
            return (*answer[:place], value, *answer[place + 1 :])
        return (*answer[:-1], {**answer[-1], place: value})

    return spoil


class Several(BaseException):
    """Not an Exception, as trio's and pytest's own."""


RAISED = [
    ValueError("v"), KeyError("k"), IndexError("i"), LookupError("l"), RuntimeError("r"), OSError("o"),
    ConnectionError("c"), MemoryError("m"), RecursionError("deep"), AssertionError(), TimeoutError("t"),
    StopIteration("s"), StopAsyncIteration(), GeneratorExit("g"), SystemExit("bye"), UnicodeError("u"),
    ZeroDivisionError(), asyncio.CancelledError(), NotImplementedError(), Several("x"),
]  # fmt: skip

SURROGATE = "\ud800 lone"
ANSWERS_OF_BOTH = {
    "nothing": lambda answer: None,
    "text": lambda answer: "observation",
    "one part too few": lambda answer: answer[:-1],
    "one part too many": lambda answer: (*answer, {}),
    "a list": list,
    "observation None": put(0, None),
    "observation a number": put(0, 3),
    "observation an array": put(0, np.zeros(3)),
    "observation bytes": put(0, b"text"),
    "observation a dict": put(0, {"text": "x"}),
    "info None": put(-1, None),
    "info a list": put(-1, []),
    "info text": put(-1, "info"),
    "task a number": put("task", 3),
    "anchor a list": put("anchor", [1]),
    "anchor a dict in a tuple": put("anchor", (1, {})),
    "admissible text": put("admissible", "look"),
    "admissible a number": put("admissible", 3),
    "admissible of numbers": put("admissible", (1, 2)),
    "admissible a dict": put("admissible", {"a": 1}),
    "kind that has no text": put("kind", type("K", (), {"__str__": lambda self: 1 / 0})()),
}
ANSWERS_OF_STEP = {
    "reward None": put(1, None),
    "reward text": put(1, "high"),
    "reward digits as text": put(1, "1.0"),
    "reward nan": put(1, math.nan),
    "reward infinite": put(1, math.inf),
    "reward minus infinite": put(1, -math.inf),
    "reward too large": put(1, 1e30),
    "reward an array": put(1, np.array([1.0, 2.0])),
    "reward complex": put(1, 1j),
    "reward a list": put(1, [1.0]),
    "terminated None": put(2, None),
    "terminated text": put(2, "no"),
    "terminated an array": put(2, np.array([True, False])),
    "truncated None": put(3, None),
    "success an array": put("success", np.array([True, False])),
    "success text": put("success", "yes"),
    "valid None": put("valid", None),
    "reward_parts a list": put("reward_parts", [1]),
    "reward_parts of None": put("reward_parts", {"x": None}),
    "reward_parts of nan": put("reward_parts", {"x": math.nan}),
    "extracted that has no text": put(
        "extracted", type("K", (), {"__str__": lambda self: 1 / 0})()
    ),
}
UNREADABLE = {
    "observation with a lone surrogate": put(0, SURROGATE),
    "admissible with a lone surrogate": put("admissible", (SURROGATE,)),
    "task with a lone surrogate": put("task", SURROGATE),
}


def faults():
    for error in RAISED:
        yield from (
            (f"{place} raises {type(error).__name__}", place, error, ENV) for place in PLACES
        )
    for where, table in ((ENV, ANSWERS_OF_BOTH), (CONTEXT, UNREADABLE)):
        for name, how in table.items():
            yield from ((f"{place}: {name}", place, how, where) for place in PLACES)
    for name, how in ANSWERS_OF_STEP.items():
        yield f"step: {name}", "step", how, ENV


PLACES = ("reset", "step")
FAULTS = list(faults())


class Agent:
    """Says one thing."""

    def reset(self, slots=None):
        pass

    def act(self, observations, infos=None, slots=None):
        return ["go"] * len(observations)


@pytest.mark.parametrize(
    ("place", "how", "where"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
@pytest.mark.parametrize("waits", [False, True], ids=["", "in threads"])
def test_a_fault_ends_its_own_episode_with_a_reason_and_no_other(place, how, where, waits):
    envs = [Plain(), Plain(**{place: how}), Plain()]
    for env in envs:
        env.waits = waits
    episodes = rollout(envs, Agent(), ["a", "b", "c"])
    assert [episode.task for episode in episodes] == ["a", "b", "c"]
    assert [e.error is None and e.success and len(e.steps) == 2 for e in episodes] == [
        True,
        False,
        True,
    ]
    failed = episodes[1]
    assert failed.truncated and not failed.success
    assert failed.error.startswith(f"{where}: ")
    assert "test_boundary.py, line " in failed.error


def test_a_fault_says_what_it_was_and_where_it_stands():
    failure = after_reset(Plain(step=put(1, math.nan)))
    assert isinstance(failure, Failure)
    assert str(failure).startswith("env: a reward is nan (")
    assert str(failure).endswith(", in Plain.step)")
    assert str(begin(Plain(reset=KeyError("missing")), "a", 0)).startswith(
        "env: KeyError: 'missing' ("
    )
    numeric = str(begin(gym.make("FrozenLake-v1"), "a", 0))
    assert "an observation is a str, and not 0 (int)" in numeric


def after_reset(env):
    view = begin(env, "a", 0)
    assert isinstance(view, View)
    return advance(env, view, "go")


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("at", [0, 1], ids=["after reset", "after step"])
def test_an_anchor_that_raises_ends_its_episode(error, at):
    class World(TextEnv):
        tasks = ("a", "b")

        def begin(self, task):
            self.name, self.count = task, 0
            return "start"

        def act(self, action):
            self.count += 1
            return Outcome("next")

        def anchor(self):
            if self.name == "b" and self.count == at:
                raise error
            return self.count

    good, bad = rollout([World(2), World(2)], Agent(), ["a", "b"])
    assert good.error is None and bad.error.startswith(f"env: {type(error).__name__}")
    assert "test_boundary.py, line " in bad.error


def test_the_line_is_the_authors_own_not_a_librarys():
    class Parsing(TextEnv):
        tasks = ("a",)

        def begin(self, task):
            import json

            return json.loads("{")

    assert "test_boundary.py, line " in str(begin(Parsing(3), "a", 0))


def test_what_a_textenv_hands_over_is_checked_as_well():
    class Odd(TextEnv):
        tasks = ("a",)
        begin = lambda self, task: "start"  # noqa: E731
        anchor = lambda self: 0  # noqa: E731

        def act(self, action):
            return Outcome("next", reward=math.inf)

    env = Odd(3)
    view = begin(env, "a", 0)
    assert "a reward is inf" in str(advance(env, view, "go"))


def test_an_episode_keeps_the_task_that_it_began_with():
    [episode] = rollout([Plain(step=put("task", "x"))], Agent(), ["a"])
    assert episode.task == "a"
    assert [step.anchor for step in episode.steps] == [("a", "start"), ("a", "next")]


def test_numbers_of_other_libraries_are_numbers():
    def numpyish(answer):
        return (
            "next",
            np.float32(0.25),
            np.bool_(True),
            np.False_,
            {"success": np.True_, "valid": 1},
        )

    answer = after_reset(Plain(step=numpyish))
    assert isinstance(answer, Answer)
    assert (answer.reward, answer.terminated, answer.success, answer.valid) == (
        0.25,
        True,
        True,
        True,
    )
    assert type(answer.reward) is float and type(answer.terminated) is bool


def test_a_dictionary_that_is_used_again_keeps_its_first_anchor():
    class Reusing(Plain):
        info = {"task": "a"}  # noqa: RUF012

        def reset(self, *, seed=None, options=None):
            self.count = 0
            self.info["anchor"] = 0
            return "start", self.info

        def step(self, action):
            self.count += 1
            self.info["anchor"] = self.count
            return "next", 0.0, self.count == 3, False, self.info

    [episode] = rollout([Reusing()], Agent(), ["a"])
    assert [step.anchor for step in episode.steps] == [0, 1, 2]


def test_an_interrupt_is_ours_and_goes_through():
    for place in PLACES:
        with pytest.raises(KeyboardInterrupt):
            rollout([Plain(**{place: KeyboardInterrupt()})], Agent(), ["a"])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("waits", [False, True])
def test_a_hanging_call_ends_its_episode_when_its_time_is_over(place, waits):
    forever = threading.Event()
    hang = lambda answer: forever.wait() and answer  # noqa: E731
    envs = [Plain(), Plain(**{place: hang}), Plain()]
    for env in envs:
        env.waits = waits
    episodes = rollout(envs, Agent(), ["a", "b", "c"], step_timeout=0.2)
    forever.set()
    assert [e.error is None for e in episodes] == [True, False, True]
    assert episodes[1].error.startswith(f"{TIMEOUT}: {place} took more than 0.2 s (")


def test_a_timeout_that_the_environment_raises_is_its_own_error():
    episodes = rollout([Plain(step=TimeoutError("server"))], Agent(), ["a"], step_timeout=60)
    assert episodes[0].error.startswith("env: TimeoutError: server (")


def test_closing_neither_raises_nor_hangs(monkeypatch, caplog):
    monkeypatch.setattr("onelayer.agents.boundary.CLOSE_TIMEOUT", 0.1)
    env = Plain()
    env.close = lambda: 1 / 0
    close(env)
    assert "did not close: ZeroDivisionError" in caplog.text
    env.close = lambda: time.sleep(3600)
    close(env)
    assert "TookTooLong" in caplog.text


class Flaky(TextEnv):
    """Fails the first time that any of them plays task "flaky", and always in task "lost"."""

    tasks = ("good", "flaky", "lost")
    failures = 0
    made = 0

    def __init__(self, max_steps=2):
        super().__init__(max_steps)
        type(self).made += 1
        self.broken = False

    def begin(self, task):
        assert not self.broken, "used again after a failure"
        self.name = task
        return "start"

    def act(self, action):
        if self.name == "lost" or (self.name == "flaky" and Flaky.failures == 0):
            Flaky.failures += 1
            self.broken = True
            raise ConnectionError("server is down")
        return Outcome("next", 0.5)

    def anchor(self):
        return 0


@pytest.fixture
def flaky():
    registry = dict(gym.registry)
    gym.register("boundary/Flaky-v0", entry_point=Flaky)
    Flaky.failures = Flaky.made = 0
    yield lambda: gym.make("boundary/Flaky-v0", disable_env_checker=True)
    gym.registry.clear()
    gym.registry.update(registry)


def test_an_episode_that_failed_is_played_again_in_a_fresh_environment(flaky):
    envs = [flaky()]
    episodes = rollout(envs, Agent(), ["flaky", "good", "lost", "good"])
    assert [episode.error is None for episode in episodes] == [True, True, False, True]
    assert len(episodes[0].steps) == 2
    assert Flaky.made == 4  # one, one for "flaky", two for "lost"
    assert not envs[0].unwrapped.broken


def test_without_retries_the_environment_is_replaced_all_the_same(flaky):
    envs = [flaky()]
    episodes = rollout(envs, Agent(), ["flaky", "good"], retries=0)
    assert [episode.error is None for episode in episodes] == [False, True]


def test_members_of_a_group_play_the_same_world_and_a_task_that_comes_again_another():
    seeds = []

    class Noting(Plain):
        def reset(self, *, seed=None, options=None):
            seeds.append((options["task"], seed))
            return super().reset(seed=seed, options=options)

    play = lambda seed: rollout([Noting(), Noting()], Agent(), ["a", "b", "a"], 2, seed=seed)  # noqa: E731
    play(7)
    first = list(seeds)
    assert len(set(first)) == 3 and sorted(first)[0] == sorted(first)[1]
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for _, seed in first)
    seeds.clear()
    play(7)
    assert seeds == first
    seeds.clear()
    play(8)
    assert not set(seeds) & set(first)
