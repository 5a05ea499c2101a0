"""Groups that teach nothing are drawn again: which, how often, and what is learned from in the end."""

import itertools

import gymnasium as gym
import numpy as np
import pytest
import torch
from helpers import timeless
from made_episodes import episode

from onelayer.envs.counting import CountingEnv
from onelayer.envs.plugins import make
from onelayer.envs.text import Outcome, TextEnv
from onelayer.trainers import dynamic_sampling, sharing
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.dynamic_sampling import DynamicSampling, groups_of, is_flat
from onelayer.trainers.tasks import other_tasks, training_tasks


def group(task, *totals, error=None):
    return [episode(task, ("s", total), error=error) for total in totals]


class Processes:
    """Processes that are one after the other in this test."""

    device = "cpu"

    def __init__(self, number, of):
        self.process_index, self.num_processes = number, of


class Games:
    """Plays groups whose totals are known by task: varied where its number is odd."""

    def __init__(self, varied=lambda task: int(task) % 2 == 1, tasks=100):
        self.envs = [CountingEnv()]
        self.envs[0]._tasks = tuple(map(str, range(tasks)))
        self.varied, self.played = varied, []

    def tasks(self, iteration):
        return [str(i) for i in range(4)]

    def roll_out(self, tasks, seed, on_episode=None):
        self.played.append((tuple(tasks), seed))
        return [one for task in tasks for one in group(task, 1.0, float(not self.varied(task)))]


def sample(games, limit, of=1, monkeypatch=None):
    """Draw again until it says no, all processes in step; return them."""
    config = TrainConfig(tasks_per_iteration=4, group_size=2, dynamic_sampling=limit)
    shares = [sharing.share(games.tasks(0), Processes(i, of)) for i in range(of)]
    states = [
        DynamicSampling(games, config, Processes(i, of), 0, games.roll_out(mine, 0))
        for i, mine in enumerate(shares)
    ]
    if of > 1:  # what each would send is what the others get
        flags = lambda *_: [state._flat() for state in states]  # noqa: E731
        told = []
        monkeypatch.setattr(dynamic_sampling, "everyones", lambda *_: told[-1])
    for _ in itertools.count():
        if of > 1:
            told.append(flags())
        due = {state.draw_again() for state in states}
        assert len(due) == 1  # all go on, or none
        if not due.pop():
            return states
        for state, fresh in [(state, state.play()) for state in states]:
            state.take(fresh)


def tasks_of(states):
    return [one.task for state in states for one in state.episodes[::2]]


def test_a_group_is_flat_where_its_sound_episodes_earned_the_same():
    assert is_flat(group("t", 0.0, 0.0, 0.0))
    assert not is_flat(group("t", 0.0, 0.0, 1.0))
    assert is_flat([*group("t", 0.0, 0.0), *group("t", 1.0, error="env: died")])
    assert is_flat(group("t", 0.3, 0.1 + 0.2))  # but for rounding
    assert is_flat(group("t", 1.0))
    assert is_flat(group("t", 0.0, 1.0, error="env: died"))


def test_flat_groups_are_replaced_in_their_places_and_the_others_stay():
    (state,) = sample(games := Games(), limit=20)
    tasks = tasks_of([state])
    assert tasks[1::2] == ["1", "3"]  # of 0, 1, 2, 3
    assert all(int(task) % 2 == 1 for task in tasks)
    assert len(set(tasks)) == 4
    assert not any(is_flat(one) for one in groups_of(state.episodes, 2))
    assert len(state.dropped) == 2 * state.redrawn_groups
    assert state.redraws == len(games.played) - 1
    assert state.metrics(state.episodes)["flat_groups"] == 0
    seeds = [seed for _, seed in games.played]
    assert len(set(seeds)) == len(seeds)


def test_where_the_limit_is_reached_the_last_groups_stay_flat():
    (state,) = sample(games := Games(varied=lambda task: task == "1"), limit=3)
    assert len(state.episodes) == 4 * 2
    assert state.metrics(state.episodes) == {
        "redraws": 3,
        "redrawn_groups": 3 * 3,
        "flat_groups": 3,
    }
    assert len({task for tasks, _ in games.played for task in tasks}) == 4 + 9  # never one twice


