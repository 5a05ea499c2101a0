# ruff: noqa: RUF001  (Chinese text has its own punctuation)

import json

import pytest

from onelayer.envs.contamination import near_duplicates, report, require_apart
from onelayer.envs.math.sources import load_problems

LONG = "Ann has three red apples and two green pears in her old wooden basket today"


def problems(*prompts, prefix="p"):
    return {f"{prefix}{i}": prompt for i, prompt in enumerate(prompts)}


def test_a_problem_that_stands_in_the_training_set_is_found_whatever_its_case_and_marks():
    found = near_duplicates(
        problems("Something else.", LONG.upper() + "!"), problems(LONG, prefix="t")
    )
    assert [(one.test_id, one.train_id, one.share) for one in found] == [("t0", "p1", 1.0)]


def test_half_of_the_runs_of_eight_words_are_enough_and_less_is_not():
    # 14 words are 7 runs of 8. A changed last word spoils one of them, a changed tenth word six... of which
    # the runs that hold it are those that begin at the words 3 to 7: five of seven.
    words = LONG.split()
    assert len(words) == 15
    last = " ".join([*words[:-1], "now"])
    middle = " ".join([*words[:8], "blue", *words[9:]])
    assert near_duplicates(problems(last), problems(LONG))[0].share == 7 / 8
    assert near_duplicates(problems(middle), problems(LONG)) == []


def test_words_from_several_training_problems_do_not_add_up():
    words = LONG.split()
    pieces = [" ".join(words[i : i + 9]) for i in range(0, 7, 3)]
    assert near_duplicates(problems(*pieces), problems(LONG)) == []


def test_short_problems_are_compared_whole():
    train = problems("What is 2 + 2?")
    assert len(near_duplicates(train, problems("what is 2 + 2"))) == 1
    assert near_duplicates(train, problems("What is 2 + 3?")) == []


def test_the_training_problem_that_is_most_alike_is_named():
    found = near_duplicates(problems(LONG + " and so on and on", LONG), problems(LONG, prefix="t"))
    assert len(found) == 1
    assert found[0].train_id == "p0"  # both hold all of it, and the first stands
    said = report(found, 1, "mine", "yours")
    assert said == (
        "1 of 1 test problems of yours nearly stand in the training set mine: t0 and p0 (100%)"
    )


def is_found(train, test):
    return bool(near_duplicates({"train": train}, {"test": test}))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("What is 12 + 30?", "What is 12 * 30?"),
        ("Solve x^2 - 5x + 6 = 0.", "Solve x^2 + 5x - 6 = 0."),
        ("Compute 17 - 4 please", "Compute 17 + 4 please"),
        ("What is 12 + 30 + 5?", "What is 12 + 30?"),
        ("Is 7 < 9 or is 9 > 7 after all?", "Is 7 > 9 or is 9 < 7 after all?"),
        ("Return a[0] + b", "Return a[0] - b"),
    ],
)
def test_other_operators_and_signs_make_another_problem(train, test):
    assert not is_found(train, test)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Solve the problem: what is the cube root of 27?", "What is the cube root of 27?"),
        ("What is the cube root of 27, please?", "What is the cube root of 27?"),
        ("Solve the problem: what is the cube root of 27? please", "what is the cube root of 27"),
        ("What is 12 + 30?", "what is 12+30"),
        (
            "小明有三个苹果又买了四个苹果他现在一共有多少个苹果",
            "小明有三个苹果又买了四个苹果他现在一共有多少个",
        ),
        ("请问：三加四等于几？谢谢", "三加四等于几"),
    ],
)
def test_the_same_problem_is_found_inside_words_and_in_scripts_without_spaces(train, test):
    assert is_found(train, test)


def test_near_duplicates_are_refused_unless_they_are_allowed():
    train, test = problems(LONG), problems(LONG, prefix="t")
    with pytest.raises(ValueError, match=r"1 of 1 test problems of b .* set a: .*allow_contamin"):
        require_apart(train, test, "a", "b", allowed=False)
    with pytest.warns(UserWarning, match="results on them say little"):
        require_apart(train, test, "a", "b", allowed=True)
    require_apart(problems("Something else."), test, "a", "b", allowed=False)


def test_problems_that_hold_test_problems_are_left_out_on_request(tmp_path):
    rows = [
        {"id": "same", "prompt": LONG, "answer": "5"},
        {"id": "more", "prompt": f"{LONG}, and so on.", "answer": "5"},
        {"id": "apart", "prompt": "Something else.", "answer": "5"},
    ]
    train, test = tmp_path / "mine.jsonl", tmp_path / "test.jsonl"
    train.write_text("".join(json.dumps(row) + "\n" for row in rows))
    test.write_text(json.dumps({"id": "t", "prompt": LONG, "answer": "5"}) + "\n")
    arguments = {"dataset": str(train), "test_dataset": str(test)}
    with pytest.raises(ValueError, match="nearly stand in the training set"):
        load_problems(**arguments)
    found = load_problems(**arguments, skip_contaminated=True)
    assert list(found.ids) == ["apart"]
    assert [line.partition(":")[0] for line in found.left_out] == ["same", "more"]
    assert found.left_out[0] == f"same: holds t of {test} (100%)"
    tests = load_problems(**arguments, split="test", skip_contaminated=True, count=3)
    assert list(tests.ids) == ["t"]  # whole, whatever the count of the training set
    assert load_problems(**arguments, skip_contaminated=True) is found  # compared once
