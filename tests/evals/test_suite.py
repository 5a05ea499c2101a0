import gymnasium as gym
import pytest

from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import FreeText
from onelayer.evals.suite import Suite, load_suite, shipped_suites, suite_of

COUNTING = "onelayer/Counting-v0"


PARTS = {
    f"{name}:{part.name}": part for name in shipped_suites() for part in load_suite(name).parts
}
FROM_ELSEWHERE = {
    name
    for name, part in PARTS.items()
    if part.env_args.get("dataset") or part.env_args.get("games") == "$ALFWORLD_DATA"
}
"""suites whose tasks come from the hub or from a download; tests of their environments play files"""


@pytest.mark.parametrize("name", sorted(shipped_suites()))
def test_every_shipped_suite_loads_and_is_of_a_held_out_split(name):
    suite = load_suite(name)
    assert suite.name == name
    assert suite.description
    assert suite.version >= 1
    assert all(part.split in ("test", "valid_seen", "valid_unseen") for part in suite.parts)


@pytest.mark.parametrize("name", sorted(set(PARTS) - FROM_ELSEWHERE))
def test_a_shipped_suite_has_tasks_that_training_does_not_see(name):
    suite = PARTS[name]
    env = suite.make_env()
    tasks = suite.choose_tasks(env)
    assert len(tasks) == suite.tasks
    train = suite.with_env_args({"split": "train"}).make_env()
    assert not set(tasks) & set(train.unwrapped.tasks)


def test_the_alfworld_suite_plays_240_generated_households_of_all_six_types(monkeypatch):
    monkeypatch.setenv("ALFWORLD_DATA", "/no/such/folder")
    suite = load_suite("alfworld")
    tasks = suite.choose_tasks(suite.make_env())
    assert len(set(tasks)) == 240
    assert len({task.split("/")[1].split("-")[0] for task in tasks}) == 6


def test_the_seed_chooses_the_tasks():
    suite = Suite("s", COUNTING, split="train", tasks=5)
    env = suite.make_env()
    first = suite.choose_tasks(env)
    assert first == suite.choose_tasks(env)
    assert len(set(first)) == 5
    others = [Suite("s", COUNTING, tasks=5, seed=seed).choose_tasks(env) for seed in range(1, 4)]
    assert any(tasks != first for tasks in others)


def test_a_small_split_is_played_whole():
    suite = Suite("s", COUNTING, split="test", tasks=1000)
    assert suite.choose_tasks(suite.make_env()) == list(CountingEnv("test").tasks)


def test_tasks_may_be_named():
    suite = Suite("s", COUNTING, tasks=("by-1-from-1", "by-2-from-1"))
    assert suite.choose_tasks(suite.make_env()) == ["by-1-from-1", "by-2-from-1"]
    missing = Suite("s", COUNTING, tasks=("by-9-from-9",))
    with pytest.raises(LookupError, match=r"suite s: .* has no task 'by-9-from-9'"):
        missing.choose_tasks(missing.make_env())


class Seeded(gym.Env):
    def __init__(self):
        self.observation_space = self.action_space = FreeText()


def test_an_environment_without_task_ids_is_played_by_seeds():
    suite = Suite("s", "any/Env-v0", tasks=3, seed=2)
    assert suite.choose_tasks(Seeded()) == [1_002_000_000, 1_002_000_001, 1_002_000_002]


def test_an_empty_split_is_refused():
    env = Seeded()
    env.tasks = ()
    with pytest.raises(LookupError, match="has no tasks in split 'test'"):
        Suite("s", COUNTING, split="test").choose_tasks(env)


def test_arguments_go_over_the_suites_own_and_the_split_is_a_field():
    suite = Suite("s", COUNTING, split="test", env_args={"length": 2, "digits": 5})
    changed = suite.with_env_args({"length": 4, "split": "train"})
    assert changed.split == "train"
    assert changed.env_args == {"length": 4, "digits": 5}
    assert changed.make_env().unwrapped.length == 4


def test_a_suite_survives_json_and_yaml():
    suite = Suite("s", COUNTING, tasks=("by-1-from-1",), attempts=2, metrics=("success", "pass@2"))
    assert suite_of(suite.as_dict()) == suite


def test_a_file_is_a_suite_named_after_it(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("env: onelayer/Counting-v0\ntasks: 3\nenv_args: {length: 2}\n")
    suite = load_suite(str(path))
    assert suite == Suite("mine", COUNTING, tasks=3, env_args={"length": 2})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alfwrld", "there is no suite 'alfwrld'; did you mean 'alfworld'?"),
        ("zzz", "there are: aime24, aime25, alfworld"),
        ("no/such.yaml", "there is no suite file no/such.yaml"),
    ],
)
def test_an_unknown_suite_names_the_nearest(name, message):
    with pytest.raises(LookupError) as caught:
        load_suite(name)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tasks: 3", "suite mine: env is missing"),
        ("env: a/B-v0\ntask: 3", "suite mine: unknown key 'task'; did you mean 'tasks'?"),
        ("env: ''", "suite mine: env is empty"),
        ("env: a/B-v0\ntasks: 0", "suite mine: tasks must be at least 1, got 0"),
        ("env: a/B-v0\ntasks: many", "suite mine: tasks is 'many', not a number or a list"),
        ("env: a/B-v0\ntasks: []", "suite mine: tasks is an empty list"),
        ("env: a/B-v0\ntasks: [a, a]", "suite mine: tasks names one task twice"),
        ("env: a/B-v0\ntasks: [1]", "suite mine: tasks is (1,), not a number or a list of"),
        ("env: a/B-v0\nattempts: 0", "suite mine: attempts must be at least 1, got 0"),
        ("env: a/B-v0\nattempts: 1.5", "suite mine: attempts is 1.5, not a whole number"),
        ("env: a/B-v0\nseed: true", "suite mine: seed is True, not a whole number"),
        ("env: a/B-v0\nseed: -1", "suite mine: seed must be at least 0, got -1"),
        ("env: a/B-v0\nsplit: 3", "suite mine: split is 3, not the name of a split"),
        ("env: a/B-v0\nenv_args: [a]", "suite mine: env_args is ('a',), not a mapping"),
        ("env: a/B-v0\nenv_args: {split: x}", "suite mine: env_args holds split, a field"),
        ("env: a/B-v0\nmetrics: [sucess]", "suite mine: metrics holds 'sucess'; there are succ"),
        ("env: a/B-v0\nmetrics: [pass@2]", "suite mine: metrics holds 'pass@2'"),
        ("env: a/B-v0\nmetrics: success", "suite mine: metrics is 'success', not a list of names"),
        ("- env", "suite mine must hold a YAML mapping"),
        ("env: [", "suite mine is not a YAML file"),
    ],
)
def test_a_wrong_field_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ValueError) as caught:
        load_suite(str(path))
    assert message in str(caught.value)
