"""Against a real vLLM server on the CPU: equal numbers, changed layers, restarts. `make vllm` runs it."""

import threading

import numpy as np
import pytest
import torch

from onelayer.agents.engine import sample
from onelayer.agents.models import load_model
from onelayer.agents.sampling import Sampling
from onelayer.agents.vllm_engine import VLLMEngine, VLLMServers
from onelayer.agents.vllm_server import FIRST_VERSION
from onelayer.agents.weight_files import write_weights
from onelayer.envs.plugins import make
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.trainer import Trainer
from onelayer.trainers.whole_layers import whole_layers

pytestmark = pytest.mark.vllm

STOP = 2
LAYERS = 6
CLOSE = 1e-4
"""nats, in float32"""


@pytest.fixture(scope="module")
def base():
    return load_model("tiny")[0]


@pytest.fixture
def server(tiny_server, base, tmp_path):
    """The server with the weights of the base, whatever a test before sent to it."""
    path = tmp_path / "base.safetensors"
    weights = whole_layers(base, range(LAYERS), everything=True)
    write_weights(path, weights, "test", "weights", {})
    at = VLLMServers.at(tiny_server.url)
    at.servers[0].describe()
    at.take(path, FIRST_VERSION)
    return tiny_server


def prompts_of(base, length=70, count=6):
    """Return prompts of more than two blocks of the prefix cache, which begin alike two by two."""
    draw = np.random.default_rng(0)
    size = base.config.vocab_size
    starts = [draw.integers(3, size, length) for _ in range(count // 2)]
    return [[*starts[n // 2], *draw.integers(3, size, n % 2)] for n in range(count)]


def engine_of(server, temperature=1.0):
    at = VLLMServers.at(server.url)
    at.servers[0].describe()
    return VLLMEngine(at, 512, [STOP], Sampling(temperature=temperature, response_limit=24))


def played(engine, prompts):
    engine.forget()
    return sample(engine, range(len(prompts)), prompts, [[7, n] for n in range(len(prompts))])


@torch.no_grad()
def worst(model, prompts, replies, temperature=1.0):
    """Return the largest difference of a sampled token's log-probability from the model's."""
    found = []
    for prompt, reply in zip(prompts, replies, strict=True):
        ids = torch.tensor([[*map(int, prompt), *reply.ids]])
        logp = torch.log_softmax(model(ids).logits[0, len(prompt) - 1 : -1] / temperature, -1)
        said = logp.gather(-1, torch.tensor(reply.ids)[:, None])[:, 0]
        found.append(float((said - torch.tensor(reply.logprobs)).abs().max()))
    return max(found)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_are_ours(server, base, temperature):
    prompts = prompts_of(base)
    engine = engine_of(server, temperature)
    for _ in range(2):  # the second time from the prefix cache
        replies = played(engine, prompts)
        assert worst(base, prompts, replies, temperature) < CLOSE
    for reply in replies:
        assert reply.cut == (reply.ids[-1] != STOP)
        assert STOP not in reply.ids[:-1]


def changed(base, noise=0.2, **chosen):
    """Return a copy of the base with another layer 3, or more."""
    model = load_model("tiny")[0]
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if ".layers.3." in name or (chosen and "layers" not in name):
                drawn = torch.randn(weight.shape, generator=draw)
                weight.add_(noise * weight.abs().mean() * drawn)
    return model


def test_a_changed_layer_changes_what_is_played_and_no_old_keys_are_read(server, base, tmp_path):
    other, prompts = changed(base), prompts_of(base)
    engine = engine_of(server)
    assert worst(base, prompts, played(engine, prompts)) < CLOSE
    path = tmp_path / "sent.safetensors"
    write_weights(path, whole_layers(other, [3]), "test", "weights", {})
    engine.servers.take(path, "changed")
    replies = played(engine, prompts)
    assert worst(other, prompts, replies) < CLOSE
    assert worst(base, prompts, replies) > 100 * CLOSE
    write_weights(path, whole_layers(base, [3]), "test", "weights", {})
    engine.servers.take(path, "back")
    assert worst(base, prompts, played(engine, prompts)) < CLOSE


def test_embedding_and_head_that_are_one_tensor_change_too(server, base, tmp_path):
    other, prompts = changed(base, ends=True), prompts_of(base)
    engine = engine_of(server)
    path = tmp_path / "sent.safetensors"
    write_weights(path, whole_layers(other, [3], everything=True), "test", "weights", {})
    engine.servers.take(path, "changed")
    assert worst(other, prompts, played(engine, prompts)) < CLOSE


def trainer_of(out, **config):
    model, tokenizer = load_model("tiny")
    args = {"games": "generated", "room_size": 5, "max_steps": 6}
    settings = {
        "iterations": 3,
        "tasks_per_iteration": 4,
        "group_size": 4,
        "learning_rate": 1e-3,
        "response_limit": 12,
        "eval_every": 0,
        "layers": "3",
        **config,
    }
    return Trainer(
        model,
        tokenizer,
        lambda: make("onelayer/ALFWorld-v0", **args),
        TrainConfig(out=str(out), **settings),
        held_out=lambda: make("onelayer/ALFWorld-v0", **args, split="valid_unseen"),
    )


def drifts(trainer):
    return [line["logp_drift"] for line in trainer.folder.history() if "loss" in line]


@pytest.mark.parametrize(
    "choice",
    [
        {"layers": "3", "eval_every": 3, "eval_tasks": 8},
        {"layers": "all"},
        {"layers": "2", "train_embeddings": True},
        {"layers": "1,4", "lora_rank": 4},
    ],
    ids=str,
)
def test_whatever_learns_is_what_is_played_with(server, tmp_path, choice):
    trainer = trainer_of(tmp_path / "run", engine="vllm", server=server.url, **choice)
    assert trainer.train()
    assert len(drifts(trainer)) == 3
    assert max(drifts(trainer)) < CLOSE


def test_a_server_that_is_killed_in_the_middle_of_a_run_is_mended(server, tmp_path, caplog):
    trainer = trainer_of(tmp_path / "run", engine="vllm", server=server.url)
    played = trainer.games.agent.step
    told = threading.Event()

    def step():
        answers = played()
        if trainer.iteration == 1 and not told.is_set():
            told.set()
            server.kill()
            server.start()
        return answers

    trainer.games.agent.step = step
    assert trainer.train()
    assert told.is_set()
    assert "it gets the trained weights again" in caplog.text
    assert len(drifts(trainer)) == 3
    assert max(drifts(trainer)) < CLOSE


def test_layers_that_another_run_left_are_refused(server, tmp_path):
    trainer_of(
        tmp_path / "one", engine="vllm", server=server.url, eval_every=3, eval_tasks=4
    ).train()
    with pytest.raises(ValueError, match="or layers that another run trained"):
        trainer_of(tmp_path / "two", engine="vllm", server=server.url, layers="1")
