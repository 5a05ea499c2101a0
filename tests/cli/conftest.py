"""A run that `onelayer train` made, for the commands that take one."""

import shutil

import pytest
from helpers import tiny_model

from onelayer.cli import main


@pytest.fixture(scope="session")
def model(tmp_path_factory, plain_tokenizer):
    """The folder of a random model of 4 layers."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("model")
    tiny_model(layers=4).save_pretrained(folder)
    plain_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, model):
    """The folder of a finished run of two iterations, which no test may change."""
    folder = tmp_path_factory.mktemp("runs") / "counting"
    arguments = {
        "model": model,
        "env": "onelayer/Counting-v0",
        "env-args": "{digits: 6, length: 2}",
        "out": folder,
        "iterations": 2,
        "tasks-per-iteration": 2,
        "group-size": 2,
        "response-limit": 3,
        "eval-every": 0,
        "checkpoint-every": 1,
        "learning-rate": 0.05,
        "layers": 2,
    }
    flags = [text for name, value in arguments.items() for text in (f"--{name}", str(value))]
    assert main(["train", *flags]) == 0
    return folder


@pytest.fixture
def run(finished_run, tmp_path):
    """A copy of the finished run, for one test."""
    return shutil.copytree(finished_run, tmp_path / "run")
