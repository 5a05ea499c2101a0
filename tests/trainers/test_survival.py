"""A run under faults: signals, full disks, another base, numbers that are not finite, leaks of memory."""

import errno
import gc
import json
import os
import shutil
import signal
import sys
import threading

import pytest
import torch
from helpers import counting_model, tiny_model

from onelayer.envs.counting import CountingEnv
from onelayer.interrupts import Interrupted
from onelayer.trainers import gradient, run_folder
from onelayer.trainers.bad_steps import BadSteps, Diverged
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.identity import identity
from onelayer.trainers.run_folder import RunFolder, is_kept


def iterations(path):
    return [json.loads(line)["iteration"] for line in path.read_text().splitlines()]


def weights(folder):
    return {name: tensor.tolist() for name, tensor in RunFolder(folder).last().weights.items()}


# What ends a run


def strike(trainer, moment, number):
    """Let the process get a signal the first time that the run comes to a method."""
    owner = trainer if hasattr(trainer, moment) else trainer.saving
    method = getattr(owner, moment)

    def struck(*arguments):
        if trainer.iteration == 1:
            os.kill(os.getpid(), number)
        return method(*arguments)

    setattr(owner, moment, struck)


@pytest.mark.parametrize(
    ("number", "moment", "saved"),
    [
        (signal.SIGINT, "play", 1),
        (signal.SIGTERM, "play", 1),
        (signal.SIGHUP, "evaluate", 1),
        (signal.SIGTERM, "_learn", 2),
        (signal.SIGINT, "save_checkpoint", 1),
    ],
)
def test_every_signal_to_stop_saves_and_the_run_goes_on(make_trainer, number, moment, saved):
    make_trainer("whole", iterations=3, eval_every=1, checkpoint_every=1).train()
    trainer = make_trainer(iterations=3, eval_every=1, checkpoint_every=1)
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    strike(trainer, moment, number)
    with pytest.raises(Interrupted) as stop:
        trainer.train()
    assert stop.value.number == number
    assert trainer.folder.last().iteration == saved
    assert handlers == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    make_trainer(iterations=3, eval_every=1, checkpoint_every=1, resume=True).train()
    folder = trainer.folder.path
    assert weights(folder) == weights(folder.with_name("whole"))


def test_a_signal_that_is_ignored_as_under_nohup_stays_ignored(make_trainer):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        trainer = make_trainer(iterations=2)
        strike(trainer, "play", signal.SIGHUP)
        assert trainer.train()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_training_in_a_thread_needs_no_signals(make_trainer):
    finished = []
    trainer = make_trainer(iterations=1)
    thread = threading.Thread(target=lambda: finished.append(trainer.train()))
    thread.start()
    thread.join()
    assert finished == [True]


def test_an_error_while_playing_loses_no_iteration(make_trainer, monkeypatch):
    trainer = make_trainer(iterations=4, checkpoint_every=100)
    play = trainer.play

    def broken():
        if trainer.iteration == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return play()

    monkeypatch.setattr(trainer, "play", broken)
    with pytest.raises(torch.OutOfMemoryError):
        trainer.train()
    assert trainer.folder.last().iteration == 3


def test_an_error_while_the_weights_move_leaves_the_checkpoint_before(make_trainer, monkeypatch):
    trainer = make_trainer(iterations=4, checkpoint_every=2)

    def broken(*_):
        if trainer.iteration == 3:
            raise RuntimeError("half of the update is done")
        return plain(*_)

    plain = trainer.learner.update
    monkeypatch.setattr(trainer.learner, "update", broken)
    with pytest.raises(RuntimeError, match="half of"):
        trainer.train()
    assert trainer.folder.last().iteration == 2


def test_a_terminal_that_is_gone_or_a_tracker_that_cannot_be_reached_loses_nothing(
    make_trainer, monkeypatch, said
):
    def gone(metrics):
        if metrics["iteration"] == 1:
            raise OSError(errno.EIO, "Input/output error")

    trainer = make_trainer(log_with="tensorboard", on_iteration=gone, checkpoint_every=100)
    log = trainer.accelerator.log

    def unreachable(metrics, step):
        log(metrics, step)
        if step == 0:
            raise ConnectionError("no route to host")

    monkeypatch.setattr(trainer.accelerator, "log", unreachable)
    with pytest.raises(OSError, match="Input/output error"):
        trainer.train()
    assert trainer.folder.last().iteration == 2
    assert any("tensorboard did not take iteration 0" in line for line in said())