def test_without_the_option_nothing_is_drawn_again():
    (state,) = sample(games := Games(), limit=0)
    assert len(games.played) == 1
    assert state.metrics(state.episodes) == {}
    assert state.replaced() == []


@pytest.mark.parametrize("of", [2, 3, 5])
def test_several_processes_draw_what_one_draws(monkeypatch, of):
    (alone,) = sample(Games(), limit=20)
    states = sample(Games(), limit=20, of=of, monkeypatch=monkeypatch)
    assert tasks_of(states) == tasks_of([alone])
    assert {state.redrawn_groups for state in states} == {alone.redrawn_groups}
    dropped = [one.task for state in states for one in state.dropped]
    assert sorted(dropped) == sorted(one.task for one in alone.dropped)


def test_a_task_that_is_played_several_times_is_one_group():
    # A split of two tasks, four groups: 0, 1, 0, 1, and together the two groups of 0 differ.
    games = Games(tasks=2)
    games.tasks = lambda iteration: ["0", "1", "0", "1"]
    episodes = [*group("0", 1.0, 1.0), *group("1", 5.0, 5.0), *group("0", 0.0, 0.0)]
    config = TrainConfig(tasks_per_iteration=4, group_size=2, dynamic_sampling=1)
    state = DynamicSampling(games, config, Processes(0, 1), 0, [*episodes, *group("1", 5.0, 5.0)])
    assert state._flat() == [False, True, False, True]


# Which tasks


@pytest.fixture
def worlds():
    counting = make("onelayer/Counting-v0")
    mixed = make("[{env: onelayer/Counting-v0, weight: 3}, {env: onelayer/Counting-v0, name: b}]")
    seeds = gym.wrappers.TransformReward(CountingEnv(), float)
    return {"ids": counting, "several": mixed, "seeds": seeds}


class NoIds(CountingEnv):
    tasks = None


@pytest.mark.parametrize("kind", ["ids", "several", "seeds"])
def test_other_tasks_are_neither_kept_nor_played_and_none_comes_twice(worlds, kind):
    env = NoIds() if kind == "seeds" else worlds[kind]
    for iteration in range(20):
        played = set(training_tasks(env, iteration, 6, seed=1))
        kept = set(list(played)[:3])
        drawn = other_tasks(env, 3, kept=kept, played=played, seed=(1, iteration, 1))
        assert len(set(drawn)) == 3
        assert not set(drawn) & played
        assert drawn == other_tasks(env, 3, kept=kept, played=played, seed=(1, iteration, 1))
        assert drawn != other_tasks(env, 3, kept=kept, played=played, seed=(1, iteration, 2))


def test_where_all_tasks_are_played_those_that_were_dropped_come_again():
    env = CountingEnv()
    played = set(env.tasks)
    kept = set(env.tasks[2:])
    drawn = other_tasks(env, 2, kept=kept, played=played, seed=(0, 0, 1))
    assert sorted(drawn) == sorted(env.tasks[:2])
    assert len(other_tasks(env, 2, kept=played, played=played, seed=(0, 0, 1))) == 2
    many = len(env.tasks) + 3  # more than the split has
    assert len(other_tasks(env, many, kept=set(), played=set(), seed=(0, 0, 1))) == many


def test_several_environments_are_drawn_in_proportion(worlds):
    env = worlds["several"]
    drawn = [
        task
        for i in range(400)
        for task in other_tasks(env, 2, kept=set(), played=set(), seed=(i,))
    ]
    assert np.mean([task.startswith("b:") for task in drawn]) == pytest.approx(1 / 4, abs=0.06)


# Whole runs


