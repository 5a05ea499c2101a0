"""Suites of several environments, suites of packages, and what narrows a suite."""

import math
from importlib.metadata import EntryPoint

import gymnasium as gym
import pytest

from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.counting import CountingEnv
from onelayer.evals import Collection, Suite, evaluate, load_results, load_suite, write_results
from onelayer.evals import suite as suites
from onelayer.evals.results import compare
from onelayer.evals.results_folder import ResultsFolder
from onelayer.evals.suite import load_single_suite, suite_of

COUNTING = "onelayer/Counting-v0"
EASY = Suite("easy", COUNTING, split="test", tasks=7, env_args={"length": 1})
HARD = Suite(
    "hard", COUNTING, split="test", tasks=5, attempts=2, metrics=("success", "steps", "pass@2")
)
BOTH = Collection("both", (EASY, HARD), version=3)


def oracle(env):
    return OracleAgent(env)


def test_each_part_has_its_rows_and_the_total_is_the_mean_of_the_parts():
    rows = {row.kind: row for row in evaluate(BOTH, lambda env: RandomAgent(1)).rows}
    assert [kind for kind in rows if ":" not in kind] == ["easy", "hard", "All"]
    assert (rows["easy"].episodes, rows["hard"].episodes, rows["All"].episodes) == (7, 10, 17)
    parts = [rows[name].metrics["success"] for name in ("easy", "hard")]
    total = rows["All"].metrics["success"]
    assert total.value == pytest.approx(sum(part.value for part in parts) / 2)
    # Independent parts: the squares of the distances to the bounds add.
    below = math.hypot(*(part.value - part.low for part in parts)) / 2
    assert total.low == pytest.approx(total.value - below)
    assert set(rows["All"].metrics) == {"success", "steps"}


def test_parts_with_the_same_task_ids_are_kept_apart(tmp_path):
    results = evaluate(BOTH, oracle, journal=tmp_path / "j.jsonl")
    assert len(results.episodes) == 17
    assert {episode.part for episode in results.episodes} == {"easy", "hard"}
    write_results(tmp_path / "results.json", {"expert": results})
    again = load_results(tmp_path)["expert"]
    assert again.rows == results.rows
    assert again.suite == BOTH
    differences = compare(again, evaluate(BOTH, lambda env: RandomAgent()))
    assert differences[-1].tasks == 12


def test_a_collection_goes_on_in_the_middle_of_a_part(tmp_path):
    whole = evaluate(BOTH, oracle)
    ended = []

    def stop(episode):
        ended.append(episode)
        if len(ended) == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(BOTH, oracle, journal=tmp_path / "j", on_episode=stop, parallel=2)
    again = evaluate(BOTH, oracle, journal=tmp_path / "j", parallel=2)
    assert [(e.part, e.task, e.attempt) for e in again.episodes] == [
        (e.part, e.task, e.attempt) for e in whole.episodes
    ]


def test_a_collection_survives_yaml_and_may_name_and_change_suites(tmp_path):
    assert suite_of(BOTH.as_dict()) == BOTH
    path = tmp_path / "mine.yaml"
    path.write_text(
        "parts:\n- counting\n- {suite: counting, name: again, attempts: 1, metrics: [success]}\n"
        "- {name: own, env: onelayer/Counting-v0, tasks: 2}\n"
    )
    mine = load_suite(str(path))
    assert [(p.name, p.attempts, p.tasks) for p in mine.parts] == [
        ("counting", 4, 7),
        ("again", 1, 7),
        ("own", 1, 2),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parts: []", "suite mine: parts is an empty list"),
        ("parts: counting", "suite mine: parts is 'counting', not a list of suites"),
        ("parts: [3]", "suite mine: part 1 is 3, not a suite"),
        ("parts: [counting, counting]", "suite mine: two parts have one name"),
        ("parts: [counting]\nenv: x", "suite mine: unknown key 'env'"),
        ("parts: [counting]\nversion: two", "suite mine: version is 'two', not a whole number"),
    ],
)
def test_a_wrong_collection_is_one_clear_error(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ValueError) as caught:
        load_suite(str(tmp_path / "mine.yaml"))
    assert message in str(caught.value)


def test_who_needs_one_environment_is_told_the_parts():
    with pytest.raises(
        ValueError, match="smoke is of several environments; name one of counting, alfw"
    ):
        load_single_suite("smoke")


def a_suite():
    return Suite("whatever", COUNTING, tasks=3)


def test_a_package_brings_suites(monkeypatch, tmp_path):
    (tmp_path / "theirs.yaml").write_text("env: onelayer/Counting-v0\ntasks: 2\n")
    (tmp_path / "brings_suites.py").write_text(
        "from onelayer.evals import Suite\n"
        "def made(): return Suite('x', 'onelayer/Counting-v0', tasks=3)\n"
        f"path = {str(tmp_path / 'theirs.yaml')!r}\n"
        "wrong = 5\n"
        "def fails(): raise OSError('no disk')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    entries = [
        EntryPoint(name, f"brings_suites:{what}", suites.GROUP)
        for name, what in (
            ("made", "made"),
            ("file", "path"),
            ("wrong", "wrong"),
            ("fails", "fails"),
            ("lost", "x"),
        )
    ]
    monkeypatch.setattr(suites, "entry_points", lambda group: entries)
    assert (load_suite("made").name, load_suite("made").tasks) == ("made", 3)
    assert (load_suite("file").name, load_suite("file").tasks) == ("file", 2)
    with pytest.raises(
        ValueError, match=r"suite wrong of the package .* is 5, not a Suite or a path"
    ):
        load_suite("wrong")
    with pytest.raises(ValueError, match=r"suite fails of the package .* failed: OSError: no disk"):
        load_suite("fails")
    with pytest.raises(ValueError, match=r"suite lost of the package .* failed: AttributeError"):
        load_suite("lost")
    with pytest.raises(LookupError, match="did you mean 'made'"):
        load_suite("mad3")


