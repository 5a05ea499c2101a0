"""Data sets: their forms, their places, and what is refused."""

import json
from pathlib import Path

import pytest
from code_rows import DOUBLE

from onelayer.envs.code.environment import CodeEnv
from onelayer.envs.code.formats import fields_of
from onelayer.envs.code.loading import Data, load_tasks, require_sound
from onelayer.envs.code.program import complete
from onelayer.envs.code.sandboxes import Runner
from onelayer.envs.sandbox import Limits

ASSERTS = {
    "id": "neg",
    "prompt": "Write neg(n), which returns -n.",
    "entry_point": "neg",
    "tests": {"kind": "asserts", "setup": "", "asserts": ["assert neg(1) == -1"], "extra": []},
}


@pytest.fixture
def file(tmp_path):
    """Return ``write(*rows, name="tasks.jsonl") -> path``."""

    def write(*rows, name="tasks.jsonl"):
        path = tmp_path / name
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def load(path, split="train", config=None, columns=None, **kwargs):
    return load_tasks(Data.of(path, config, columns), split, **{"verify": False, **kwargs})


def changed(row, **fields):
    return {k: v for k, v in {**row, **fields}.items() if v is not ...}


def test_a_file_of_our_own_form_is_read(file):
    tasks = load(file(DOUBLE, ASSERTS))
    assert [task.id for task in tasks] == ["double", "neg"]
    assert tasks[0].public["cases"] == [{"args": [0], "output": 0}]
    assert tasks[0].public_note == "the first of the 4 tests that decide"
    assert tasks[0].public_is_hidden
    assert tasks[0].reference and tasks[1].reference is None
    assert {task.kind for task in tasks} == {"tasks"}


def test_public_tests_of_a_row_are_used_as_they_are(file):
    public = {"kind": "asserts", "setup": "", "asserts": ["assert double(7) == 14"], "extra": []}
    (task,) = load(file(changed(DOUBLE, public=public, kind="easy")))
    assert task.public == public and not task.public_is_hidden and task.kind == "easy"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (changed(DOUBLE, prompt=...), "line 2.*no known form"),
        (changed(DOUBLE, id=...), "line 2: its id is missing"),
        (changed(DOUBLE, id=""), "line 2.*its id is ''"),
        (changed(DOUBLE, prompt="  "), "line 2.*double.*its prompt is '  '"),
        (changed(DOUBLE, tests=...), "line 2.*double.*no known form"),
        (changed(DOUBLE, tests=None), "line 2.*double.*its tests are missing"),
        (changed(DOUBLE, tests=[1]), r"line 2.*double.*its tests are \[1\]"),
        (changed(DOUBLE, tests={"kind": "vibes"}), "line 2.*double.*vibes"),
        (changed(DOUBLE, tests="{"), "line 2.*double.*its tests are not JSON"),
        (changed(DOUBLE, tests={**DOUBLE["tests"], "cases": []}), "line 2.*double.*case"),
        (changed(ASSERTS, tests={**ASSERTS["tests"], "asserts": ["assert ("]}), "line 2.*neg"),
        (changed(ASSERTS, entry_point=...), "line 2.*neg.*entry_point is missing"),
        (changed(ASSERTS, entry_point="a b"), "line 2.*neg.*entry_point is 'a b'"),
        (
            changed(DOUBLE, entry_point="triple"),
            "entry_point is 'triple', and its tests call 'doub",
        ),
        (changed(DOUBLE, public={"kind": "stdio", "cases": []}), "line 2.*double.*public tests"),
        (
            changed(DOUBLE, reference="def double(n:"),
            "line 2.*double.*reference solution is no Pyth",
        ),
        (ASSERTS, "line 2: the id 'neg' is also that of .*line 1"),
        ("{", "line 2: it is not JSON"),
        ("[1]", "line 2: a row is an object"),
    ],
)
def test_a_bad_row_refuses_the_file_and_is_named(file, bad, message):
    first = ASSERTS if bad is ASSERTS or isinstance(bad, str) else changed(ASSERTS, id="first")
    with pytest.raises(ValueError, match=message):
        load(file(first, bad))


def test_a_reference_that_fails_its_own_tests_refuses_the_file(file, level):
    wrong = changed(DOUBLE, id="wrong", reference="def double(n):\n    return n * n\n")
    path = file(DOUBLE, wrong)
    with pytest.raises(
        ValueError, match=r"does not pass its own tests: wrong \(failed.*verify=False"
    ):
        load(path, verify=True, runner=Runner(level))
    with pytest.raises(ValueError, match="wrong"):
        CodeEnv(path, level=level)
    assert CodeEnv(path, level=level, verify=False).tasks == ("double", "wrong")
    assert CodeEnv(path, level=level, exclude=["wrong"]).tasks == ("double",)
    with pytest.raises(LookupError, match=r"no task 'wrng' to exclude; did you mean 'wrong'"):
        load(path, exclude=["wrng"])


