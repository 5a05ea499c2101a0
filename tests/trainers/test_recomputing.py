"""Activation checkpointing where the backward pass runs in another thread, as autograd does on a GPU."""

import threading

import numpy as np
import pytest
import torch
from helpers import tiny_model

from onelayer.agents.forward import decoder_layers
from onelayer.trainers.batch import batch
from onelayer.trainers.score import Scorer
from onelayer.trainers.token_rows import Row

PROMPT = [5, 9, 3, 7, 4, 8, 6, 5, 9, 3, 4, 7]


def row(own):
    ids_T = np.array([*PROMPT, *own])
    sampled_T = np.arange(len(ids_T)) >= len(PROMPT)
    return Row(ids_T, sampled_T, np.zeros(len(ids_T), np.float32), sampled_T.astype(np.float32), 1)


def gradient(model, checkpointing):
    layers = list(decoder_layers(model))
    model.requires_grad_(False)
    layers[1].requires_grad_(True)
    one = batch([row([3, 4]), row([8, 5, 6]), row([9])])
    assert one.runs  # the rows share their prompt
    Scorer(model, layers, checkpointing=checkpointing).backward(
        one, lambda logp_C, _: -torch.ones_like(logp_C)
    )
    return torch.cat([p.grad.flatten() for p in layers[1].parameters()])


def in_a_thread(work):
    def run(*args, **keywords):
        failed = []

        def caught():
            try:
                work(*args, **keywords)
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=caught)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]

    return run


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_recomputed_layers_find_the_layout_in_another_thread(monkeypatch, architecture):
    kept = gradient(tiny_model(architecture), checkpointing=False)
    monkeypatch.setattr(torch.autograd, "backward", in_a_thread(torch.autograd.backward))
    recomputed = gradient(tiny_model(architecture), checkpointing=True)
    assert torch.allclose(kept, recomputed, rtol=1e-5, atol=1e-7)