def test_another_number_of_threads_is_said_on_a_resume(make_trainer, said):
    make_trainer(iterations=1).train()
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 1)
        make_trainer(iterations=2, resume=True).train()
    finally:
        torch.set_num_threads(threads)
    told = f"by 1 processes of {threads} threads, now by 1 of {threads + 1}: equal up to rounding"
    assert any(told in line for line in said())


# The folder


def test_two_runs_in_one_folder_are_refused_while_the_first_works(make_trainer, monkeypatch):
    first, second = make_trainer(iterations=1), make_trainer(iterations=1)
    play = first.play

    def meanwhile():
        with pytest.raises(ValueError, match="works in"):
            second.train()
        return play()

    monkeypatch.setattr(first, "play", meanwhile)
    first.train()
    with pytest.raises(ValueError, match="holds a run"):  # though it was new when it was made
        second.train()
    assert iterations(first.folder.metrics) == [0]


def test_a_run_killed_in_its_first_checkpoint_is_begun_anew(make_trainer):
    trainer = make_trainer(iterations=1)
    (trainer.folder.checkpoints / ".draft-7").mkdir(parents=True)
    (trainer.folder.path / "config.yaml").write_text("iterations: 1\n")
    with pytest.raises(ValueError, match="leave --resume out to start"):
        make_trainer(resume=True)
    make_trainer(iterations=1).train()
    assert sorted(path.name for path in trainer.folder.checkpoints.iterdir()) == [
        "000000",
        "000001",
    ]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_loaded(
    make_trainer, tmp_path, monkeypatch
):
    monkeypatch.setattr("onelayer.trainers.run_folder.os.access", lambda path, how: False)
    with pytest.raises(OSError, match="run cannot be written; name another --out"):
        make_trainer()
    assert not (tmp_path / "run").exists()


def test_a_disk_without_room_for_the_checkpoints_is_refused_before_anything_is_played(
    make_trainer, monkeypatch
):
    trainer = make_trainer()
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr("onelayer.trainers.saving.shutil.disk_usage", lambda _: usage)
    monkeypatch.setattr(trainer, "play", lambda: pytest.fail("it played"))
    with pytest.raises(OSError, match=r"take up to .* MiB, and its disk has 0 free; name another"):
        trainer.train()


@pytest.mark.parametrize("log", ["metrics.jsonl", "episodes.jsonl"])
def test_a_log_that_cannot_be_written_ends_the_run_and_a_resume_equals_the_whole(
    make_trainer, monkeypatch, log
):
    make_trainer("whole", checkpoint_every=1).train()
    trainer = make_trainer(checkpoint_every=1)
    append = run_folder.append_records

    def full(path, records):
        if path.name == log and trainer.iteration == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(path, records)

    with monkeypatch.context() as patch:
        patch.setattr(run_folder, "append_records", full)
        told = (
            rf"{log} cannot be written: No space left on device; when it can, go on with --resume"
        )
        with pytest.raises(OSError, match=told):
            trainer.train()
    assert trainer.folder.last().iteration == 2
    make_trainer(checkpoint_every=1, resume=True).train()
    folder, whole = trainer.folder, RunFolder(trainer.folder.path.with_name("whole"))
    assert weights(folder.path) == weights(whole.path)
    assert folder.episodes.read_text() == whole.episodes.read_text()
    assert iterations(folder.metrics) == iterations(whole.metrics) == [0, 1, 2, 3]


def test_a_damaged_checkpoint_and_a_damaged_line_cost_some_work_and_no_more(make_trainer, said):
    make_trainer("whole", iterations=6, checkpoint_every=2).train()
    trainer = make_trainer(iterations=4, checkpoint_every=2)
    trainer.train()
    os.truncate(trainer.folder.checkpoints / "000004" / "state.pt", 900)
    lines = trainer.folder.metrics.read_text().splitlines(keepends=True)
    trainer.folder.metrics.write_text(lines[0] + '{"iter\n' + lines[1])
    make_trainer(iterations=6, checkpoint_every=2, resume=True).train()
    assert weights(trainer.folder.path) == weights(trainer.folder.path.with_name("whole"))
    assert iterations(trainer.folder.metrics) == [0, 1, 2, 3, 4, 5]
    assert any("is damaged" in line and "going on from iteration 2" in line for line in said())
    assert any("metrics.jsonl: damaged lines are left out: 1" in line for line in said())


