import json
import logging
import math

import gymnasium as gym
import pytest

from onelayer.agents.episodes import as_episode, as_record
from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import FreeText
from onelayer.evals.results import (
    Results,
    compare,
    read_results,
    write_results,
)
from onelayer.evals.results_folder import ResultsFolder
from onelayer.evals.run import TooManyErrors, evaluate
from onelayer.evals.suite import Suite

SUITE = Suite("small", "onelayer/Counting-v0", split="test", tasks=7, attempts=2)


def oracle():
    return OracleAgent(CountingEnv("test"))


class Interrupting:
    """An agent that presses Ctrl-C after some actions."""

    def __init__(self, agent, after):
        self.agent, self.left = agent, after

    def reset(self, slots=None):
        self.agent.reset(slots)

    def act(self, observations, infos=None, slots=None):
        self.left -= len(observations)
        if self.left < 0:
            raise KeyboardInterrupt
        return self.agent.act(observations, infos, slots)


def outcome(results):
    return [(e.task, e.success, [s.action for s in e.steps]) for e in results.episodes]


def test_an_agent_plays_every_task_as_often_as_the_suite_says():
    results = evaluate(SUITE, oracle(), parallel=3)
    assert [e.task for e in results.episodes] == [
        t for t in CountingEnv("test").tasks for _ in "12"
    ]
    assert all(e.success for e in results.episodes)


def test_there_is_a_row_for_each_kind_of_task_and_one_for_all():
    rows = evaluate(SUITE, oracle()).rows
    assert [(row.kind, row.episodes, row.tasks) for row in rows] == [
        ("by 1", 4, 2),
        ("by 2", 4, 2),
        ("by 3", 6, 3),
        ("All", 14, 7),
    ]
    assert rows[-1].metrics["success"].value == 1.0
    assert set(rows[0].metrics) == set(SUITE.metrics)


def test_an_interrupted_evaluation_goes_on_where_it_stopped(tmp_path):
    journal = tmp_path / "journal.jsonl"
    whole = evaluate(SUITE, oracle())
    with pytest.raises(KeyboardInterrupt):
        evaluate(SUITE, Interrupting(oracle(), after=20), journal=journal, parallel=2)
    before = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    assert 0 < len(before) < 14
    complete = {r["task"] for r in before if sum(q["task"] == r["task"] for q in before) == 2}
    played = []

    class Counted(OracleAgent):
        def act(self, observations, infos=None, slots=None):
            played.extend(info["task"] for info in infos)
            return super().act(observations, infos, slots)

    told = []
    rest = evaluate(
        SUITE, Counted(CountingEnv("test")), journal=journal, on_episode=told.append, parallel=2
    )
    assert outcome(rest) == outcome(whole)
    assert complete and not complete & set(played)
    assert len(told) == 14
    assert len(journal.read_text().splitlines()) == 15


def test_a_torn_last_line_of_a_journal_is_played_again(tmp_path):
    journal = tmp_path / "journal.jsonl"
    whole = evaluate(SUITE, oracle(), journal=journal)
    text = journal.read_text()
    journal.write_text(text[: len(text) - 40])
    assert outcome(evaluate(SUITE, oracle(), journal=journal)) == outcome(whole)


@pytest.mark.parametrize(
    ("suite", "settings", "message"),
    [
        (Suite("small", "onelayer/Counting-v0", split="train"), {"t": 1}, "split 'test', not 'tr"),
        (SUITE, {"t": 0.5}, "t 1, not 0.5"),
        (SUITE, {}, "t 1, not None"),
    ],
)
def test_a_journal_of_another_evaluation_is_refused(tmp_path, suite, settings, message):
    journal = tmp_path / "journal.jsonl"
    evaluate(SUITE, oracle(), journal=journal, settings={"t": 1})
    with pytest.raises(ValueError) as caught:
        evaluate(suite, oracle(), journal=journal, settings=settings)
    assert f"holds an evaluation with {message}" in str(caught.value)
    assert "--fresh" in str(caught.value)


class Fragile(CountingEnv):
    """Counting that breaks where it counts by 3."""

    def act(self, action):
        if self._by == 3:
            raise OSError("out of numbers")
        return super().act(action)


gym.register("fragile/Env-v0", entry_point=Fragile)
FRAGILE = Suite("s", "fragile/Env-v0", split="test", tasks=7)


@pytest.mark.parametrize(("count_errors", "rate", "counted"), [(False, 1.0, 4), (True, 4 / 7, 7)])
def test_an_error_of_the_environment_is_left_out_or_counts_as_the_caller_says(
    caplog, count_errors, rate, counted
):
    with caplog.at_level(logging.ERROR):
        results = evaluate(FRAGILE, oracle(), count_errors=count_errors)
    row = results.overall
    assert (row.episodes, row.errors, row.counted) == (7, 3, counted)
    assert row.metrics["success"].value == pytest.approx(rate)
    # An episode that failed keeps its kind: no row of its own, and none that looks better than it is.
    assert [(r.kind, r.errors) for r in results.rows] == [
        ("by 1", 0),
        ("by 2", 0),
        ("by 3", 3),
        ("All", 3),
    ]


