"""The example that trains by hand learns from what was sampled, and moves one layer only."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from onelayer.agents.models import load_model
from onelayer.trainers.delta import LayerDelta

PATH = Path(__file__).parents[2] / "examples" / "train_by_hand.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("train_by_hand", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def successes(printed):
    return [float(line.split()[-1].rstrip("%")) for line in printed.splitlines()]


def test_it_computes_the_log_probabilities_that_sampling_told(example, monkeypatch):
    compared = []

    def compare(model, row):
        logp_N = example_token_logp(model, row)
        compared.append(np.abs(logp_N.detach().numpy() - row.logp_T[row.sampled_T]).max())
        return logp_N

    example_token_logp = example.token_logp
    monkeypatch.setattr(example, "token_logp", compare)
    example.train(iterations=1, tasks=2, group_size=2)
    assert len(compared) == 4
    assert compared[0] < 1e-4  # the first row is read before any weight has moved


def test_it_moves_one_layer_which_fits_its_base(example, tmp_path, capsys):
    delta = example.train(iterations=1, tasks=2, group_size=4)
    assert len(successes(capsys.readouterr().out)) == 1
    assert delta.layers == (3,)
    delta.save(tmp_path / "layer.safetensors")
    base, _ = load_model("tiny")
    before = {name: weight.clone() for name, weight in base.state_dict().items()}
    LayerDelta.load(tmp_path / "layer.safetensors").apply(base)  # refused if anything else moved
    moved = [n for n, w in base.state_dict().items() if not torch.equal(w, before[n])]
    assert moved and all(".layers.3." in name for name in moved)


@pytest.mark.slow
def test_it_learns(example, capsys):
    example.train(iterations=20)
    success = successes(capsys.readouterr().out)
    # 640 episodes each: a standard error of 2 points
    assert np.mean(success[-5:]) > np.mean(success[:5]) + 3