def test_weights_of_a_shorter_run_do_not_pass_for_those_of_the_longer_one(
    make_trainer, monkeypatch
):
    trainer = make_trainer(iterations=2)
    trainer.train()
    folder = trainer.folder.path
    before = LayerDelta.load(folder).tensors
    longer = make_trainer(iterations=4, checkpoint_every=1, resume=True)
    strike(longer, "play", signal.SIGTERM)
    longer.iteration = 2
    monkeypatch.setattr(longer, "play", lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted):
        longer.train()
    with pytest.raises(FileNotFoundError):
        LayerDelta.load(folder)
    kept = LayerDelta.load(folder / "layer-000002.safetensors").tensors
    assert all(torch.equal(tensor, before[name]) for name, tensor in kept.items())


def test_a_finished_run_that_is_resumed_keeps_its_weights(make_trainer):
    trainer = make_trainer(iterations=1)
    trainer.train()
    make_trainer(iterations=1, resume=True).train()
    assert LayerDelta.load(trainer.folder.path)
    assert len(list(trainer.folder.path.glob("*.safetensors"))) == 1


# What the run was begun with


def test_another_base_under_the_same_name_is_refused(make_trainer):
    make_trainer(iterations=1).train()
    changed = counting_model()
    with torch.no_grad():
        changed.lm_head.weight[3, 3] += 1e-3
    trainer = make_trainer(iterations=2, model=changed, resume=True)
    with pytest.raises(ValueError, match=r"the base model has other weights than .*run began with"):
        trainer.train()


def test_the_layer_that_learns_is_a_part_of_the_base(make_trainer):
    make_trainer(iterations=1).train()
    changed = counting_model()
    with torch.no_grad():
        changed.model.layers[2].mlp.up_proj.weight[3, 3] += 1e-3
    with pytest.raises(ValueError, match="the base model has other weights"):
        make_trainer(iterations=2, model=changed, resume=True).train()


class Reordered(CountingEnv):
    """A world whose tasks come in another order, as those of a set do in another process."""

    @property
    def tasks(self):
        return tuple(reversed(super().tasks))


def test_tasks_in_another_order_are_refused(make_trainer):
    world = {"digits": 2, "length": 2}
    make_trainer(iterations=1, env=lambda: CountingEnv(**world)).train()
    trainer = make_trainer(iterations=2, env=lambda: Reordered(**world), resume=True)
    with pytest.raises(ValueError, match=r"other tasks, or in another order \(a set"):
        trainer.train()


def test_a_split_too_large_to_be_gone_through_is_identified_by_some_of_its_tasks():
    class Made:
        def __init__(self, name):
            self.name = name

        def __len__(self):
            return 10**15

        def __getitem__(self, i):
            return f"{self.name}-{i}"

    one, same, other = (identity(tiny_model(), Made(name)) for name in ("a", "a", "b"))
    assert one == same != other
    assert identity(tiny_model(), ("a", "b")) != identity(tiny_model(), ("b", "a"))
    assert identity(tiny_model(), ("a", "b")) != identity(tiny_model(), None)


# Numbers that are not finite


def spoil(monkeypatch, is_bad):
    """Make the loss NaN in the passes for which ``is_bad()`` says so."""
    plain = gradient._Loss.__call__

    def spoiled(self, logp_C, chunk):
        slope_C = plain(self, logp_C, chunk)
        if is_bad():
            self.sums["loss"] = self.sums["loss"] * float("nan")
            slope_C = slope_C * float("nan")
        return slope_C

    monkeypatch.setattr(gradient._Loss, "__call__", spoiled)


def test_one_bad_step_is_left_out_and_counted(make_trainer, monkeypatch, said):
    trainer = make_trainer(iterations=3, minibatches=2)
    passes = []

    def first_of_the_second_iteration():
        passes.append(trainer.iteration)
        return passes[-1] == 1 and passes.count(1) == 1

    spoil(monkeypatch, first_of_the_second_iteration)
    assert trainer.train()
    metrics = trainer.folder.history()
    assert [line["steps_left_out"] for line in metrics] == [0, 1, 1]
    assert sum("an optimizer step is left out" in line for line in said()) == 1
    assert all(tensor.isfinite().all() for tensor in trainer.folder.last().weights.values())


def test_a_bad_gradient_moves_nothing(make_trainer, monkeypatch):
    trainer = make_trainer(iterations=1)
    before = {name: p.detach().clone() for name, p in trainer.learner.parameters.items()}
    step = trainer.learner._step

    def bad(loss):
        next(iter(trainer.learner.parameters.values())).grad[0, 0] = float("inf")
        return step(loss)

    monkeypatch.setattr(trainer.learner, "_step", bad)
    assert trainer.train()
    assert all(torch.equal(p, before[name]) for name, p in trainer.learner.parameters.items())
    assert not trainer.learner.optimizer.state_dict()["state"]


