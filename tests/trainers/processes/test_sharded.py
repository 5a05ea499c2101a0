"""A model split over processes plays, learns and is saved as a whole one."""

import pytest
import torch
from helpers import (
    assert_close_runs,
    assert_close_weights,
    counting_model,
    make_learner,
    play_counting,
    random_advantages,
    timeless,
)
from safetensors.torch import load_file
from torch.distributed.tensor import DTensor

from onelayer.agents.models import load_model
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.placement import (
    Sharded,
    load_whole_state,
    whole_on_cpu,
    whole_state,
)
from onelayer.trainers.run_folder import RunFolder

ALL = {"layers": "all", "max_grad_norm": 0.05}


@pytest.mark.parametrize("what", [{"layers": "mid"}, {"layers": "0-3"}])
def test_one_layer_needs_no_sharding_and_is_told_so(what):
    with pytest.raises(ValueError, match=rf"layers={what['layers']} needs no sharding: what is fr"):
        TrainConfig(shard=True, **what)
    with pytest.raises(ValueError, match=r"adapters need no sharding"):
        TrainConfig(shard=True, layers="all", lora_rank=4)
    assert TrainConfig(shard=True, layers="all").shard


@pytest.fixture
def group():
    """A process group of this process alone."""
    torch.distributed.init_process_group(
        "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


def test_a_split_learner_takes_the_steps_of_a_whole_one(group, plain_tokenizer):
    settings = {"layers": "all", "beta": 0.1, "minibatches": 2, "max_grad_norm": 0.05}
    learners = []
    for split in (False, True):
        model = counting_model()
        learner = make_learner(model, shard=split, **settings)
        if split:
            learner.place(Sharded(model, learner.accelerator, learner.dtype))
            learner.shard()  # keeps the weights of the start
        for iteration in (0, 1):
            with learner.placement.whole():
                episodes = play_counting(model, plain_tokenizer, seed=iteration)
            learner.update(episodes, random_advantages(episodes), iteration)
        learners.append(learner)
    whole, parts = learners
    assert parts.placement.sharded
    assert all(isinstance(p, DTensor) for p in parts.parameters.values())
    for name, parameter in whole.parameters.items():
        torch.testing.assert_close(
            whole_on_cpu(parts.parameters[name]), parameter, atol=1e-6, rtol=0
        )

    saved = whole_state(parts.optimizer)
    for index, values in whole_state(whole.optimizer)["state"].items():
        torch.testing.assert_close(saved["state"][index], values, atol=1e-6, rtol=0)
    load_whole_state(parts.optimizer, saved)
    moment = parts.optimizer.state_dict()["state"][0]["exp_avg"]
    assert isinstance(moment, DTensor)
    torch.testing.assert_close(whole_on_cpu(moment), saved["state"][0]["exp_avg"])
    with parts.placement.whole():
        assert not any(isinstance(p, DTensor) for p in parts.model.parameters())


# With real processes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (2, {}),
        (3, {"tasks_per_iteration": 2, "tokens_per_forward": 40}),  # many passes, and one has none
        (2, {"gradient_checkpointing": True, "algorithm": "dr_grpo"}),
    ],
)
def test_a_model_split_over_processes_learns_what_a_whole_one_does(
    launch, settings, tmp_path, count, changes
):
    settings = {**settings, **ALL, **changes}
    one = {**settings, "out": str(tmp_path / "one")}
    split = {**settings, "shard": True, "out": str(tmp_path / "split")}
    runs = [launch(1, one), launch(count, split)]
    for run in runs:
        assert run.code() == 0, run.said
    assert_close_runs(one["out"], split["out"])
    assert any(line["gradient_norm"] > 0.05 for line in timeless(one["out"]))  # it was clipped

    model, _ = load_model(settings["model"])
    whole, joined = (LayerDelta.load(run["out"]) for run in (one, split))
    joined.merge(tmp_path / "merged", model)
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    assert merged.keys() == model.state_dict().keys() == whole.tensors.keys()
    for name, tensor in whole.tensors.items():
        torch.testing.assert_close(merged[name], tensor, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "split_after"), [(2, 3, True), (1, 2, True), (2, 1, True), (2, 2, False)]
)
def test_a_split_run_goes_on_with_another_number_of_processes_or_whole(
    launch, finished, settings, tmp_path, before, after, split_after
):
    settings = {**settings, **ALL}
    parts = {**settings, "shard": before > 1, "out": str(tmp_path / "parts")}
    finished(before, {**parts, "iterations": 1})
    alone = launch(1, {**settings, "out": str(tmp_path / "whole")})
    finished(after, {**parts, "shard": split_after, "resume": True})
    assert alone.code() == 0, alone.said
    assert_close_weights(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.slow
def test_bfloat16_layers_play_as_they_learn(finished, settings, tmp_path):
    out = tmp_path / "run"
    finished(2, {**settings, **ALL, "shard": True, "dtype": "bfloat16", "out": str(out)})
    lines = [line for line in timeless(out) if "loss" in line]
    assert max(line["logp_drift"] for line in lines) < 0.02
    saved = load_file(out / "layer.safetensors")
    assert {tensor.dtype for tensor in saved.values()} == {torch.bfloat16}
    kept = RunFolder(out).last().weights
    assert {tensor.dtype for tensor in kept.values()} == {torch.float32}
    for name, tensor in saved.items():
        torch.testing.assert_close(tensor, kept[name].bfloat16())


@pytest.mark.slow
def test_a_process_that_dies_leaves_the_last_checkpoint_of_a_split_run(launch, settings, tmp_path):
    out = tmp_path / "run"
    changes = {**ALL, "shard": True, "iterations": 500, "checkpoint_every": 1, "out": str(out)}
    run = launch(2, {**settings, **changes}, "agent", 2, "SIGKILL", 1)
    assert run.code(120) != 0
    assert RunFolder(out).last().iteration == 2
    assert [line["iteration"] for line in RunFolder(out).history()] == [0, 1]
