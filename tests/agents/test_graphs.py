"""Graphs of the token step: what is captured, when it is dropped, and that nothing changes by it."""

import logging
from dataclasses import replace

import pytest
import torch
from helpers import tiny_model
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from onelayer.agents import decoder as decoder_module
from onelayer.agents.decoder import Decoder, Sampling
from onelayer.agents.engine import sample
from onelayer.agents.graphs import GraphedStep
from onelayer.agents.states import CapturedStates

PROMPTS = [[5, 6, 7], [8, 9], [3, 4, 5, 6, 7, 8, 9], [8, 9]]
KEYS = [[0, i] for i in range(4)]


class Recorder:
    """Stands for CUDA: warms up, "captures" without running, and replays by running."""

    def __init__(self):
        self.captured = 0

    def __call__(self, work, device, pool):
        work()
        self.captured += 1
        return work, "pool"


def graphed(monkeypatch, model, capture, states=None):
    """A decoder on the CPU whose token steps go through ``GraphedStep``."""
    decoder = Decoder(model, [1], Sampling(response_limit=8), states)
    reserve = decoder._reserve

    def reserve_graphed(rows, columns):
        reserve(rows, columns)
        buffers = decoder._buffers
        if not isinstance(buffers.take, GraphedStep):
            decoder._allocated = replace(buffers, take=GraphedStep(buffers.step, capture))

    monkeypatch.setattr(decoder, "_reserve", reserve_graphed)
    return decoder


def test_warming_up_and_capturing_change_nothing(monkeypatch):
    model, recorder = tiny_model("qwen3"), Recorder()
    plain_states, states = (CapturedStates(model.model.layers[1], 1 << 20) for _ in range(2))
    plain = sample(
        Decoder(model, [1], Sampling(response_limit=8), plain_states), range(4), PROMPTS, KEYS
    )
    found = sample(graphed(monkeypatch, model, recorder, states), range(4), PROMPTS, KEYS)
    assert found == plain
    assert recorder.captured > 0
    read = [*PROMPTS[2], *plain[2].ids[:-1]]
    assert torch.equal(states.get(read), plain_states.get(read))


def test_a_size_is_captured_once_and_again_only_when_weights_have_moved(monkeypatch):
    model, recorder = tiny_model("qwen3"), Recorder()
    decoder = graphed(monkeypatch, model, recorder)
    for _ in range(2):
        decoder.forget()
        sample(decoder, range(4), PROMPTS, KEYS)
    once = recorder.captured
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight.mul_(1.5)  # in place, as an optimizer does
    decoder.forget()
    sample(decoder, range(4), PROMPTS, KEYS)
    assert len(decoder._buffers.take._replay) == recorder.captured == once
    moved = model.model.layers[0].mlp.up_proj.weight
    moved.data = moved.data.clone()
    decoder.forget()
    sample(decoder, range(4), PROMPTS, KEYS)
    assert recorder.captured == 2 * once


def test_a_model_that_cannot_be_captured_is_played_without_and_says_why_once(monkeypatch, caplog):
    def refuse(work, device, pool):
        work()
        try:
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        finally:
            raise RuntimeError("the capture has failed")  # as the end of a capture does

    model = tiny_model("qwen3")
    plain = sample(Decoder(model, [1], Sampling(response_limit=8)), range(4), PROMPTS, KEYS)
    with caplog.at_level(logging.WARNING):
        found = sample(graphed(monkeypatch, model, refuse), range(4), PROMPTS, KEYS)
    assert found == plain
    [message] = [r.getMessage() for r in caplog.records if "CUDA graphs" in r.getMessage()]
    assert message.endswith("operation not permitted when stream is capturing")


@pytest.mark.parametrize(
    ("architecture", "config"),
    [
        ("qwen3", {}),
        ("qwen2", {}),
        ("llama", {}),
        ("mistral", {"sliding_window": 5}),
        ("gemma3_text", {"head_dim": 8, "sliding_window": 5}),
    ],
)
@pytest.mark.parametrize("sampling", [{}, {"top_p": 0.9}, {"temperature": 0.0}])
def test_a_token_step_reads_nothing_back_from_the_device(architecture, config, sampling):
    """Fake tensors have no values: whatever asks for one raises, as it does while a graph is captured."""
    model = tiny_model(architecture, **config)
    states = CapturedStates(model.model.layers[1], 1 << 20)
    decoder = Decoder(model, [1, 2], Sampling(response_limit=8, **sampling), states)
    sample(decoder, range(4), PROMPTS, KEYS)
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True):
        decoder._buffers.step(4, 32)
        with pytest.raises(DataDependentOutputException):
            torch.ones(1).item()


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("architecture", ["qwen3", "llama"])
def test_graphs_give_what_eager_steps_give_bit_for_bit(monkeypatch, architecture, dtype, caplog):
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    model = tiny_model(architecture).to("cuda", dtype)
    prompts = [[(3 * i + j) % 60 + 2 for j in range(5 + i)] for i in range(20)]
    keys = [[0, i] for i in range(20)]
    found = []
    for way in (GraphedStep, lambda step: step):
        monkeypatch.setattr(decoder_module, "GraphedStep", way)
        states = CapturedStates(model.model.layers[1], 1 << 24)
        decoder = Decoder(model, [1], Sampling(response_limit=40), states)
        replies = sample(decoder, range(20), prompts, keys)
        kept = [states.get([*p, *r.ids[:-1]]) for p, r in zip(prompts, replies, strict=True)]
        found.append((replies, torch.cat(kept)))
    assert "CUDA graphs" not in caplog.text
    assert found[0][0] == found[1][0]
    assert torch.equal(found[0][1], found[1][1])