def test_three_bad_steps_in_a_row_stop_the_run_with_its_checkpoint(make_trainer, monkeypatch):
    trainer = make_trainer(iterations=9, checkpoint_every=1)
    spoil(monkeypatch, lambda: trainer.iteration >= 2)
    with pytest.raises(Diverged, match=r"3 optimizer steps in a row.*--learning-rate.*--out"):
        trainer.train()
    assert trainer.folder.last().iteration == 4  # two bad iterations changed nothing
    assert all(tensor.isfinite().all() for tensor in trainer.folder.last().weights.values())
    assert not (trainer.folder.path / "layer.safetensors").exists()


def test_steps_are_bad_in_a_row_only_without_a_good_one_between():
    steps = BadSteps()
    nan, inf = float("nan"), float("inf")
    good = [
        steps.allow(loss, norm) for loss, norm in [(nan, 1), (1, inf), (1, 1), (nan, 1), (1, 1)]
    ]
    assert good == [False, False, True, False, True]
    assert steps.count == 3


def test_weights_that_are_not_finite_are_never_saved(make_trainer, monkeypatch):
    trainer = make_trainer(iterations=3, checkpoint_every=1)
    plain = trainer.learner.update

    def bad(*arguments):
        metrics = plain(*arguments)
        if trainer.iteration == 1:
            with torch.no_grad():
                next(iter(trainer.learner.parameters.values())).view(-1)[0] = float("inf")
        return metrics

    monkeypatch.setattr(trainer.learner, "update", bad)
    with pytest.raises(Diverged, match="numbers that are not finite"):
        trainer.train()
    assert trainer.folder.last().iteration == 1
    assert not (trainer.folder.path / "layer.safetensors").exists()


# Memory and logs


def live_bytes():
    """Bytes of all tensors that the garbage collector knows and has not freed."""
    return sum(
        tensor.numel() * tensor.element_size()
        for tensor in gc.get_objects()
        if type(tensor) in (torch.Tensor, torch.nn.Parameter)
    )


def test_an_iteration_leaves_no_tensors_behind_for_the_garbage_collector(make_trainer):
    seen = []
    trainer = make_trainer(
        iterations=6, eval_every=2, on_iteration=lambda _: seen.append(live_bytes())
    )
    gc.collect()
    gc.disable()
    try:
        trainer.train()
    finally:
        gc.enable()
    assert seen[-1] == pytest.approx(seen[1], abs=20_000)  # a key-value cache takes 500 kB


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat(make_trainer):
    resident = []

    def note(metrics):
        if metrics["iteration"] in (100, 299):
            with open("/proc/self/statm") as file:
                resident.append(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)

    make_trainer(iterations=300, eval_every=10, checkpoint_every=10, on_iteration=note).train()
    assert resident[1] < resident[0] + 30


def test_old_episodes_thin_out_so_that_the_log_stays_bounded():
    def count(now):
        return sum(is_kept(i, now) for i in range(now + 1))

    # 1000: ages 0-100 all; 101-200 every 2nd, 201-400 every 4th, 401-800 every 8th: 50 each; 801-1000 every
    # 16th: iterations 0, 16, ..., 192.
    assert (count(50), count(100), count(1000)) == (51, 101, 101 + 3 * 50 + 13)
    assert count(100_000) < 101 + 10 * 50  # ten doublings of age
    for i in range(3000):  # what is dropped once is not kept again
        alive = [is_kept(i, now) for now in range(i, 3001, 7)]
        assert alive == sorted(alive, reverse=True)


def test_a_thinned_log_of_a_resumed_run_equals_that_of_a_whole_one(make_trainer, monkeypatch):
    monkeypatch.setattr(run_folder, "RECENT", 3)
    make_trainer("whole", iterations=14, checkpoint_every=4).train()
    trainer = make_trainer(iterations=7, checkpoint_every=4)
    trainer.train()
    shutil.rmtree(trainer.folder.checkpoints / "000007")  # killed in iteration 7: goes on from 4
    make_trainer(iterations=14, checkpoint_every=4, resume=True).train()
    whole = trainer.folder.path.with_name("whole") / "episodes.jsonl"
    assert trainer.folder.episodes.read_text() == whole.read_text()
    kept = dict.fromkeys(iterations(whole))
    assert list(kept) == [0, 4, 6, 8, 9, 10, 11, 12, 13]  # as of iteration 12
