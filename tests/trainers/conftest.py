"""Trainers of random models on onelayer/Counting-v0."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from helpers import COUNTING, counting_model


@pytest.fixture(scope="session", autouse=True)
def on_the_cpu() -> Iterator[None]:
    """Keep accelerate off a GPU: these tests compare numbers to the last digits."""
    before = os.environ.get("ACCELERATE_USE_CPU")
    os.environ["ACCELERATE_USE_CPU"] = "true"
    yield
    if before is None:
        del os.environ["ACCELERATE_USE_CPU"]


@pytest.fixture(scope="session")
def counting_folder(plain_tokenizer: Any, tmp_path_factory: Any) -> Any:
    """Return a folder with a ``counting_model`` and its tokenizer."""
    folder = tmp_path_factory.mktemp("model")
    counting_model().save_pretrained(folder)
    plain_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def make_trainer(plain_tokenizer: Any, tmp_path: Any) -> Callable[..., Any]:
    """Return ``make_trainer(out="run", *, model=None, env=None, **config) -> Trainer`` of a small run."""
    from onelayer.envs.plugins import make
    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.trainer import Trainer

    def make_one(
        out: str = "run",
        *,
        model: Any = None,
        env: Any = None,
        on_iteration: Any = None,
        **config: Any,
    ) -> Any:
        def world(**split: str) -> Any:
            return env() if env else make("onelayer/Counting-v0", **COUNTING, **split)

        settings = {
            "env": "onelayer/Counting-v0",
            "model": "counting",
            "iterations": 4,
            "tasks_per_iteration": 3,
            "group_size": 4,
            "response_limit": 3,
            "learning_rate": 1e-2,
            "eval_every": 0,
            "eval_tasks": 2,
            "checkpoint_every": 2,
            **config,
        }
        return Trainer(
            counting_model() if model is None else model,
            plain_tokenizer,
            world,
            TrainConfig(out=str(tmp_path / out), **settings),
            held_out=lambda: world() if env else world(split="test"),
            on_iteration=on_iteration,
        )

    return make_one


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return ``said()``: the warnings so far."""
    caplog.set_level("WARNING")
    return lambda: [record.getMessage() for record in caplog.records]
