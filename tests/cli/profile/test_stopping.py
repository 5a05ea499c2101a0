"""A profile that is stopped, killed or fails in a part, and goes on."""

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from helpers import profile_without_clock, run_profile, trained_weights, typed

from onelayer.cli import main

pytest.importorskip("torch")

from onelayer.errors import RunFailed
from onelayer.evals.contribution.profile_file import load_profile
from onelayer.trainers.profile import workers
from onelayer.trainers.profile.profile_config import ProfileConfig
from onelayer.trainers.profile.profiler import Profiler


def test_time_that_is_up_stops_between_iterations_and_keeps_what_is_there(quick, tmp_path, capsys):
    whole = quick(out=tmp_path / "whole")
    assert run_profile(whole) == 0

    def tell(kind, name, details):
        if kind == "iteration" and name == "layer-01-seed-1":
            profiler.deadline = 0.0

    profiler = Profiler(ProfileConfig.of(quick(max_hours=1.0)), tell=tell)
    assert not profiler.measure()
    found = profiler.record()
    assert [run.name for run in found.runs] == ["full-seed-1"]
    run = tmp_path / "profile" / "runs" / "layer-01-seed-1"
    assert not (run / "layer.safetensors").exists()
    assert (run / "checkpoints" / "000001").is_dir()
    assert run_profile(quick()) == 0
    assert profile_without_clock(tmp_path / "profile") == profile_without_clock(tmp_path / "whole")
    assert trained_weights(tmp_path / "profile") == trained_weights(tmp_path / "whole")


@pytest.mark.slow
def test_ctrl_c_writes_what_is_known_and_the_told_command_goes_on(
    quick, tmp_path, capsys, monkeypatch
):
    assert run_profile(quick(out=tmp_path / "whole")) == 0
    from onelayer.commands import profile_layers as command

    class Interrupting(command._Progress):
        def __call__(self, kind, name, details):
            super().__call__(kind, name, details)
            if kind == "iteration" and name == "layer-01-seed-1":
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(command, "_Progress", Interrupting)
        assert run_profile(quick()) == 130
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "This profile is not whole" in shown.out
    assert len(load_profile(tmp_path / "profile").runs) == 1
    told = re.search(r"go on with\n  onelayer (.*)\n", shown.out)
    assert main(told[1].split()) == 0
    assert profile_without_clock(tmp_path / "profile") == profile_without_clock(tmp_path / "whole")
    assert trained_weights(tmp_path / "profile") == trained_weights(tmp_path / "whole")


@pytest.mark.slow
def test_processes_share_the_work_and_one_that_is_killed_changes_nothing(quick, tmp_path):
    assert run_profile(quick(out=tmp_path / "whole")) == 0
    news, killed = [], []

    def tell(kind, name, details):
        news.append((kind, name))
        if kind == "iteration" and name == "layer-01-seed-1" and not killed:
            killed.extend(multiprocessing.active_children())
            for process in killed:
                os.kill(process.pid, signal.SIGKILL)

    profiler = Profiler(ProfileConfig.of(quick(jobs=2)), tell=tell)
    assert profiler.measure()
    assert len(killed) == 2
    assert ("died", "layer-01-seed-1") in news
    assert not multiprocessing.active_children()
    assert run_profile(quick(jobs=2)) == 0
    assert profile_without_clock(tmp_path / "profile") == profile_without_clock(tmp_path / "whole")
    assert trained_weights(tmp_path / "profile") == trained_weights(tmp_path / "whole")


@pytest.mark.slow
def test_a_process_that_always_dies_is_given_up(quick, monkeypatch):
    def tell(kind, name, details):
        if kind == "iteration":
            for process in multiprocessing.active_children():
                os.kill(process.pid, signal.SIGKILL)

    profiler = Profiler(ProfileConfig.of(quick(jobs=2, checkpoint_every=9)), tell=tell)
    with pytest.raises(RunFailed, match=r"died 3 times \(exit code -9\); where memory is short"):
        profiler.measure()
    assert not multiprocessing.active_children()


def test_processes_that_die_at_once_are_one_line(quick, monkeypatch, errors):
    def dead(self):
        ours, theirs = self.context.Pipe()
        theirs.close()
        process = SimpleNamespace(join=lambda *_: None, kill=lambda: None, exitcode=-9)
        return workers._Worker(process, ours)

    monkeypatch.setattr(workers.Workers, "_start_worker", dead)
    assert run_profile(quick(jobs=2)) == 2
    [line] = errors()
    assert line == (
        "onelayer: error: the process of full-seed-1 died 3 times (exit code -9); "
        "where memory is short, lower --jobs"
    )


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["scores/base-0.json", "scores/full-seed-1.json"])
def test_a_killed_profile_goes_on_to_the_same_end(quick, tmp_path, moment):
    assert run_profile(quick(out=tmp_path / "whole")) == 0
    command = [sys.executable, "-m", "onelayer", "profile", *typed(quick(jobs=2))]
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
        deadline = time.monotonic() + 300
        while not (tmp_path / "profile" / moment).exists():
            assert time.monotonic() < deadline
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        process.kill()
        process.wait()
    assert run_profile(quick()) == 0
    assert profile_without_clock(tmp_path / "profile") == profile_without_clock(tmp_path / "whole")
    assert trained_weights(tmp_path / "profile") == trained_weights(tmp_path / "whole")


