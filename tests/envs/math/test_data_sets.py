"""Data sets, written as the hub lays them out: nothing here needs a network."""

import json
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from onelayer.envs.math.catalogue import CATALOGUE
from onelayer.envs.math.data_sets import data_problems
from onelayer.envs.math.sources import load_problems
from onelayer.envs.plugins import make

pytest.importorskip("math_verify")

NAMES = ("Ann", "Bob", "Cleo", "Dan")
SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "math"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text(rows)
    return str(path)


def plain(numbers, start="How much is", **more):
    return [
        {"id": f"n{n}", "prompt": f"{start} {n} and {n}?", "answer": 2 * n, **more} for n in numbers
    ]


def gsm8k(folder):
    def rows(numbers):
        return [
            {
                "question": f"{n} and {n} make?",
                "answer": f"They make <<{n}+{n}={2 * n}>>.\n#### {2 * n:,}",
            }
            for n in numbers
        ]

    card = "---\nconfigs:\n"
    for config in ("main", "socratic"):
        card += f"- config_name: {config}\n  data_files:\n"
        for split, numbers in (("train", range(500, 506)), ("test", range(3))):
            card += f"  - split: {split}\n    path: {config}/{split}-*\n"
            write(folder / config / f"{split}-00000-of-00001.parquet", rows(numbers))
    write(folder / "README.md", card + "---\n")
    return {"train": ["1,000", "1,002"], "test": ["0", "2"]}


def math(folder):
    for split, numbers in (("train", (1, 2)), ("test", (3, 4))):
        rows = [
            {
                "problem": f"Halve ${n}$, please.",
                "level": f"Level {n}",
                "type": "Algebra",
                "solution": f"Not \\boxed{{7}}, but $\\boxed{{\\frac{{{n}}}{{2}}}}$.",
            }
            for n in numbers
        ]
        write(folder / "data" / f"{split}-00000-of-00001.parquet", rows)
    return {"train": ["\\frac{1}{2}", "\\frac{2}{2}"], "test": ["\\frac{3}{2}", "\\frac{4}{2}"]}


def math500(folder):
    rows = [
        {
            "problem": f"What is $x$ if $x = {n}\\pi$?",
            "solution": "...",
            "answer": f"{n}\\pi",
            "subject": "Precalculus",
            "level": 2,
            "unique_id": f"test/precalculus/{n}.json",
        }
        for n in (3, 5)
    ]
    write(folder / "test.jsonl", rows)
    return {"test": ["3\\pi", "5\\pi"]}


def aime24(folder):
    rows = [{"id": i, "problem": f"Find {i}.", "answer": f"0{i}", "year": "2024"} for i in (60, 61)]
    write(folder / "data" / "train-00000-of-00001.parquet", rows)
    return {"test": ["060", "061"]}


def aime25(folder):
    write(
        folder / "test.jsonl",
        [{"id": str(i), "problem": f"Find {i}.", "answer": str(i)} for i in (7, 8)],
    )
    return {"test": ["7", "8"]}


def amc23(folder):
    rows = [{"id": i, "question": f"Find {i}.", "answer": float(i), "url": "..."} for i in (27, 36)]
    write(folder / "test.jsonl", rows)
    return {"test": ["27", "36"]}


def svamp(folder):
    for split, numbers in (("train", (1, 2)), ("test", (3, 4))):
        rows = [
            {
                "ID": f"chal-{n}",
                "Body": "...",
                "Question": "...",
                "question_concat": f"Add {n} to {n}!",
                "Equation": "...",
                "Answer": f"{2 * n}.0" if n == 4 else str(2 * n),
                "Type": "Addition",
            }
            for n in numbers
        ]
        write(folder / "data" / f"{split}-00000-of-00001.parquet", rows)
    return {"train": ["2", "4"], "test": ["6", "8.0"]}


def deepscaler(folder):
    rows = [{"problem": f"Find {i}.", "answer": str(i), "solution": "..."} for i in (1, 2)]
    write(folder / "deepscaler.json", json.dumps(rows))
    return {"train": ["1", "2"]}


