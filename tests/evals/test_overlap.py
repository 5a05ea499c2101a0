import json

import pytest

from onelayer.envs.plugins import make
from onelayer.evals.overlap import described, shared_tasks
from onelayer.evals.suite import Suite

COUNTING, ALFWORLD, MATH = "onelayer/Counting-v0", "onelayer/ALFWorld-v0", "onelayer/Math-v0"


def test_splits_of_one_environment_share_nothing():
    train = make(COUNTING, split="train")
    suite = Suite("s", COUNTING, split="test", tasks=100)
    assert shared_tasks(suite, train, train.unwrapped.tasks) == []


def test_the_split_of_training_shares_what_was_trained_on_and_no_more():
    train = make(COUNTING, split="train")
    trained = list(train.unwrapped.tasks)[:4]
    shared = shared_tasks(Suite("s", COUNTING, split="train", tasks=100), train, trained)
    assert sorted(one.task for one in shared) == sorted(trained)
    assert f"4 of the 23 tasks of suite s, such as {shared[0].task}" in described(shared, 23, "s")


def test_generated_households_that_look_alike_are_different_tasks():
    """Many small rooms begin with the same words; what is where decides."""
    small = {"games": "generated", "room_size": 4}
    train = make(ALFWORLD, split="train", **small)
    suite = Suite("s", ALFWORLD, split="test", env_args=small, tasks=150)
    assert shared_tasks(suite, train, list(train.unwrapped.tasks)[:300]) == []
    same = Suite(
        "s", ALFWORLD, split="train", env_args=small, tasks=tuple(train.unwrapped.tasks[:3])
    )
    assert len(shared_tasks(same, train, train.unwrapped.tasks[:2])) == 2


@pytest.fixture
def problems(tmp_path):
    def write(name, *texts):
        rows = [{"id": f"{name}-{i}", "prompt": t, "answer": i} for i, t in enumerate(texts)]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write


def test_a_problem_is_found_in_another_data_set_under_another_id(problems):
    pytest.importorskip("math_verify")
    trained_on = problems(
        "mine", "What is 2 plus 3?", "Name a prime above 10!", "How many is a dozen?"
    )
    held_out = problems("theirs", "Unseen: 7 * 6?", "what is 2   PLUS 3 ?", "Halve 10.")
    train = make(MATH, dataset=trained_on, allow_contamination=True)
    suite = Suite("s", MATH, env_args={"dataset": held_out, "allow_contamination": True}, tasks=10)
    trained = list(train.unwrapped.tasks)
    [shared] = shared_tasks(suite, train, trained)
    assert (shared.task, shared.trained_as) == ("theirs-1", "mine-0")
    assert shared_tasks(suite, train, trained[1:]) == []


def test_a_trained_task_that_is_gone_is_passed_over():
    train = make(COUNTING, split="train")
    suite = Suite("s", COUNTING, split="train", tasks=100)
    assert shared_tasks(suite, train, ["no/such-task"]) == []


def test_on_the_same_data_the_ids_tell_and_nothing_is_begun(monkeypatch):
    train = make(COUNTING, split="train")
    trained = list(train.unwrapped.tasks)[:4]
    monkeypatch.setattr("onelayer.evals.overlap.identify", None)
    same = Suite("s", COUNTING, split="train", tasks=100)
    assert len(shared_tasks(same, train, trained, same_data=True)) == 4
    assert not shared_tasks(Suite("s", COUNTING, split="test"), train, trained, same_data=True)