@pytest.fixture
def stopped(quick):
    """The folder of a profile that was stopped when the second of two runs had two of three iterations."""
    news = []

    def tell(kind, name, details):
        if kind == "iteration" and name == "layer-01-seed-1":
            news.append(details)
            if len(news) == 2:
                profiler.deadline = 0.0

    profiler = Profiler(ProfileConfig.of(quick(max_hours=1.0, iterations=3)), tell=tell)
    assert not profiler.measure()
    return profiler.folder.path


def test_a_damaged_checkpoint_of_a_run_costs_some_iterations_and_no_more(
    quick, tmp_path, stopped, caplog
):
    checkpoints = stopped / "runs" / "layer-01-seed-1" / "checkpoints"
    os.truncate(checkpoints / "000002" / "state.pt", 900)
    assert run_profile(quick(iterations=3)) == 0
    assert "going on from iteration 1" in caplog.text
    assert not checkpoints.exists()
    assert run_profile(quick(iterations=3, out=tmp_path / "whole")) == 0
    assert profile_without_clock(stopped) == profile_without_clock(tmp_path / "whole")
    assert trained_weights(stopped) == trained_weights(tmp_path / "whole")


def test_a_copied_profile_goes_on_in_the_copy(stopped, tmp_path):
    copy = tmp_path / "the copy"
    shutil.copytree(stopped, copy)
    before = {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()}
    assert main(["profile", "--config", str(copy / "profile.yaml"), "--max-hours", "0"]) == 0
    assert {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()} == before
    assert len(load_profile(copy).runs) == 3


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_to_stop_writes_what_is_known(quick, tmp_path, capsys, monkeypatch, name, code):
    from onelayer.commands import profile_layers as command

    class Interrupting(command._Progress):
        def __call__(self, kind, name_of_run, details):
            super().__call__(kind, name_of_run, details)
            if kind == "iteration" and name_of_run == "layer-01-seed-1":
                signal.raise_signal(getattr(signal, name))

    with monkeypatch.context() as patch:
        patch.setattr(command, "_Progress", Interrupting)
        assert run_profile(quick()) == code
    assert "This profile is not whole" in capsys.readouterr().out
    run = tmp_path / "profile" / "runs" / "layer-01-seed-1"
    assert (run / "checkpoints" / "000001").is_dir()
    assert run_profile(quick()) == 0
    assert len(load_profile(tmp_path / "profile").runs) == 3


@pytest.mark.slow
@pytest.mark.parametrize(("signal_name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_ctrl_c_stops_several_processes_after_their_iteration(
    quick, tmp_path, capsys, monkeypatch, signal_name, code
):
    from onelayer.commands import profile_layers as command

    class Interrupting(command._Progress):
        def __call__(self, kind, name, details):
            super().__call__(kind, name, details)
            if kind == "scored" and name == "full-seed-1":
                signal.raise_signal(getattr(signal, signal_name))

    with monkeypatch.context() as patch:
        patch.setattr(command, "_Progress", Interrupting)
        assert run_profile(quick(jobs=2, seeds="1,2")) == code
    assert "This profile is not whole" in capsys.readouterr().out
    assert not multiprocessing.active_children()
    assert len(load_profile(tmp_path / "profile").runs) < 6
    assert run_profile(quick(seeds="1,2")) == 0
    assert run_profile(quick(seeds="1,2", out=tmp_path / "whole")) == 0
    assert profile_without_clock(tmp_path / "profile") == profile_without_clock(tmp_path / "whole")


@pytest.mark.slow
def test_an_error_in_a_process_is_the_error_of_the_profile(quick, tmp_path, capsys, errors):
    (tmp_path / "my_envs.py").write_text(BROKEN_IN_TRAINING)
    settings = quick(jobs=2, env=f"{tmp_path / 'my_envs.py'}:Broken-v0", suite="", eval_tasks=3)
    assert run_profile(settings) == 2
    assert "the world was made 15 times" in errors()[0]
    assert not multiprocessing.active_children()


BROKEN_IN_TRAINING = """
import gymnasium as gym
from onelayer.envs.counting import CountingEnv

made = 0

class Broken(CountingEnv):
    def __init__(self, split="train", **settings):
        global made
        made += 1
        if made > 15:
            raise ValueError(f"the world was made {made - 1} times")
        super().__init__(split, **settings)

gym.register("Broken-v0", entry_point=Broken)
"""