def numina(folder):
    for split, numbers in (("train", (1, 2)), ("test", (3,))):
        rows = [
            {
                "source": "cn_k12",
                "problem": f"Double {n}.",
                "solution": f"First \\boxed{{0}}, then $\\boxed{{{2 * n}}}$.",
                "messages": [{"role": "user", "content": "..."}],
            }
            for n in numbers
        ]
        write(folder / "data" / f"{split}-00000-of-00001.parquet", rows)
    return {"train": ["2", "4"], "test": ["6"]}


LAYOUTS = [gsm8k, math, math500, aime24, aime25, amc23, svamp, numina, deepscaler]


def test_every_data_set_that_has_a_name_is_tried_here():
    assert [layout.__name__ for layout in LAYOUTS] == list(CATALOGUE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_data_set_is_read_from_a_folder_in_the_hubs_layout(layout, tmp_path):
    name = layout.__name__
    for split, answers in layout(tmp_path / name).items():
        problems = data_problems(name, split, path=str(tmp_path / name))
        assert [problem.answer for problem in problems.all()][:2] == answers
        for problem in problems.all():
            assert problem.prompt and problem.id in problems.ids
            assert problems.grade(problem, problem.answer).correct
            assert not problems.grade(problem, "987654").correct


def test_levels_and_subjects_are_the_kinds(tmp_path):
    math(tmp_path / "math")
    env = make("onelayer/Math-v0", dataset="math", path=str(tmp_path / "math"), split="test")
    kinds = {env.reset(options={"task": task})[1]["kind"] for task in env.unwrapped.tasks}
    assert kinds == {"Level 3", "Level 4"}
    by_type = data_problems("math", "test", path=str(tmp_path / "math"), columns={"kind": "type"})
    assert {problem.kind for problem in by_type.all()} == {"Algebra"}


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_file_of_ones_own_is_played(tmp_path, suffix):
    file = write(tmp_path / f"sums{suffix}", plain(range(5), split="train"))
    env = make("onelayer/Math-v0", dataset=file)
    observation, _ = env.reset(options={"task": "n3"})
    assert observation == "How much is 3 and 3?"
    assert env.step("\\boxed{6}")[1] == 1.0
    assert env.unwrapped.solution("n4") == ["\\boxed{8}"]


def test_columns_say_what_is_what_and_reach_into_mappings(tmp_path):
    rows = [{"q": "1 + 1?", "result": {"value": 2, "level": "easy"}, "nr": 7}]
    columns = {"prompt": "q", "answer": "result.value", "kind": "result.level", "id": "nr"}
    [problem] = data_problems(write(tmp_path / "a.jsonl", rows), "train", columns=columns).all()
    assert (problem.id, problem.prompt, problem.answer, problem.kind) == (
        "7",
        "1 + 1?",
        "2",
        "easy",
    )


def test_a_named_data_set_may_lie_in_our_own_form_already(tmp_path):
    file = write(tmp_path / "g.jsonl", plain([4], split="test"))
    [problem] = data_problems("gsm8k", "test", path=file).all()
    assert problem.answer == "8"


def test_rows_choose_their_split_and_else_the_name_of_the_file_does(tmp_path):
    both = [*plain([1], split="train"), *plain([2], split="test")]
    file = write(tmp_path / "both.jsonl", both)
    assert data_problems(file, "test").ids == ("n2",)
    assert data_problems(write(tmp_path / "my-test.jsonl", plain([3])), "test").ids == ("n3",)
    assert data_problems(write(tmp_path / "mine.jsonl", plain([4])), "train").ids == ("n4",)
    with pytest.raises(
        ValueError, match=r"it is the train split and has no split 'test'; .* test_dataset"
    ):
        data_problems(str(tmp_path / "mine.jsonl"), "test")
    with pytest.raises(ValueError, match="no split 'dev'; it has test, train"):
        data_problems(file, "dev")


BAD = {
    "answer is empty": [*plain([1]), {"id": "b", "prompt": "?", "answer": ""}],
    "the answer is empty": [*plain([1]), {"id": "b", "prompt": "?", "answer": None}],
    "no column 'answer'": [*plain([1]), {"id": "b", "prompt": "?"}],
    "the prompt is empty": [*plain([1]), {"id": "b", "prompt": " ", "answer": 1}],
    "id 'n1' stands in .*line 1 already": [*plain([1]), *plain([1])],
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_row_is_refused_with_its_place(tmp_path, message):
    file = write(tmp_path / "bad.jsonl", BAD[message])
    with pytest.raises(ValueError, match=f"bad.jsonl, line 2: .*{message}"):
        data_problems(file, "train")


def test_an_answer_that_cannot_be_parsed_is_refused_with_its_row(tmp_path, monkeypatch):
    def refuse(gold):
        if gold == "4":
            raise ValueError("it is four")

    monkeypatch.setattr("onelayer.envs.math.data_sets.check_gold", refuse)
    with pytest.raises(ValueError, match="line 2: the answer '4' cannot be parsed: it is four"):
        data_problems(write(tmp_path / "a.jsonl", plain([1, 2])), "train")


def test_a_solution_without_a_final_answer_is_refused(tmp_path):
    rows = [{"question": "?", "answer": "no hashes here"}]
    with pytest.raises(ValueError, match="line 1: no final answer stands in"):
        data_problems("gsm8k", "test", path=write(tmp_path / "test.jsonl", rows))


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_an_empty_file_is_refused(tmp_path, suffix):
    with pytest.raises(ValueError, match="is empty"):
        data_problems(write(tmp_path / f"none{suffix}", []), "train")


def test_broken_files_are_refused_with_their_place(tmp_path):
    (tmp_path / "torn.jsonl").write_text('{"id": "1", "prompt": "?", "answer": 1}\n{"id": ')
    with pytest.raises(ValueError, match=r"torn.jsonl, line 2: it is not JSON"):
        data_problems(str(tmp_path / "torn.jsonl"), "train")
    (tmp_path / "list.jsonl").write_text("[1]\n")
    with pytest.raises(ValueError, match=r"line 1: a row is an object"):
        data_problems(str(tmp_path / "list.jsonl"), "train")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"torn.parquet is no parquet file"):
        data_problems(str(tmp_path / "torn.parquet"), "train")
    (tmp_path / "a.txt").write_text("?")
    with pytest.raises(ValueError, match=r"neither a .jsonl nor a .parquet file"):
        data_problems(str(tmp_path / "a.txt"), "train")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("gsm9k", LookupError, "did you mean 'gsm8k'"),
        ("MATH-500", LookupError, "did you mean 'math500'"),
        ("nothing", LookupError, "there are: gsm8k, math"),
        ("./none.jsonl", FileNotFoundError, "no file or folder ./none.jsonl"),
    ],
)
def test_an_unknown_data_set_lists_near_matches(name, error, message):
    with pytest.raises(error, match=message):
        data_problems(name, "train")