def test_where_every_episode_is_an_error_there_is_no_figure():
    class Broken(CountingEnv):
        def begin(self, task):
            raise OSError("no numbers at all")

    gym.register("broken/Env-v0", entry_point=Broken)
    results = evaluate(
        Suite("s", "broken/Env-v0", split="test", tasks=3), oracle(), count_errors=False
    )
    assert (results.overall.errors, results.overall.counted) == (3, 0)
    assert math.isnan(results.overall.metrics["success"].value)


def test_a_run_of_errors_stops_the_evaluation_and_keeps_what_was_played(tmp_path):
    journal = tmp_path / "j.jsonl"
    with pytest.raises(
        TooManyErrors, match=r"the last 2 episodes ended in an error.*out of numbers"
    ):
        evaluate(FRAGILE, oracle(), journal=journal, parallel=1, errors_in_a_row=2)
    assert len(journal.read_text().splitlines()) > 2


def test_errors_are_played_again_when_asked_and_nothing_else_is(tmp_path, monkeypatch):
    folder = ResultsFolder(tmp_path, FRAGILE)
    folder.play("expert", oracle(), {})
    folder.write(["expert"], "expert")
    monkeypatch.setattr(Fragile, "act", CountingEnv.act)
    played = []

    class Counted(OracleAgent):
        def act(self, observations, infos=None, slots=None):
            played.extend(info["task"] for info in infos)
            return super().act(observations, infos, slots)

    again = ResultsFolder(tmp_path, FRAGILE)
    assert again.play("expert", None, {}).overall.errors == 3
    mended = again.play("expert", Counted(CountingEnv("test")), {}, retry_errors=True)
    assert (mended.overall.errors, mended.overall.metrics["success"].value) == (0, 1.0)
    assert {task.split("-from")[0] for task in played} == {"by-3"}


class Guess(gym.Env):
    """Plain Gymnasium: tasks are seeds, and info tells nothing."""

    def __init__(self):
        self.observation_space = self.action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.secret = int(self.np_random.integers(2))
        return f"{self.secret}?", {}

    def step(self, action):
        return "", float(action == str(self.secret)), True, False, {}


class Echo:
    def reset(self, slots=None):
        pass

    def act(self, observations, infos=None, slots=None):
        return [observation[0] for observation in observations]


def test_an_environment_of_others_is_played_by_seeds_and_resumes(tmp_path):
    gym.register("plain/Guess-v0", entry_point=Guess)
    suite = Suite("plain", "plain/Guess-v0", tasks=6)
    journal = tmp_path / "journal.jsonl"
    with pytest.raises(KeyboardInterrupt):
        evaluate(suite, Interrupting(Echo(), after=4), journal=journal, parallel=2)
    results = evaluate(suite, Echo(), journal=journal)
    assert [episode.success for episode in results.episodes] == [True] * 6
    assert [row.kind for row in results.rows] == ["All"]
    assert results.episodes[0].task == "seed-1000000000"


def test_an_episode_survives_json():
    (episode, *_) = evaluate(SUITE, RandomAgent()).episodes
    again = as_episode(json.loads(json.dumps(as_record(episode))))
    assert as_record(again) == as_record(episode)
    assert again.kind == "by 1"


def test_results_survive_their_file_and_hold_the_paired_difference(tmp_path):
    by_agent = {"expert": evaluate(SUITE, oracle()), "random": evaluate(SUITE, RandomAgent(3))}
    write_results(tmp_path / "results.json", by_agent)
    again = read_results(tmp_path)
    assert list(again) == ["expert", "random"]
    for name, results in again.items():
        assert outcome(results) == outcome(by_agent[name])
        assert results.rows == by_agent[name].rows
    content = json.loads((tmp_path / "results.json").read_text())
    (comparison,) = content["comparisons"]
    assert (comparison["first"], comparison["second"]) == ("expert", "random")
    assert comparison["rows"][-1]["success"]["value"] > 0.5
    assert len(content["agents"]["expert"]["episodes"]) == 14


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"format": "other.1"}'])
def test_a_file_that_holds_no_results_is_refused(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"results\.json holds"):
        read_results(path)


def test_missing_results_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there are no results at"):
        read_results(tmp_path)


def test_only_the_tasks_that_both_played_are_compared():
    once = Suite("s", "onelayer/Counting-v0", split="test", tasks=7)
    expert, chance = evaluate(once, oracle()), evaluate(once, RandomAgent())
    fewer = Results(once, chance.episodes[:5])
    row = compare(expert, fewer)[-1]
    assert row.tasks == 5
    assert row.only_first == 5 - sum(e.success for e in fewer.episodes)
    assert row.only_second == 0
    with pytest.raises(ValueError, match="no task in common"):
        compare(expert, Results(once, ()))


