"""Stopped and gone on with: killed, interrupted or finished, a run equals one that never stopped."""

import json
import multiprocessing
import signal
from pathlib import Path

import pytest
import torch
from helpers import counting_model, timeless

from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.run_folder import RunFolder

SCRIPT = Path(__file__).with_name("counting_run.py")


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_equal_runs(one, other):
    """Weights, optimizer and logs, bit for bit."""
    one, other = RunFolder(one), RunFolder(other)
    assert timeless(one.path) == timeless(other.path)
    assert one.episodes.read_text() == other.episodes.read_text()
    a, b = one.last(), other.last()
    assert a.iteration == b.iteration
    for name, tensor in a.weights.items():
        assert torch.equal(tensor, b.weights[name]), name
    assert a.optimizer["param_groups"] == b.optimizer["param_groups"]
    assert a.optimizer["state"].keys() == b.optimizer["state"].keys()
    for key, state in a.optimizer["state"].items():
        for name, value in state.items():
            assert torch.equal(value, b.optimizer["state"][key][name]), (key, name)
    layers = [LayerDelta.load(run.path).tensors for run in (one, other)]
    assert all(torch.equal(tensor, layers[1][name]) for name, tensor in layers[0].items())


@pytest.fixture(scope="module")
def apart():
    """Return ``apart(*arguments) -> exit code``: counting_run.py in a process that may be killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["onelayer.trainers.trainer", "onelayer.agents.models"])

    def run(settings, *arguments):
        argv = [str(SCRIPT), json.dumps(settings), *map(str, arguments)]
        code = f"import runpy, sys; sys.argv = {argv}; runpy.run_path(sys.argv[0], run_name='__main__')"
        process = context.Process(target=exec, args=(code, {}))
        process.start()
        process.join(600)
        assert process.exitcode is not None, "the process hangs"
        return process.exitcode

    return run


@pytest.fixture(scope="module")
def settings(counting_folder):
    """What a run needs but its folder; the model is in a folder of its own."""
    return {
        "model": str(counting_folder),
        "env": "onelayer/Counting-v0",
        "iterations": 4,
        "tasks_per_iteration": 2,
        "group_size": 4,
        "epochs": 2,
        "minibatches": 2,
        "learning_rate": 1e-3,
        "beta": 0.05,
        "response_limit": 3,
        "eval_every": 1,
        "eval_tasks": 2,
        "checkpoint_every": 2,
    }


@pytest.fixture(scope="module")
def whole(apart, settings, tmp_path_factory):
    """The folder of a run that never stopped."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert apart({**settings, "out": str(folder)}) == 0
    return folder


@pytest.mark.parametrize(
    ("moment", "iteration"), [("play", 2), ("play", 1), ("update", 3), ("log", 2), ("save", 2)]
)
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_happened(
    apart, settings, whole, tmp_path, moment, iteration
):
    parts = {**settings, "out": str(tmp_path / "parts")}
    assert apart(parts, moment, iteration) == -signal.SIGKILL
    assert RunFolder(parts["out"]).last().iteration == (
        2 if iteration > 1 and moment != "save" else 0
    )
    assert apart({**parts, "resume": True}) == 0
    assert_equal_runs(whole, parts["out"])


@pytest.mark.parametrize(
    ("moment", "iteration", "saved"), [("play", 3, 3), ("evaluate", 1, 1), ("update", 0, 1)]
)
def test_ctrl_c_saves_a_checkpoint_and_the_run_goes_on_from_it(
    apart, settings, whole, tmp_path, moment, iteration, saved
):
    parts = {**settings, "out": str(tmp_path / "parts")}
    assert apart(parts, moment, iteration, "SIGINT") == 130
    assert RunFolder(parts["out"]).last().iteration == saved
    assert len(timeless(parts["out"])) == saved  # whole iterations only
    assert apart({**parts, "resume": True}) == 0
    assert_equal_runs(whole, parts["out"])


def test_another_seed_is_another_run_and_the_same_one_is_the_same(make_trainer):
    runs = [make_trainer(f"run{i}", seed=seed, iterations=2) for i, seed in enumerate((0, 0, 1))]
    for trainer in runs:
        trainer.train()
    assert_equal_runs(runs[0].folder.path, runs[1].folder.path)
    assert timeless(runs[0].folder.path) != timeless(runs[2].folder.path)


def test_bfloat16_trains_saves_and_resumes(make_trainer):
    half = [counting_model().to(torch.bfloat16) for _ in range(4)]
    whole = make_trainer("whole", model=half[0], dtype="bfloat16", checkpoint_every=1)
    whole.train()
    make_trainer("parts", model=half[1], dtype="bfloat16", iterations=2, checkpoint_every=1).train()
    make_trainer("parts", model=half[2], dtype="bfloat16", checkpoint_every=1, resume=True).train()
    assert_equal_runs(whole.folder.path, whole.folder.path.with_name("parts"))
    delta = LayerDelta.load(whole.folder.path)
    assert delta.dtype == "bfloat16"
    delta.apply(half[3])
    trained = dict(half[0].named_parameters())
    assert all(torch.equal(p, trained[n].bfloat16()) for n, p in half[3].named_parameters())


def test_a_folder_that_holds_a_run_is_refused(make_trainer):
    make_trainer(iterations=1).train()
    with pytest.raises(ValueError, match="holds a run; add --resume"):
        make_trainer(iterations=1)


def test_resuming_nothing_is_refused(make_trainer, tmp_path):
    with pytest.raises(ValueError, match="holds no checkpoint to resume from"):
        make_trainer(resume=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("learning_rate", 0.5), ("layers", "1"), ("seed", 5), ("group_size", 2)]
)
def test_resuming_with_another_setting_is_refused_by_its_name(make_trainer, name, value):
    trainer = make_trainer(iterations=1)
    trainer.train()
    before = contents(trainer.folder.path)
    with pytest.raises(ValueError, match=rf"was trained with {name}=.*, not '?{value}"):
        make_trainer(iterations=2, resume=True, **{name: value})
    assert contents(trainer.folder.path) == before


def test_what_does_not_decide_the_result_may_change_in_a_resumed_run(make_trainer):
    make_trainer(iterations=1).train()
    trainer = make_trainer(iterations=2, resume=True, checkpoint_every=9, tokens_per_forward=60)
    trainer.train()
    assert trainer.iteration == 2


def test_the_checkpoint_before_the_first_update_holds_no_tensors_and_is_gone_on_from(make_trainer):
    whole = make_trainer("whole")
    whole.train()
    stopped = make_trainer("stopped")
    stopped._begin()
    first = stopped.folder.last()
    assert (first.iteration, first.weights, first.optimizer["state"]) == (0, {}, {})
    resumed = make_trainer("stopped", resume=True)
    resumed.train()
    assert resumed.folder.last().optimizer["state"]
    for name, parameter in whole.learner.parameters.items():
        assert torch.equal(parameter, resumed.learner.parameters[name])