def test_a_reference_that_fails_the_public_tests_is_found_too(file, level):
    public = {"kind": "asserts", "setup": "", "asserts": ["assert double(1) == 3"], "extra": []}
    (task,) = load(file(changed(DOUBLE, public=public)))
    with pytest.raises(ValueError, match=r"double \(failed"):
        require_sound([task], Runner(level, Limits(wall_s=60)))


def test_the_rows_say_which_split_they_are_in(file):
    rows = [changed(DOUBLE, id=f"t{i}", split="train" if i % 2 else "test") for i in range(6)]
    path = file(*rows)
    train, test = load(path, "train"), load(path, "test")
    assert {t.id for t in train} | {t.id for t in test} == {f"t{i}" for i in range(6)}
    assert not {t.id for t in train} & {t.id for t in test}
    with pytest.raises(ValueError, match="no split 'validation'; it has test, train"):
        load(path, "validation")
    with pytest.raises(ValueError, match="line 7: its split is None, and other rows name one"):
        load(file(*rows, DOUBLE))


def test_a_file_without_splits_is_for_training_unless_its_name_says_test(file):
    train, test = file(DOUBLE), file(ASSERTS, name="my_test.jsonl")
    with pytest.raises(ValueError, match=r"no split 'test'; give.*test_dataset"):
        load(train, "test")
    assert [task.id for task in load(test, "test")] == ["neg"]
    assert CodeEnv(train, split="test", test_dataset=test).tasks == ("neg",)
    assert CodeEnv(train, test_dataset=test, verify=False).tasks == ("double",)


def test_tasks_to_train_on_that_are_tested_on_too_are_refused_unless_that_is_allowed(file):
    long = "Write a function neg that returns the number it is given with the other sign, or zero for zero."
    train = file(changed(ASSERTS, id="mine", prompt=long))
    test = file(changed(ASSERTS, id="theirs", prompt="Please: " + long), name="my_test.jsonl")
    asked = {"test_dataset": test, "verify": False}
    with pytest.raises(ValueError, match=r"theirs and mine \(92%\).*allow_contamination"):
        CodeEnv(train, **asked)
    with pytest.warns(UserWarning, match="results on them say little"):
        CodeEnv(train, **asked, allow_contamination=True)
    assert CodeEnv(train, split="test", test_dataset=test).tasks == ("theirs",)


def test_other_column_names_are_told(file):
    row = {"task": 7, "question": "Negate.", "unit": json.dumps(ASSERTS["tests"]), "fn": "neg"}
    columns = {"id": "task", "prompt": "question", "tests": "unit", "entry_point": "fn"}
    (task,) = load(file(row), columns=columns)
    assert (task.id, task.prompt, task.entry_point) == ("7", "Negate.", "neg")
    with pytest.raises(ValueError, match="no column 'text'; there are task, question"):
        load(file(row), columns={**columns, "prompt": "text"})
    with pytest.raises(ValueError, match=r"no field 'promt'; did you mean 'prompt'"):
        load(file(row), columns={"promt": "question"})


def test_a_file_that_changes_is_read_again(file):
    assert len(load(file(DOUBLE))) == 1
    assert len(load(file(DOUBLE, ASSERTS))) == 2


