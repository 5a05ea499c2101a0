"""Several processes: they learn what one learns, agree or refuse, and end together."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import counting_model

from onelayer.trainers import processes, sharing
from onelayer.trainers.run_folder import RunFolder

SCRIPT = Path(__file__).with_name("counting_run.py")
CLOCK = ("seconds/", "tokens_per_second")


class One:
    """A process of several, as far as a share is concerned."""

    device = "cpu"

    def __init__(self, number, of):
        self.process_index, self.num_processes = number, of


@pytest.mark.parametrize(("count", "of"), [(4, 2), (3, 2), (2, 3), (0, 2), (7, 3), (5, 1)])
def test_shares_are_whole_neighbours_and_nearly_equal(count, of):
    shares = [sharing.share(range(count), One(number, of)) for number in range(of)]
    assert [item for part in shares for item in part] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("rows", [[4, 3], [0, 5], [1, 0, 6], [0, 0]])
def test_minibatches_of_several_processes_are_those_of_one(monkeypatch, rows):
    def drawn(counts, number):
        monkeypatch.setattr(sharing, "everyones", lambda accelerator, mine: list(counts))
        process = One(number, len(counts))
        random = np.random.default_rng(3)
        return list(sharing.minibatches(process, counts[number], 3, random))

    alone = drawn([sum(rows)], 0)
    shares = [drawn(rows, number) for number in range(len(rows))]
    starts = np.cumsum([0, *rows[:-1]])
    for batch, whole in enumerate(alone):
        joined = [
            i + start for part, start in zip(shares, starts, strict=True) for i in part[batch]
        ]
        assert sorted(joined) == sorted(whole)


def test_the_first_difference_between_processes_is_named(monkeypatch):
    facts = [{"seed": 1, "tasks": "a"}, {"seed": 1, "tasks": "b"}]
    monkeypatch.setattr(processes, "everyones", lambda accelerator, mine: facts)
    with pytest.raises(
        ValueError, match="process 1 has tasks 'b', and process 0 has 'a'; start all"
    ):
        processes.require_alike(One(0, 2), facts[0])
    monkeypatch.setattr(processes, "everyones", lambda accelerator, mine: [facts[0]] * 3)
    processes.require_alike(One(0, 3), facts[0])


def test_a_lost_process_is_told_as_one_and_other_errors_are_not():
    lost = pytest.raises(processes.ProcessLost, match=r"process 1 of 2 lost another one.*closed")
    with lost, processes._together(One(1, 2)):
        raise RuntimeError("Connection closed by peer")
    with pytest.raises(torch.OutOfMemoryError), processes._together(One(1, 2)):
        raise torch.OutOfMemoryError("CUDA out of memory")


# With real processes


@pytest.fixture(scope="module")
def settings(plain_tokenizer, tmp_path_factory):
    """What a run needs but its folder."""
    model = tmp_path_factory.mktemp("model")
    counting_model().save_pretrained(model)
    plain_tokenizer.save_pretrained(model)
    return {
        "model": str(model),
        "env": "onelayer/Counting-v0",
        "iterations": 3,
        "tasks_per_iteration": 3,
        "group_size": 4,
        "epochs": 2,
        "minibatches": 2,
        "learning_rate": 1e-4,
        "beta": 0.05,
        "response_limit": 3,
        "eval_every": 1,
        "eval_tasks": 3,
        "checkpoint_every": 10,
    }


class Launched:
    """Processes that a launcher started."""

    def __init__(self, command, log):
        self.log = log
        environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
        with open(log, "w") as file:
            self.process = subprocess.Popen(
                command, env=environment, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def said(self):
        return self.log.read_text()

    def code(self, seconds=300):
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()


@pytest.fixture
def launch(tmp_path):
    """Return ``launch(processes, settings, *strike) -> Launched``."""

    def start(count, settings, *strike):
        command = [sys.executable, str(SCRIPT), json.dumps(settings), *map(str, strike)]
        if count > 1:
            launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
            command[1:1] = launcher
        return Launched(command, tmp_path / f"log-{time.monotonic_ns()}")

    return start


def timeless(folder):
    return [
        {name: value for name, value in line.items() if not name.startswith(CLOCK)}
        for line in RunFolder(folder).history()
    ]


def assert_nearly_equal_runs(one, other):
    a, b = RunFolder(one).last(), RunFolder(other).last()
    assert a.iteration == b.iteration
    for name, tensor in a.weights.items():
        torch.testing.assert_close(b.weights[name], tensor, atol=1e-5, rtol=0)
    for mine, theirs in zip(timeless(one), timeless(other), strict=True):
        assert theirs == pytest.approx(mine, abs=1e-5)
    texts = [
        [[step["reply"] for step in json.loads(line)["steps"]] for line in lines.splitlines()]
        for lines in (RunFolder(run).episodes.read_text() for run in (one, other))
    ]
    assert texts[0] == texts[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (2, {}),  # two tasks and one
        (3, {"tasks_per_iteration": 2, "eval_tasks": 2}),  # the third process has none
        (2, {"history": "1", "minibatches": 3}),  # a row for each step
    ],
)
def test_several_processes_learn_what_one_learns(launch, settings, tmp_path, count, changes):
    one, several = ({**settings, **changes, "out": str(tmp_path / name)} for name in ("one", "n"))
    runs = [launch(1, one), launch(count, several)]
    for run in runs:
        assert run.code() == 0, run.said
    start = dict(RunFolder(one["out"]).last().weights)
    assert_nearly_equal_runs(one["out"], several["out"])
    assert start  # and something was learned:
    assert any(line["gradient_norm"] > 0 for line in timeless(one["out"]))


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_processes(launch, settings, tmp_path):
    whole, parts = ({**settings, "out": str(tmp_path / name)} for name in ("whole", "parts"))
    begun = launch(2, {**parts, "iterations": 1})
    assert begun.code() == 0, begun.said
    runs = [launch(1, whole), launch(1, {**parts, "resume": True})]
    for run in runs:
        assert run.code() == 0, run.said
    assert "2 processes of 1 threads, now by 1 of 1: equal up to rounding" in runs[1].said

    a, b = RunFolder(whole["out"]).last(), RunFolder(parts["out"]).last()
    for name, tensor in a.weights.items():
        torch.testing.assert_close(b.weights[name], tensor, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("settings", "process 1 has minibatches 1, and process 0 has 2"),
        ("weights", "process 1 has base weights"),
        ("tasks", "process 1 has tasks"),
    ],
)
def test_processes_that_do_not_agree_refuse_to_begin(launch, settings, tmp_path, what, told):
    run = launch(2, {**settings, "out": str(tmp_path / "run")}, "start", 0, what, 1)
    assert run.code(120) != 0
    assert told in run.said
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "moment", "rank"),
    [
        ("SIGKILL", "agent", 1),
        ("SIGKILL", "update", 1),
        ("SIGKILL", "agent", 0),
        ("error", "agent", 1),
        ("exit", "agent", 1),
    ],
)
def test_a_process_that_dies_ends_the_others_within_a_minute(
    launch, settings, tmp_path, name, moment, rank
):
    out = tmp_path / "run"
    run = launch(2, {**settings, "iterations": 500, "out": str(out)}, *(moment, 2, name, rank))
    folder = RunFolder(out)
    while len(folder.history()) < 2:
        assert run.process.poll() is None, run.said
        time.sleep(0.1)
    assert run.code(60) != 0
    if rank == 1:  # the first process was whole, and saved what it had
        assert folder.last().iteration == (2 if moment == "agent" else 3)
    else:
        assert folder.last().iteration == 0
    if name == "error":
        assert "this process alone has no memory left" in run.said
    if name == "exit":
        assert "process 0 of 2 lost another one" in run.said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "moment", "rank"),
    [("SIGTERM", "agent", -1), ("SIGINT", "agent", 1), ("SIGTERM", "update", 0)],
)
def test_a_signal_to_one_process_or_to_all_stops_all_with_a_checkpoint(
    launch, settings, tmp_path, name, moment, rank
):
    out = tmp_path / "run"
    run = launch(2, {**settings, "iterations": 500, "out": str(out)}, *(moment, 2, name, rank))
    assert run.code(120) != 0
    saved = 3 if moment == "update" else 2
    assert RunFolder(out).last().iteration == saved
    assert len(RunFolder(out).history()) == saved


@pytest.mark.slow
def test_a_signal_to_the_launcher_saves_too(launch, settings, tmp_path):
    out = tmp_path / "run"
    run = launch(2, {**settings, "iterations": 5000, "out": str(out)})
    folder = RunFolder(out)
    while len(folder.history()) < 2:
        assert run.process.poll() is None, run.said
        time.sleep(0.1)
    run.process.send_signal(signal.SIGTERM)
    assert run.code(60) != 0
    assert folder.last().iteration == len(folder.history()) >= 2