def test_what_a_data_set_lacks_is_said(tmp_path):
    with pytest.raises(ValueError, match="has no split 'train'; it has test"):
        data_problems("math500", "train")
    folder = tmp_path / "folder"
    write(folder / "data" / "train-00000-of-00001.parquet", plain([1]))
    with pytest.raises(ValueError, match=r"has no split 'test'.*train"):
        data_problems(str(folder), "test")
    with pytest.raises(ValueError, match="the fields are id, prompt, answer, kind"):
        data_problems("gsm8k", "train", columns={"question": "q"})
    with pytest.raises(ValueError, match="path is for a data set with a name"):
        data_problems(str(folder), "train", path=str(folder))


def test_a_hub_that_cannot_be_reached_is_said_with_the_way_out(monkeypatch):
    import datasets

    def unreachable(*_args, **_kwargs):
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "get_dataset_config_names", unreachable)
    with pytest.raises(ConnectionError, match=r"openai/gsm8k is not here.*no route.*path="):
        data_problems("gsm8k", "test")


def test_of_several_configurations_one_is_chosen(tmp_path):
    folder = tmp_path / "sums"
    for config, numbers in (("main", [1]), ("socratic", [2])):
        rows = [{"question": f"{n} and {n}?", "answer": f"#### {2 * n}"} for n in numbers]
        write(folder / config / "test.jsonl", rows)
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: main\n  data_files: main/test.jsonl\n"
        "- config_name: socratic\n  data_files: socratic/test.jsonl\n---\n"
    )

    def answers(**arguments):
        return [problem.answer for problem in load_problems(split="train", **arguments).all()]

    assert answers(dataset="gsm8k", path=str(folder)) == ["2"]
    assert answers(dataset="gsm8k", path=str(folder), config="socratic") == ["4"]
    columns = {"prompt": "question"}
    with pytest.raises(ValueError, match="choose dataset_config from main, socratic"):
        load_problems(str(folder), columns=columns)
    env = make("onelayer/Math-v0", dataset=str(folder), dataset_config="main", columns=columns)
    assert len(env.unwrapped.tasks) == 1
    with pytest.raises(ValueError, match="has no 'man'; choose dataset_config from main, socra"):
        load_problems(str(folder), config="man", columns=columns)


