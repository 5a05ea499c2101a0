"""Learners that play in one batch: each comes to the episodes and weights that it has alone."""

import json
from dataclasses import replace

import pytest
import torch
from helpers import counting_model, tiny_model

from onelayer.agents import joint
from onelayer.agents.joint import sharing_weights
from onelayer.envs.plugins import make
from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.population import Population, can_join
from onelayer.trainers.trainer import Trainer

WORLD = {"digits": 3, "length": 2}


def env():
    return make("onelayer/Counting-v0", **WORLD)


@pytest.fixture
def config(tmp_path):
    def settings(name, layers, **changes):
        fixed = {
            "env": "onelayer/Counting-v0",
            "algorithm": "grpo",
            "iterations": 2,
            "tasks_per_iteration": 2,
            "group_size": 4,
            "response_limit": 3,
            "learning_rate": 0.02,
            "minibatches": 2,
            "eval_every": 0,
            "checkpoint_every": 1,
        }
        return TrainConfig(out=str(tmp_path / name), layers=layers, **{**fixed, **changes})

    return settings


def alone(model, tokenizer, config):
    """Train one run on a copy of the model."""
    own = sharing_weights(model, dict(model.named_parameters()))
    trainer = Trainer(own, tokenizer, env, config)
    assert trainer.train()
    return trainer


def what_was_logged(config):
    clock = ("seconds/", "memory/", "cpu_seconds", "tokens_per_second")
    lines = (config.folder / "metrics.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if not k.startswith(clock)} for line in lines
    ]


def actions(config):
    lines = (config.folder / "episodes.jsonl").read_text().splitlines()
    return [[step["reply"] for step in json.loads(line)["steps"]] for line in lines]


def assert_same(together, separate):
    """Compare two run folders: the same words, numbers up to rounding, weights up to rounding."""
    assert actions(together) == actions(separate)
    for one, other in zip(what_was_logged(together), what_was_logged(separate), strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
    one, other = LayerDelta.load(together.folder), LayerDelta.load(separate.folder)
    assert one.layers == other.layers
    for name, tensor in one.tensors.items():
        torch.testing.assert_close(tensor, other.tensors[name], atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("masks", "changes"),
    [(False, {}), (True, {}), (False, {"history": "1", "parallel": 5})],
    ids=["rows", "masks", "few-at-once"],
)
def test_learners_together_come_to_the_weights_that_they_have_alone(
    plain_tokenizer, config, monkeypatch, masks, changes
):
    """Different layers, two learners of one layer, the first layer, and a choice of two layers."""
    if masks:  # what a GPU does
        made = joint.JointDecoder.__init__
        monkeypatch.setattr(
            joint.JointDecoder,
            "__init__",
            lambda self, *arguments: made(self, *arguments, masks=True),
        )
    model = counting_model()
    base = base_fingerprint(model)
    specs = {"a": ("1", 0), "b": ("3", 0), "c": ("1", 5), "d": ("0", 2), "e": ("0,2", 0)}
    runs = {
        name: config(f"together-{name}", layers, seed=seed, **changes)
        for name, (layers, seed) in specs.items()
    }
    assert Population(model, plain_tokenizer, env, list(runs.values())).train() == {}
    assert base_fingerprint(model) == base
    moved = set()
    for name, run in runs.items():
        separate = replace(run, out=str(run.folder.with_name(f"alone-{name}")))
        alone(model, plain_tokenizer, separate)
        assert_same(run, separate)
        moved.add(str(actions(run)))
    assert len(moved) > 1  # they did not all play the same


def test_a_population_that_stopped_goes_on_and_learners_may_be_apart(plain_tokenizer, config):
    model = counting_model()
    runs = [config("one", "1", iterations=3), config("two", "2", seed=3, iterations=3)]
    asked = iter([False, False, True])
    stopped = Population(model, plain_tokenizer, env, runs, should_stop=lambda: next(asked))
    assert stopped.train() == {}
    assert [trainer.iteration for trainer in stopped.trainers] == [2, 2]
    ahead = Trainer(
        sharing_weights(model, dict(model.named_parameters())),
        plain_tokenizer,
        env,
        replace(runs[1], resume=True),
    )
    assert ahead.train()  # one of them was finished elsewhere
    again = [replace(run, resume=True) for run in runs]
    assert Population(model, plain_tokenizer, env, again).train() == {}
    for run in runs:
        separate = replace(run, out=str(run.folder.with_name(f"alone-{run.folder.name}")))
        alone(model, plain_tokenizer, separate)
        assert_same(run, separate)


def test_one_that_diverges_ends_and_the_others_go_on(plain_tokenizer, config, monkeypatch):
    model = counting_model()
    runs = [config("good", "1"), config("bad", "2")]
    population = Population(model, plain_tokenizer, env, runs)
    bad = population.trainers[1]
    update = bad.learner.update

    def breaking(episodes, advantages_N, iteration):
        if iteration == 1:
            raise Diverged("a loss is nan")
        return update(episodes, advantages_N, iteration)

    monkeypatch.setattr(bad.learner, "update", breaking)
    assert list(population.train()) == [1]
    assert [trainer.iteration for trainer in population.trainers] == [2, 1]
    assert bad.folder.last().iteration == 1
    separate = replace(runs[0], out=str(runs[0].folder.with_name("alone")))
    alone(model, plain_tokenizer, separate)
    assert_same(runs[0], separate)


def test_the_learners_share_all_memory_but_their_own_layers(plain_tokenizer, config):
    model = counting_model()
    population = Population(model, plain_tokenizer, env, [config("a", "1"), config("b", "2")])
    places = {p.data_ptr() for p in model.parameters()}
    for trainer, layer in zip(population.trainers, (1, 2), strict=True):
        own = [n for n, p in trainer.model.named_parameters() if p.data_ptr() not in places]
        assert own
        assert all(f".layers.{layer}." in name for name in own)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": "all"}, "train whole decoder layers"),
        ({"layers": "mask:seed0"}, "train whole decoder layers"),
        ({"layers": "2", "response_limit": 4}, "need the same response_limit, got 3 and 4"),
    ],
)
def test_runs_that_cannot_play_together_are_refused(plain_tokenizer, config, changes, message):
    runs = [config("one", "1"), config("two", changes.pop("layers"), **changes)]
    with pytest.raises(ValueError, match=message):
        Population(counting_model(), plain_tokenizer, env, runs)


def test_adapters_and_embeddings_are_trained_alone(config):
    assert can_join(config("a", "1,2"))
    assert not can_join(config("b", "1", lora_rank=2))
    assert not can_join(config("c", "1", train_embeddings=True))


def test_experts_which_do_not_work_row_by_row_are_refused(plain_tokenizer, config):
    moe = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
    model = tiny_model("qwen3_moe", head_dim=8, **moe)
    with pytest.raises(ValueError, match="cannot be trained with --together"):
        Population(model, plain_tokenizer, env, [config("a", "1"), config("b", "2")])