def test_equal_data_are_loaded_once(file):
    path = file(DOUBLE)
    assert load(path) is load(path)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("humanevl", LookupError, "no data set 'humanevl'; did you mean 'humaneval'"),
        ("zzz", LookupError, "there are: mbpp, mbpp-sanitized"),
        ("./missing.jsonl", FileNotFoundError, "no file or folder ./missing.jsonl"),
        ("missing.parquet", FileNotFoundError, "missing.parquet"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_what_is_near(name, error, message):
    with pytest.raises(error, match=message):
        load(name)


def test_a_file_of_another_kind_or_without_rows_is_refused(file):
    with pytest.raises(ValueError, match=r"neither a .jsonl nor a .parquet"):
        load(file("x", name="tasks.txt"))
    with pytest.raises(ValueError, match="is empty"):
        load(file("", name="none.jsonl"))
    with pytest.raises(ValueError, match="no parquet file"):
        load(file("x", name="tasks.parquet"))


MBPP = {
    "task_id": 3,
    "text": "Write a function to add.",
    "code": "def help(a):\n  return a\ndef add(a, b):\n  return a + help(b)",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "test_setup_code": "",
    "challenge_test_list": [],
}
MBPP_PLUS = {
    "task_id": 3,
    "code": MBPP["code"],
    "prompt": MBPP["text"],
    "source_file": "x",
    "test_imports": ["import math"],
    "test_list": MBPP["test_list"],
    "test": "inputs = [[1, 2], [5, 6]]\nresults = [3, 11]\n"
    "for i, r in zip(inputs, results):\n    assert add(*i) == r\n",
}
HUMAN_EVAL = {
    "task_id": "HumanEval/900",
    "prompt": "from typing import List\n\n\ndef total(xs: List[int]) -> int:\n"
    '    """Sum.\n    >>> total([1])\n    1\n    """\n',
    "canonical_solution": "    return sum(xs)\n",
    "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    assert candidate([1, 2]) == 3\n"
    "    assert candidate([]) == 0\n",
    "entry_point": "total",
}
APPS = {
    "problem_id": 5,
    "question": "Print the sum.",
    "solutions": json.dumps(["print(sum(map(int, input().split())))"]),
    "input_output": json.dumps({"inputs": ["1 2\n", ["4", ""]], "outputs": ["3\n", ["4"]]}),
    "difficulty": "interview",
    "starter_code": "",
    "url": "",
}
APPS_CALL = {
    **APPS,
    "problem_id": 6,
    "solutions": json.dumps(["def plus(a, b):\n    return a + b"]),
    "input_output": json.dumps({"fn_name": "plus", "inputs": [[1, 2]], "outputs": [[3]]}),
    "starter_code": "def plus(a, b):",
}
APPS_CLASS = {
    **APPS_CALL,
    "problem_id": 7,
    "solutions": json.dumps(["class Solution:\n    def plus(self, a, b):\n        return a + b"]),
    "starter_code": "class Solution:\n    def plus(self, a, b):",
}


@pytest.mark.parametrize(
    ("rows", "ids", "kind"),
    [
        ([MBPP], ["mbpp/3"], "asserts"),
        ([MBPP_PLUS], ["mbpp/3"], "script"),
        ([HUMAN_EVAL], ["HumanEval/900"], "check_fn"),
        ([APPS], ["apps/5"], "stdio"),
        ([APPS_CALL], ["apps/6"], "io_call"),
        ([APPS_CLASS], ["apps/7"], "io_call"),
    ],
)
def test_known_data_sets_are_told_by_their_columns_and_their_solutions_pass(
    rows, ids, kind, tmp_path, monkeypatch, level
):
    """Each in the hub's layout, a folder of parquet files by split."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "set"
    (folder / "data").mkdir(parents=True)
    datasets.Dataset.from_list(rows).to_parquet(
        str(folder / "data" / "test-00000-of-00001.parquet")
    )
    tasks = load(str(folder), "test", verify=True, runner=Runner(level))
    assert [task.id for task in tasks] == ids
    assert tasks[0].hidden["kind"] == kind
    assert tasks[0].public is not None
    with pytest.raises(ValueError, match=r"no split 'train'; it has test"):
        load(str(folder), "train")


def test_a_folder_of_several_configurations_asks_which(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "mbpp"
    for config in ("full", "sanitized"):
        (folder / config).mkdir(parents=True)
        datasets.Dataset.from_list([MBPP]).to_parquet(str(folder / config / "train.parquet"))
    (folder / "README.md").write_text(
        "---\nconfigs:\n"
        "- config_name: full\n  data_files: full/train.parquet\n"
        "- config_name: sanitized\n  data_files: sanitized/train.parquet\n---\n"
    )
    with pytest.raises(
        ValueError, match=r"several configurations; choose dataset_config from full, san"
    ):
        load(str(folder))
    assert len(load(str(folder), config="sanitized")) == 1


def test_a_name_is_asked_of_the_hub_and_without_a_network_that_is_said(monkeypatch):
    datasets = pytest.importorskip("datasets")
    asked = []

    def configs(name, **kwargs):
        asked.append((name, kwargs))
        raise OSError("Network is unreachable\nmore of it")

    monkeypatch.setattr(datasets, "get_dataset_config_names", configs)
    with pytest.raises(
        ConnectionError, match=r"openai/openai_humaneval is not here.*Network is unr.*dow"
    ):
        load("humaneval", "test")
    assert asked == [("openai/openai_humaneval", {"revision": None})]


def test_rows_of_apps_without_tests_are_left_out_and_counted(file, caplog):
    tasks = load(file(APPS, {**APPS, "problem_id": 8, "input_output": ""}))
    assert [task.id for task in tasks] == ["apps/5"]
    assert "left out 1 rows that have no tests" in caplog.text


def test_a_prompt_that_is_code_can_be_completed(file):
    (task,) = load(file(HUMAN_EVAL))
    assert task.stub == HUMAN_EVAL["prompt"] and "import List" in task.preamble
    assert task.public["asserts"] == ["assert total([1, 2]) == 3"]


def test_mbpp_asks_for_the_function_that_is_tested():
    assert fields_of(MBPP, {})["entry_point"] == "add"


SHARED = Path(__file__).parents[4] / "shared" / "data" / "code"


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/code is not here")
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("mbpp_sanitized", {"test": 257, "train": 120, "validation": 43, "prompt": 7}),
        ("humaneval_test", {"test": 164}),
    ],
)
def test_every_reference_of_the_shared_data_passes(name, counts, level, sandbox):
    for split, count in counts.items():
        tasks = load(str(SHARED / f"{name}.jsonl"), split, verify=True, runner=Runner(level))
        assert len(tasks) == count
        shown = [task for task in tasks if task.public is not None]
        assert len(shown) >= 0.95 * count
        for task in shown:  # what is cut out of the tests is sound too
            verdict = sandbox.check(complete(task.reference, task), task.public)
            assert verdict.passed, (task.id, verdict)