def test_count_draws_a_part_and_a_seed_another(tmp_path):
    file = write(tmp_path / "many.jsonl", plain(range(50)))
    drawn = [load_problems(file, count=5, seed=seed).ids for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 5
    with pytest.raises(ValueError, match="has 50 problems, so count cannot be 51"):
        load_problems(file, count=51)


STORY = "has three red apples and two green pears in the old basket, and then buys some more fruit"


def test_training_on_problems_that_stand_in_the_test_set_is_refused_until_allowed(tmp_path):
    train = [{"prompt": f"{name} {STORY}?", "answer": 1} for name in NAMES]
    test = [{"prompt": "Who is it?", "answer": 1}, {"prompt": f"Eve {STORY}?", "answer": 1}]
    asked = {
        "dataset": write(tmp_path / "train.jsonl", train),
        "test_dataset": write(tmp_path / "test.jsonl", test),
    }
    with pytest.raises(ValueError, match=r"1 of 2 test problems .*allow_contamination"):
        make("onelayer/Math-v0", **asked)
    with pytest.warns(UserWarning, match="1 of 2 test problems"):
        make("onelayer/Math-v0", **asked, allow_contamination=True)
    assert len(make("onelayer/Math-v0", **asked, split="test").unwrapped.tasks) == 2


def test_a_clean_training_set_is_taken_without_a_word(tmp_path):
    asked = {
        "dataset": write(tmp_path / "train.jsonl", plain(range(5))),
        "test_dataset": write(
            tmp_path / "other.jsonl", plain(range(5), start="What is the sum of")
        ),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(make("onelayer/Math-v0", **asked).unwrapped.tasks) == 5
    assert len(make("onelayer/Math-v0", **asked, split="test").unwrapped.tasks) == 5


def test_the_test_split_of_the_same_data_is_compared_too(tmp_path):
    folder = tmp_path / "folder"
    rows = [{"prompt": f"{name} {STORY}?", "answer": 1} for name in NAMES]
    for split in ("train", "test"):
        write(folder / "data" / f"{split}-00000-of-00001.parquet", rows)
    with pytest.raises(ValueError, match="4 of 4 test problems"):
        load_problems(str(folder))


def test_a_file_that_changed_is_read_again_and_one_that_did_not_is_shared(tmp_path):
    file = write(tmp_path / "a.jsonl", plain([1]))
    first = data_problems(file, "train")
    assert data_problems(file, "train") is first
    write(tmp_path / "a.jsonl", plain([1, 2, 3]))
    assert len(data_problems(file, "train")) == 3


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_the_shared_data_sets_load_and_their_broken_row_is_refused():
    assert len(load_problems(str(SHARED / "gsm8k_train.jsonl")).ids) == 7473
    assert len(load_problems(str(SHARED / "svamp_test.jsonl"), split="test").ids) == 1000
    with pytest.raises(ValueError, match="line 887: the answer is empty"):
        load_problems(str(SHARED / "math_train.jsonl"))


def test_rows_without_a_usable_answer_are_refused_by_name_or_left_out_and_counted(tmp_path):
    prose = "It may be that the sample was not large enough to show what we were looking for, " * 3
    file = tmp_path / "test.jsonl"
    rows = [("What is 2 + 2?", "4"), ("Why?", prose), ("What is 1/0?", "1/0"), ("And 3?", "3")]
    file.write_text("".join(json.dumps({"prompt": p, "answer": a}) + "\n" for p, a in rows))
    with pytest.raises(ValueError, match=r"prose, .* words.*skip_unusable"):
        make("onelayer/Math-v0", dataset=str(file), split="test")
    env = make("onelayer/Math-v0", dataset=str(file), split="test", skip_unusable=True).unwrapped
    assert [env.problems[task].answer for task in env.tasks] == ["4", "3"]
    report = env.report()
    assert report[0] == "left out 2 of 4 rows:"
    assert "prose" in report[1] and "1/0" in report[2]
