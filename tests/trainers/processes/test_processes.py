"""Several processes: they learn what one learns, agree or refuse, and end together."""

import signal
import time
from contextlib import ExitStack

import numpy as np
import pytest
import torch
from helpers import assert_close_runs, assert_close_weights, counting_model, timeless
from vllm_servers import VLLMServerForTests

from onelayer.trainers import processes, sharing
from onelayer.trainers.run_folder import RunFolder

MIXTURE = (
    "[{env: onelayer/Counting-v0, args: {digits: 2, length: 2}, name: two},"
    " {env: onelayer/Counting-v0, args: {digits: 2, length: 1}, weight: 2, name: one}]"
)


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


@pytest.mark.parametrize("rows", [[4, 3], [0, 5], [1, 0, 6], [0, 0]])
def test_minibatches_of_at_most_so_many_rows_are_as_few_as_can_be(monkeypatch, rows):
    monkeypatch.setattr(sharing, "everyones", lambda accelerator, mine: list(rows))
    parts = [
        list(sharing.minibatches(One(i, len(rows)), n, 1, np.random.default_rng(3), most=3))
        for i, n in enumerate(rows)
    ]
    sizes = [sum(len(own[k]) for own in parts) for k in range(len(parts[0]))]
    assert sum(sizes) == sum(rows)
    assert len(sizes) == max(1, -(-sum(rows) // 3))
    assert max(sizes) <= 3


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
    with lost, processes.lost_as_a_sentence(One(1, 2)):
        raise RuntimeError("Connection closed by peer")
    with pytest.raises(torch.OutOfMemoryError), processes.lost_as_a_sentence(One(1, 2)):
        raise torch.OutOfMemoryError("CUDA out of memory")


# With real processes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (2, {}),  # two tasks and one
        (3, {"tasks_per_iteration": 2, "eval_tasks": 2}),  # the third process has none
        (2, {"history": "1", "minibatches": 3}),  # a row for each step
        (2, {"env": MIXTURE, "tasks_per_iteration": 5}),
        (2, {"dynamic_sampling": 2, "group_size": 2}),  # groups that are flat are drawn again
    ],
)
def test_several_processes_learn_what_one_learns(launch, settings, tmp_path, count, changes):
    one, several = ({**settings, **changes, "out": str(tmp_path / name)} for name in ("one", "n"))
    runs = [launch(1, one), launch(count, several)]
    for run in runs:
        assert run.code() == 0, run.said
    assert_close_runs(one["out"], several["out"])
    assert any(line["gradient_norm"] > 0 for line in timeless(one["out"]))


@pytest.mark.slow
def test_several_processes_play_on_servers_what_one_plays_also_when_one_is_started_again(
    launch, settings, tmp_path
):
    runs = {}
    with ExitStack() as stack:
        for count in (1, 2):
            servers = [stack.enter_context(VLLMServerForTests(counting_model())) for _ in "ab"]
            urls = ",".join(server.url for server in servers)
            out = str(tmp_path / f"run{count}")
            runs[out] = launch(count, {**settings, "engine": "vllm", "server": urls, "out": out})

        def after(number, server=servers[1]):
            if number == 60:
                server.restart()

        servers[1].after = after
        for run in runs.values():
            assert run.code() == 0, run.said
        assert "all is played again" in run.said
        assert all(server.asked for server in servers)
    assert_close_runs(*runs)
    assert max(line.get("logp_drift", 0.0) for out in runs for line in timeless(out)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 3)])
def test_a_run_goes_on_with_another_number_of_processes(
    launch, finished, settings, tmp_path, before, after
):
    whole, parts = ({**settings, "out": str(tmp_path / name)} for name in ("whole", "parts"))
    finished(before, {**parts, "iterations": 1})
    alone = launch(1, whole)
    said = finished(after, {**parts, "resume": True})
    assert alone.code() == 0, alone.said
    told = f"{before} processes of 1 threads, now by {after} of 1: equal up to rounding"
    assert said.count(told) == 1  # by the first process only
    assert_close_weights(whole["out"], parts["out"])


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
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_hangs_ends_the_others_with_a_checkpoint(launch, settings, tmp_path, rank):
    out = tmp_path / "run"
    run = launch(2, {**settings, "iterations": 500, "out": str(out)}, "agent", 2, "SIGSTOP", rank)
    assert run.code(200) != 0  # the launcher itself takes 30 s to end a process that was stopped
    told = f"process {1 - rank} of 2 has heard nothing of process {rank} for 10 seconds"
    assert told in run.said
    assert RunFolder(out).last().iteration == (2 if rank == 1 else 0)  # the first process saves


@pytest.mark.slow
def test_a_world_that_hangs_in_one_process_fails_alone(finished, settings, tmp_path):
    settings = {**settings, "step_timeout": 2.0, "retries": 0, "out": str(tmp_path / "run")}
    finished(2, settings, "world", 1, "hang", 1)
    assert [line.get("errors/timeout", 0) for line in timeless(settings["out"])[:3]] == [0, 1, 0]


@pytest.mark.slow
@pytest.mark.parametrize("layers", [{"layers": "mid"}, {"layers": "all", "shard": True}])
def test_a_gradient_that_is_no_number_in_one_process_is_left_out_by_all(
    finished, settings, tmp_path, layers
):
    settings = {**settings, **layers, "out": str(tmp_path / "run")}
    said = finished(2, settings, "gradient", 1, "nan", 1)
    assert said.count("an optimizer step is left out") == 1  # and told once
    assert [line["steps_left_out"] for line in timeless(settings["out"])[:3]] == [0, 1, 1]
    for tensor in RunFolder(settings["out"]).last().weights.values():
        assert tensor.isfinite().all()


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