def test_results_of_different_environments_are_not_compared():
    easy = Suite("s", "onelayer/Counting-v0", split="test", tasks=7, env_args={"length": 1})
    with pytest.raises(ValueError, match=r"env_args is \{\} and \{'length': 1\}"):
        compare(evaluate(SUITE, oracle()), evaluate(easy, RandomAgent()))


def test_a_folder_remembers_agents_and_adds_others(tmp_path):
    folder = ResultsFolder(tmp_path, SUITE)
    folder.play("random", RandomAgent(), {"seed": 0})
    folder.write(["random"], "random")
    again = ResultsFolder(tmp_path, SUITE)
    told = []
    again.play("random", None, {"seed": 0}, on_episode=told.append)  # plays nothing
    again.play("expert", oracle(), {})
    assert len(told) == 14
    assert list(again.write(["expert", "random"], "expert")) == ["expert", "random"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json"]
    with pytest.raises(ValueError, match=r"random, holds an evaluation with seed 0, not 1"):
        again.play("random", RandomAgent(1), {"seed": 1})


def test_a_folder_of_other_tasks_is_refused_unless_started_over(tmp_path):
    folder = ResultsFolder(tmp_path, SUITE)
    folder.play("random", RandomAgent(), {})
    folder.write(["random"], "random")
    other = Suite("small", "onelayer/Counting-v0", split="test", tasks=5)
    with pytest.raises(ValueError, match="an evaluation with tasks 7, not 5"):
        ResultsFolder(tmp_path, other)
    assert ResultsFolder(tmp_path, other, fresh=True).results == {}
    assert not (tmp_path / "results.json").exists()


class Outage(CountingEnv):
    """A server that is down for one task, until it is up."""

    down = True

    def begin(self, task):
        if self.down and task == self.tasks[0]:
            raise ConnectionError("down")
        return super().begin(task)


@pytest.fixture
def outage():
    registry = dict(gym.registry)
    gym.register("evals/Outage-v0", entry_point=Outage)
    Outage.down = True
    yield Suite("outage", "evals/Outage-v0", split="test", tasks=7, attempts=2)
    gym.registry.clear()
    gym.registry.update(registry)


def test_errors_are_told_and_played_again_when_asked(outage, tmp_path):
    folder = ResultsFolder(tmp_path, outage)
    first = folder.play("oracle", oracle(), {})
    assert (first.overall.errors, first.overall.metrics["success"].value) == (
        2,
        pytest.approx(12 / 14),
    )
    folder.write([], "oracle")
    Outage.down = False
    again = ResultsFolder(tmp_path, outage)
    assert again.play("oracle", oracle(), {}).overall.errors == 2  # not asked

    class Counted(OracleAgent):
        played = set()  # noqa: RUF012

        def act(self, observations, infos=None, slots=None):
            self.played.update(info["task"] for info in infos)
            return super().act(observations, infos, slots)

    mended = again.play("oracle", Counted(CountingEnv("test")), {}, retry_errors=True)
    assert mended.overall.errors == 0
    assert mended.overall.metrics["success"].value == 1.0
    assert Counted.played == {CountingEnv("test").tasks[0]}


class Moody(gym.Env):
    """Names its tasks, has no ids, and fails at the start of some seeds."""

    def __init__(self):
        self.observation_space = self.action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed % 3 == 0:
            raise RuntimeError("no start")
        return "Say anything.", {"task": f"mood-{seed}"}

    def step(self, action):
        return "Thanks.", 1.0, True, False, {"success": True}


def test_seeds_that_fail_at_their_start_are_errors_and_not_the_end():
    gym.register("evals/Moody-v0", entry_point=Moody)
    results = evaluate(Suite("moody", "evals/Moody-v0", tasks=6), Echo())
    assert results.overall.errors == 2
    assert len({episode.task for episode in results.episodes}) == 6


class Thrown(CountingEnv):
    """Shows what its own generator throws."""

    def begin(self, task):
        super().begin(task)
        return f"{self.np_random.integers(1_000_000)}"


def test_attempts_are_in_worlds_of_their_own_and_evaluations_of_chance_repeat():
    gym.register("evals/Thrown-v0", entry_point=Thrown)
    suite = Suite("thrown", "evals/Thrown-v0", split="test", tasks=5, attempts=2)
    shown = [
        [e.steps[0].observation for e in evaluate(suite, RandomAgent(0), parallel=p).episodes]
        for p in (1, 4, 32)
    ]
    assert shown[0] == shown[1] == shown[2]
    assert len(set(shown[0])) == 10
