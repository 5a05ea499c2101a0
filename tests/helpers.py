"""What many tests make or read, as plain functions. torch is imported inside them: most tests need none."""

import functools
import itertools
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
SHARED_GAMES = HERE.parents[1] / "shared" / "data" / "alfworld"
TINY = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
COUNTING = {"digits": 2, "length": 2}
"""a world in which a random policy over 0, 1 and <eos> wins now and then"""


# Models and tokenizers


def tiny_model(
    architecture: str = "qwen3",
    *,
    layers: int = 4,
    tied: bool = True,
    seed: int = 0,
    **config: Any,
) -> Any:
    """Return a random causal LM in evaluation mode, fp32, width 32, vocabulary 64.

    The architecture is a transformers model type. Equal arguments give equal weights.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = {**TINY, "num_hidden_layers": layers, "tie_word_embeddings": tied, **config}
    if architecture in ("qwen3", "llama", "mistral"):
        settings.setdefault("head_dim", 8)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(architecture, **settings), dtype=torch.float32
        )
    return model.eval()


@functools.cache
def word_tokenizer() -> Any:
    """Return a word-level tokenizer of the plain format for onelayer/Counting-v0, 64 words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "<bos>", "<eos>", "<act>", "<unk>", *map(str, range(20)), "+", "=", "?", "."]
    words += [f"word{i}" for i in range(64 - len(words))]
    bare = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=bare,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        additional_special_tokens=["<act>"],
    )


def speaking_model(*words: str, architecture: str = "qwen3") -> Any:
    """Return a model that mostly says one of the words, whatever it reads.

    Every token has the same first coordinate, and the head reads from it which words are likely: a policy
    that earns some rewards from the start, and can learn by any of its layers.
    """
    import torch

    likely = [word_tokenizer().convert_tokens_to_ids(word) for word in words]
    model = tiny_model(architecture, tied=False, initializer_range=0.1)
    with torch.no_grad():
        model.get_input_embeddings().weight[:, 0] = 1.0
        model.get_output_embeddings().weight[:, 0] = -0.7
        model.get_output_embeddings().weight[likely, 0] = 0.7
    return model


def counting_model(architecture: str = "qwen3") -> Any:
    """Return a model that mostly says 0, 1 or <eos>."""
    return speaking_model("0", "1", "<eos>", architecture=architecture)


# Episodes, and what learns from them