def test_a_run_learns_from_as_many_groups_with_more_that_differ(make_trainer):
    settings = {"tasks_per_iteration": 6, "group_size": 2, "iterations": 2, "learning_rate": 1e-6}
    plain = make_trainer("plain", **settings)
    plain.train()
    sampled = make_trainer("sampled", dynamic_sampling=3, **settings)
    sampled.train()
    for before, after in zip(*map(timeless, (plain.folder.path, sampled.folder.path)), strict=True):
        assert after["redrawn_groups"] > 0
        assert after["redraws"] <= 3
        assert after["flat_groups"] < before["groups_without_signal"] * 6
        assert "redraws" not in before


def test_rates_are_of_all_that_was_played(make_trainer, monkeypatch):
    seen = []
    trainer = make_trainer(
        tasks_per_iteration=4, group_size=2, iterations=1, dynamic_sampling=3, beta=0.0
    )

    def noted(play):
        def playing(*arguments):
            episodes = play(*arguments)
            seen.extend(episodes)
            return episodes

        return playing

    for name in ("play", "roll_out"):  # at first, and again
        monkeypatch.setattr(trainer.games, name, noted(getattr(trainer.games, name)))
    trainer.train()
    (line,) = timeless(trainer.folder.path)
    assert len(seen) == 2 * (4 + line["redrawn_groups"]) > 8
    assert line["success"] == pytest.approx(np.mean([one.success for one in seen]))
    assert line["return"] == pytest.approx(np.mean([one.total_reward for one in seen]))


def test_a_run_that_stopped_in_between_draws_the_same(make_trainer):
    settings = {"dynamic_sampling": 2, "group_size": 2, "tasks_per_iteration": 4}
    whole = make_trainer("whole", iterations=4, **settings)
    whole.train()
    make_trainer("parts", iterations=2, **settings).train()
    parts = make_trainer("parts", iterations=4, resume=True, **settings)
    parts.train()
    assert timeless(whole.folder.path) == timeless(parts.folder.path)
    assert any(line["redrawn_groups"] for line in timeless(whole.folder.path)[2:])
    for name, parameter in whole.learner.parameters.items():
        assert torch.equal(parameter, parts.learner.parameters[name]), name


def test_a_signal_while_it_is_drawn_again_loses_nothing(make_trainer, monkeypatch):
    settings = {"dynamic_sampling": 2, "group_size": 2, "tasks_per_iteration": 4, "iterations": 2}
    whole = make_trainer("whole", **settings)
    whole.train()
    stopped = make_trainer("parts", **settings)

    def ctrl_c(self, on_episode):
        raise KeyboardInterrupt

    original = dynamic_sampling.DynamicSampling.play
    monkeypatch.setattr(dynamic_sampling.DynamicSampling, "play", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        stopped.train()
    monkeypatch.setattr(dynamic_sampling.DynamicSampling, "play", original)
    make_trainer("parts", resume=True, **settings).train()
    assert timeless(whole.folder.path) == timeless(stopped.folder.path)


class Hopeless(TextEnv):
    """Nobody ever earns anything."""

    tasks = tuple(f"t{i}" for i in range(3))

    def __init__(self):
        super().__init__(max_steps=1)

    def begin(self, task):
        return "?"

    def act(self, action):
        return Outcome(".", terminated=True)

    def anchor(self):
        return 0


def test_a_run_in_which_nothing_differs_goes_on_and_says_so(make_trainer, caplog):
    trainer = make_trainer(env=Hopeless, iterations=1, dynamic_sampling=2, invalid_penalty=0)
    trainer.train()
    (line,) = timeless(trainer.folder.path)
    assert (line["redraws"], line["redrawn_groups"], line["flat_groups"]) == (2, 6, 3)
    assert line["success"] == 0
    assert "taught nothing" in caplog.text


def test_groups_of_one_cannot_be_drawn_again():
    with pytest.raises(ValueError, match="dynamic_sampling needs a group_size of at least 2"):
        TrainConfig(group_size=1, dynamic_sampling=1)
    with pytest.raises(ValueError, match="dynamic_sampling must be at least 0, got -1"):
        TrainConfig(dynamic_sampling=-1)
