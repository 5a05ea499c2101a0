"""Episodes of random models on onelayer/Counting-v0, and what trains on them."""

import itertools
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def on_the_cpu() -> Iterator[None]:
    """Keep accelerate off a GPU: these tests compare numbers to the last digits."""
    before = os.environ.get("ACCELERATE_USE_CPU")
    os.environ["ACCELERATE_USE_CPU"] = "true"
    yield
    if before is None:
        del os.environ["ACCELERATE_USE_CPU"]


@pytest.fixture(scope="session")
def play() -> Callable[..., Any]:
    """Return ``play(model, tokenizer, *, states=None, history="all", ...) -> episodes``.

    Two rewarded tasks and more, three episodes each; ``states`` keeps what enters its layer.
    """
    from onelayer.agents.decoder import Decoder, Sampling
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.rollout import rollout
    from onelayer.envs.plugins import make

    def make_episodes(
        model: Any,
        tokenizer: Any,
        *,
        states: Any = None,
        history: int | str = "all",
        seed: int = 0,
        envs: int = 6,
        tasks: int = 3,
        env_args: dict[str, Any] | None = None,
        **sampling: Any,
    ) -> Any:
        agent = PolicyAgent(
            model,
            tokenizer,
            sampling=Sampling(**{"response_limit": 3, **sampling}),
            history=history,
            engine=partial(Decoder, model, states=states),
            seed=seed,
        )
        worlds = [make("onelayer/Counting-v0", **(env_args or {})) for _ in range(envs)]
        chosen = list(itertools.islice(itertools.cycle(worlds[0].unwrapped.tasks), tasks))
        return rollout(worlds, agent, chosen, group_size=3)

    return make_episodes


@pytest.fixture
def advantages() -> Callable[..., Any]:
    """Return ``advantages(episodes, seed=0)``: a seeded normal number for each step."""
    import numpy as np

    def draw(episodes: Any, seed: int = 0) -> Any:
        return np.random.default_rng(seed).normal(size=sum(len(e.steps) for e in episodes))

    return draw


@pytest.fixture
def make_learner() -> Callable[..., Any]:
    """Return ``make_learner(model, layers="mid", **config) -> Learner``, without gradient clipping."""
    from accelerate import Accelerator

    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.update import Learner

    def make(model: Any, layers: str = "mid", **config: Any) -> Any:
        settings = {"max_grad_norm": 1e9, "learning_rate": 1e-3, "response_limit": 3, **config}
        return Learner(model, TrainConfig(layers=layers, **settings), Accelerator())

    return make


@pytest.fixture
def gradients() -> Callable[..., Any]:
    """Return ``gradients(learner) -> list``, which fills with the gradients of each optimizer step."""

    def collect(learner: Any) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []

        def note(*_: Any) -> None:
            seen.append({name: p.grad.clone() for name, p in learner.parameters.items()})

        learner.optimizer.register_step_pre_hook(note)
        return seen

    return collect


COUNTING = {"digits": 2, "length": 2}
"""a world in which a random policy over 0, 1 and <eos> wins now and then"""


@pytest.fixture(scope="session")
def counting_folder(counting_model: Any, plain_tokenizer: Any, tmp_path_factory: Any) -> Any:
    """Return a folder with a ``counting_model`` and its tokenizer."""
    folder = tmp_path_factory.mktemp("model")
    counting_model().save_pretrained(folder)
    plain_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def counting_model(tiny_model: Any, plain_tokenizer: Any) -> Callable[..., Any]:
    """Return ``make(architecture="qwen3") -> model`` that mostly says 0, 1 or <eos>, whatever it reads.

    Every token has the same first coordinate, and the head reads from it which words are likely: a policy
    that earns some rewards from the start, and can learn by any of its layers.
    """
    import torch

    likely = [plain_tokenizer.convert_tokens_to_ids(word) for word in ("0", "1", "<eos>")]

    def make(architecture: str = "qwen3") -> Any:
        model = tiny_model(architecture, tied=False, initializer_range=0.1)
        with torch.no_grad():
            model.get_input_embeddings().weight[:, 0] = 1.0
            model.get_output_embeddings().weight[:, 0] = -0.7
            model.get_output_embeddings().weight[likely, 0] = 0.7
        return model

    return make


@pytest.fixture
def make_trainer(counting_model: Any, plain_tokenizer: Any, tmp_path: Any) -> Callable[..., Any]:
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