def play_counting(
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
    """Return three episodes of each of two rewarded tasks and more; ``states`` keeps what enters a layer."""
    from onelayer.agents.decoder import Decoder, Sampling
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.rollout import rollout
    from onelayer.envs.plugins import make

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


def random_advantages(episodes: Any, seed: int = 0) -> Any:
    """Return a seeded normal number for each step."""
    return np.random.default_rng(seed).normal(size=sum(len(e.steps) for e in episodes))


def make_learner(model: Any, layers: str = "mid", **config: Any) -> Any:
    """Return a Learner without gradient clipping."""
    from accelerate import Accelerator

    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.update import Learner

    settings = {"max_grad_norm": 1e9, "learning_rate": 1e-3, "response_limit": 3, **config}
    return Learner(model, TrainConfig(layers=layers, **settings), Accelerator())


def gradients_of(learner: Any) -> list[dict[str, Any]]:
    """Return a list that fills with the gradients of each optimizer step."""
    seen: list[dict[str, Any]] = []

    def note(*_: Any) -> None:
        seen.append({name: p.grad.clone() for name, p in learner.parameters.items()})

    learner.optimizer.register_step_pre_hook(note)
    return seen


# Runs


def timeless(folder: Path | str) -> list[dict[str, Any]]:
    """Return the metrics that a run logged, without those that a clock decides."""
    clock = ("seconds/", "cpu_seconds", "tokens_per_second", "memory/")
    lines = map(json.loads, (Path(folder) / "metrics.jsonl").read_text().splitlines())
    return [{k: v for k, v in line.items() if not k.startswith(clock)} for line in lines]


def assert_close_weights(one: Path | str, other: Path | str) -> None:
    """Require the last checkpoints of two runs to be equal to 1e-5."""
    import torch

    from onelayer.trainers.run_folder import RunFolder

    a, b = RunFolder(one).last(), RunFolder(other).last()
    assert a.iteration == b.iteration
    assert a.weights.keys() == b.weights.keys() != set()
    for name, tensor in a.weights.items():
        torch.testing.assert_close(b.weights[name], tensor, atol=1e-5, rtol=0)


def assert_close_runs(one: Path | str, other: Path | str) -> None:
    """Require two runs to have the same weights and metrics to 1e-5, and the same replies."""
    assert_close_weights(one, other)
    for mine, theirs in zip(timeless(one), timeless(other), strict=True):
        assert theirs == pytest.approx(mine, abs=1e-5)
    texts = [
        [[step["reply"] for step in json.loads(line)["steps"]] for line in lines.splitlines()]
        for lines in ((Path(run) / "episodes.jsonl").read_text() for run in (one, other))
    ]
    assert texts[0] == texts[1]


# The command `onelayer profile`


def typed(settings: dict[str, Any]) -> list[str]:
    """Return the settings as they are typed."""
    return [
        text
        for name, value in settings.items()
        for text in (f"--{name.replace('_', '-')}", str(value))
    ]


def run_profile(settings: dict[str, Any]) -> int:
    """Run `onelayer profile`; return its exit code."""
    from onelayer.cli import main

    return main(["profile", *typed(settings)])


def profile_without_clock(folder: Path) -> dict[str, Any]:
    """Return the profile of a folder without what a clock, or the place, decides."""
    content: dict[str, Any] = json.loads((folder / "profile.json").read_text())
    for name in ("created", "config"):
        content.pop(name)
    for run in content["runs"]:
        for clock in ("seconds", "cpu_seconds"):
            run.pop(clock)
    return content


def trained_weights(folder: Path) -> dict[tuple[str, str], Any]:
    """Return the trained tensors of every run of a profile, bit for bit."""
    from safetensors.torch import load_file

    return {
        (file.parent.name, name): tensor.tolist()
        for file in sorted((folder / "runs").rglob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


def known_score(job: Any) -> float:
    """Return what layers earn that gain 0.1, 0.4, 0.2 and 0.3 of full training's gain, as time goes by."""
    if job.config is None:
        return 0.1
    gain = {"0": 0.1, "1": 0.4, "2": 0.2, "3": 0.3}.get(job.config.layers, 1.0)
    return 0.1 + 0.5 * gain * float(job.config.iterations) / 8


# Profiles of learners whose true scores are known


def make_profile(base, full, layers, *, controls=None, num_layers=None, tasks=None, **changes):
    """Build a profile from scores: ``base`` a list of lists, ``full`` too, ``layers`` by index."""
    from onelayer.evals.contribution.record import BaseModel, Budget, Profile

    depth = num_layers or max(layers, default=0) + 1
    tasks = tasks or [f"task {i}" for i in range(len(base[0]))]
    runs = [
        _profile_run(f"full-seed-{s}", "full", range(depth), s, scores)
        for s, scores in enumerate(full)
    ]
    for layer, seeds in layers.items():
        runs += [
            _profile_run(f"layer-{layer:02}-seed-{s}", "layer", [layer], s, scores)
            for s, scores in enumerate(seeds)
        ]
    for control, (trained, seeds) in (controls or {}).items():
        runs += [
            _profile_run(f"{control}-seed-{s}", "control", trained, s, scores, control=control)
            for s, scores in enumerate(seeds)
        ]
    fields = {
        "created": "2026-11-22T00:00:00+00:00",
        "model": BaseModel("tiny", "abc", depth, "qwen3", 1000),
        "env": "onelayer/ALFWorld-v0",
        "algorithm": "gigpo",
        "budget": Budget(20, 2560, 3e-4, 2e-3),
    }
    return Profile(
        **fields | changes,
        tasks=tuple(tasks),
        base=tuple(tuple(scores) for scores in base),
        runs=tuple(runs),
    )


def drawn_profile(
    rng, *, base, full, layers, seeds=3, tasks=480, seed_sd=0.02, task_sd=0.2, **more
):
    """Draw 0/1 scores: a task's difficulty and a run's luck shift the chance of success."""
    shift_T = rng.normal(0, task_sd, tasks)

    def play(mean, number, sd=seed_sd):
        luck_S1 = rng.normal(0, sd, (number, 1))
        chance_ST = np.clip(mean + luck_S1 + shift_T, 0, 1)
        return (rng.random((number, tasks)) < chance_ST).astype(float).tolist()

    return make_profile(
        play(base, 1, sd=0.0),
        play(full, seeds),
        {layer: play(mean, seeds) for layer, mean in layers.items()},
        **more,
    )


def _profile_run(name, role, layers, seed, scores, control=None):
    from onelayer.evals.contribution.record import Run

    return Run(name, role, tuple(layers), seed, 2e-3, tuple(scores), control=control)


# ALFWorld


def kitchen(goal: str | None = None) -> Any:
    """Return the game of the hand-written kitchen, with its own goal or another."""
    from onelayer.envs.alfworld.records import GameRecord

    text = (HERE / "envs" / "alfworld" / "kitchen.pddl").read_text()
    if goal is not None:
        text = f"{text[: text.index('(:goal')]}(:goal {goal}))"
    return GameRecord(
        id="train/pick_heat_then_place_in_recep-Mug-None-Cabinet-1/trial_by_hand",
        task="put a hot mug in cabinet",
        walkthrough=(
            "go to countertop 1",
            "take mug 2 from countertop 1",
            "go to microwave 1",
            "heat mug 2 with microwave 1",
            "go to cabinet 1",
            "open cabinet 1",
            "move mug 2 to cabinet 1",
        ),
        pddl_problem=text,
    )


def play_kitchen(*commands: str) -> Any:
    """Return the engine after these commands in the kitchen; every one must do something."""
    from onelayer.envs.alfworld.game import Game
    from onelayer.envs.alfworld.native_engine import Engine

    engine = Engine(Game(kitchen()))
    for command in commands:
        assert engine.is_admissible(command), command
        engine.step(command)
    return engine


def real_games(split: str) -> Path:
    """Return the path of ALFWorld's own games; the test is skipped where they are absent."""
    path = SHARED_GAMES / f"games_{split}.jsonl.xz"
    if not path.exists():
        pytest.skip(f"ALFWorld's own games are not at {path}")
    return path