def test_a_suite_is_narrowed_by_kind_limit_and_order():
    def chosen(**fields):
        suite = Suite("s", COUNTING, split="test", tasks=7, **fields)
        return suite.choose_tasks(suite.make_env())

    whole = chosen()
    by_3 = [task for task in whole if task.startswith("by-3")]
    assert chosen(kinds=("by 3",)) == by_3
    assert chosen(kinds=("by 3", "by 1"), limit=2) == whole[:2]
    assert chosen(limit=3) == whole[:3]
    assert chosen(limit=99) == whole
    mixed = chosen(shuffle=True)
    assert sorted(mixed) == sorted(whole) and mixed != whole
    assert chosen(shuffle=True) == mixed
    assert chosen(shuffle=True, limit=2) == mixed[:2]
    assert chosen(shuffle=True, seed=1) != mixed
    with pytest.raises(LookupError, match="no task of kind 'by 9'; there are by 1, by 2, by 3"):
        chosen(kinds=("by 9",))


def test_a_narrowed_suite_is_another_evaluation(tmp_path):
    suite = Suite("s", COUNTING, split="test", tasks=7)
    folder = ResultsFolder(tmp_path, suite)
    folder.play("random", RandomAgent(), {})
    folder.write(["random"], "random")
    with pytest.raises(ValueError, match="limit None, not 3"):
        ResultsFolder(tmp_path, Suite("s", COUNTING, split="test", tasks=7, limit=3))


def test_two_versions_are_not_compared():
    def results(version):
        return evaluate(Suite("s", COUNTING, split="test", tasks=3, version=version), oracle)

    with pytest.raises(ValueError, match="version is 1 and 2"):
        compare(results(1), results(2))


class Changing(CountingEnv):
    """Counting whose data change behind the ids."""

    answer_moves = False
    text_moves = False

    def begin(self, task):
        return super().begin(task) + ("!" if self.text_moves else "")

    def solution(self, task):
        return [*super().solution(task), *(["x"] if self.answer_moves else [])]


gym.register("changing/Env-v0", entry_point=Changing)
CHANGING = Suite("c", "changing/Env-v0", split="test", tasks=4)


@pytest.mark.parametrize("what", ["answer_moves", "text_moves"])
def test_data_that_changed_behind_the_same_ids_are_noticed(tmp_path, monkeypatch, what):
    folder = ResultsFolder(tmp_path, CHANGING)
    before = folder.play("random", RandomAgent(), {})
    folder.write(["random"], "random")
    monkeypatch.setattr(Changing, what, True)
    for name in ("random", "another"):
        with pytest.raises(ValueError, match=r"an evaluation of other data.*--fresh"):
            ResultsFolder(tmp_path, CHANGING).play(name, RandomAgent(), {})
    with pytest.raises(ValueError, match="results of different data cannot be paired"):
        compare(before, evaluate(CHANGING, RandomAgent()))


def test_starting_over_leaves_a_runs_own_files_alone(tmp_path):
    """A fault of 0.1: --fresh into a run folder deleted its metrics and episodes."""
    suite = Suite("s", COUNTING, split="test", tasks=3)
    ResultsFolder(tmp_path, suite).play("random", RandomAgent(), {})
    for name in ("metrics.jsonl", "episodes.jsonl"):
        (tmp_path / name).write_text('{"iteration": 0}\n')
    assert (tmp_path / "random.jsonl").exists()
    ResultsFolder(tmp_path, suite, fresh=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["episodes.jsonl", "metrics.jsonl"]


def test_an_argument_may_name_an_environment_variable(monkeypatch):
    suite = load_suite("alfworld-unseen")
    monkeypatch.delenv("ALFWORLD_DATA", raising=False)
    with pytest.raises(ValueError, match=r"reads its games from \$ALFWORLD_DATA, which is not set"):
        suite.make_env()
    monkeypatch.setenv("ALFWORLD_DATA", "generated")
    assert suite.make_env().unwrapped.tasks
    assert suite.as_dict()["env_args"]["games"] == "$ALFWORLD_DATA"  # the same on every machine


def test_tasks_are_looked_at_once_however_many_agents_play(tmp_path, monkeypatch):
    from onelayer.evals import run

    looked = []
    identify = run.identify
    monkeypatch.setattr(
        run, "identify", lambda env, task: looked.append(task) or identify(env, task)
    )
    folder = ResultsFolder(tmp_path, BOTH)
    for name in ("one", "two"):
        folder.play(name, lambda env: RandomAgent(), {})
    assert len(looked) == 12
