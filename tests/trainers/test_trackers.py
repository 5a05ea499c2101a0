"""What tensorboard, wandb and trackio are told of a run, and that none of them can end it."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers import meter
from onelayer.trainers.heartbeat import Heartbeat
from onelayer.trainers.trackers import COLUMNS, Trackers


def test_tensorboard_has_every_metric_of_every_iteration(make_trainer):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    trainer = make_trainer(iterations=2, log_with="tensorboard")
    trainer.train()
    files = list((trainer.folder.path / "onelayer").glob("events.out.tfevents.*"))
    events = [e for file in files for e in LegacyEventFileLoader(str(file)).Load()]
    found = {(v.tag, e.step): v.simple_value for e in events for v in e.summary.value}
    for line in trainer.folder.history():
        for name, value in line.items():
            told = found[name, line["iteration"]]
            assert told == pytest.approx(value, rel=1e-5), name
    assert {"tokens_per_second/rollout", "tokens_per_second/update"} < {tag for tag, _ in found}


class Accelerated:
    """What a tracker sees of a run."""

    trackers = (object(),)

    def __init__(self):
        self.told = []

    def log(self, values, step):
        self.told.append((step, values))


def an_episode(reply="1"):
    steps = [
        Step(observation=str(n), action="1", reward=n / 2, anchor=n, reply=reply) for n in (0, 1)
    ]
    return Episode(task="a", steps=tuple(steps), success=True)


def test_a_table_has_a_row_for_each_step_and_long_texts_are_shortened(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Table=lambda **given: given))
    run = Accelerated()
    episodes = [an_episode(), an_episode("x" * 5000)]
    Trackers(run, "wandb", "run").log_episodes(7, episodes, np.array([0.5, -0.5, 0.25, 0.0]))
    [(step, values)] = run.told
    assert step == 7
    table = values["episodes"]
    assert table["columns"] == list(COLUMNS)
    assert table["data"][:3] == [
        ["a", 0, "0", "1", 0.0, 0.5, True],
        ["a", 1, "1", "1", 0.5, -0.5, True],
        ["a", 0, "0", "x" * 2000 + " ...", 0.0, 0.25, True],
    ]
    Trackers(run, "tensorboard", "run").log_episodes(7, episodes, np.zeros(4))
    assert len(run.told) == 1  # it has no tables


def test_a_tracker_that_fails_at_any_time_ends_no_run(make_trainer, monkeypatch, said):
    def broken(*_, **__):
        raise ConnectionError("no route to host")

    trainer = make_trainer(iterations=2)
    trainer.reporter.trackers.name = "wandb"
    monkeypatch.setattr(trainer.accelerator, "init_trackers", broken)
    assert trainer.train()
    assert any("wandb did not start, and is told nothing" in line for line in said())

    trainer = make_trainer("other", iterations=2)
    trainer.reporter.trackers.name = "wandb"
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Table=broken))
    monkeypatch.setattr(trainer.accelerator, "init_trackers", lambda *_: None)
    monkeypatch.setattr(trainer.accelerator, "trackers", [SimpleNamespace(finish=broken)])
    monkeypatch.setattr(trainer.accelerator, "log", broken)
    assert trainer.train()
    for told in ("did not take iteration 1", "the episodes of iteration 0", "did not finish"):
        assert any(told in line for line in said())


def test_phases_are_measured_apart_and_waiting_counts_as_playing(monkeypatch):
    clock = iter([0.0, 4.0, 10.0, 11.0, 20.0, 22.0])
    monkeypatch.setattr(meter.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(meter, "peak_bytes", lambda _: 3 << 29)
    one = SimpleNamespace(process_index=0, num_processes=1, device=torch.device("cpu"))
    measured = meter.Meter(one, Heartbeat(one))
    for phase in ("rollout", "waiting", "update"):
        with measured.phase(phase):
            pass
    found = measured.metrics(tokens=100.0)
    assert found.pop("cpu_seconds") >= 0
    assert found == {
        "seconds/rollout": 4.0,
        "seconds/waiting": 1.0,
        "seconds/update": 2.0,
        "memory/rollout": 1.5,
        "memory/update": 1.5,
        "tokens_per_second": pytest.approx(100 / 7),
        "tokens_per_second/rollout": 20.0,
        "tokens_per_second/update": 50.0,
    }
    measured.begin()
    assert measured.metrics() == {}


def test_the_peak_of_a_process_is_at_least_what_it_just_held():
    before = meter.peak_bytes(torch.device("cpu"))
    held = torch.ones(1 << 24)  # 64 MiB
    assert meter.peak_bytes(torch.device("cpu")) >= max(before, held.nbytes)
