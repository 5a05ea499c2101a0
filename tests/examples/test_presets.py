"""The presets of the papers: they have the papers' figures, and run, shortened, with the tiny model."""

import json
import random
from pathlib import Path

import pytest

from onelayer.cli import main
from onelayer.commands.configuration import parse_config
from onelayer.envs.alfworld.environment import ALFWorldEnv
from onelayer.envs.math.environment import MathEnv
from onelayer.envs.plugins import arguments, resolve
from onelayer.settings import parse_mapping
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import parse_layers

EXAMPLES = Path(__file__).parents[2] / "examples"
PRESETS = ("paper-alfworld.yaml", "paper-math.yaml")
OF_ALFWORLD = {
    "iterations": 150,
    "tasks_per_iteration": 16,
    "group_size": 8,
    "history": "2",
    "response_limit": 512,
    "divide_by_std": True,
    "gamma": 0.95,
    "omega": 1.0,
    "beta": 0.01,
    "invalid_penalty": 0.1,
    "learning_rate": 3e-6,
    "temperature": 1.0,
    "eval_temperature": 0.4,
    "eval_tasks": 128,
    "minibatch_rows": 256,
    "algorithm": "gigpo",
}
OF_MATH = {
    "algorithm": "grpo",
    "divide_by_std": True,
    "tasks_per_iteration": 512,
    "group_size": 4,
    "minibatches": 4,
    "response_limit": 3072,
    "beta": 0.001,
    "clip_low": 0.2,
    "clip_high": 0.2,
    "learning_rate": 5e-6,
}


def read(preset):
    return parse_config(
        TrainConfig, ["--config", str(EXAMPLES / preset)], program="train", description=""
    )


@pytest.mark.parametrize(("preset", "figures"), [(PRESETS[0], OF_ALFWORLD), (PRESETS[1], OF_MATH)])
def test_a_preset_has_the_figures_of_its_paper(preset, figures):
    config = read(preset)
    assert {name: getattr(config, name) for name in figures} == figures
    config.estimator()


def test_their_layers_and_environments_are_those_of_the_papers():
    alfworld, math = map(read, PRESETS)
    assert parse_layers(alfworld.layers, 28) == [14]
    assert parse_layers(math.layers, 28) == [10]
    given = parse_mapping(alfworld.env_args, "")
    assert (given["max_steps"], given["success_reward"]) == (50, 10)
    assert 49 * alfworld.invalid_penalty < given["success_reward"]
    assert parse_mapping(math.env_args, "")["count"] == 50_000
    assert math.iterations == 4 * 50_000 // math.tasks_per_iteration
    for config, env in ((alfworld, ALFWorldEnv), (math, MathEnv)):
        known = arguments(resolve(config.env))
        assert resolve(config.env).entry_point
        assert env.splits
        assert set(parse_mapping(config.env_args, "")) <= set(known)


def test_without_its_games_the_preset_plays_no_others(capsys, monkeypatch):
    monkeypatch.delenv("ALFWORLD_DATA", raising=False)
    assert main(["train", "--config", str(EXAMPLES / PRESETS[0])]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "games are to be read from $ALFWORLD_DATA, which is not set" in error


WORDS = ("hen", "boat", "market", "farmer", "harbour", "red", "wooden", "buys", "sells", "counts")
WORDS += ("twice", "half", "every", "old", "road", "wind")


def story(number):
    return f"{' '.join(random.Random(number).sample(WORDS, 12))} {number}, how many?"


def numina(folder):
    """Write rows as NuminaMath-CoT has them, a proof and a problem of the test set among them."""
    rows = [
        {"source": "synthetic", "problem": story(n), "solution": f"$\\boxed{{{2 * n}}}$"}
        for n in range(6)
    ]
    rows.append({"source": "olympiads", "problem": "Prove it.", "solution": "Clear."})
    tests = [{"prompt": story(n), "answer": "1"} for n in (10, 11)]
    tests.append({"prompt": f"{story(3)} Say it!", "answer": "6"})
    (folder / "data").mkdir(parents=True)
    for name, written in (("data/train-00000-of-00001.jsonl", rows), ("test.jsonl", tests)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in written))
    return (
        f"{{dataset: numina, path: {folder / 'data'}, count: 5, skip_unusable: true, "
        f"skip_contaminated: true, test_dataset: {folder / 'test.jsonl'}}}"
    )


SHORT = {
    "model": "tiny",
    "iterations": 2,
    "tasks-per-iteration": 2,
    "group-size": 2,
    "response-limit": 8,
    "eval-every": 1,
    "eval-tasks": 2,
}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_runs_shortened_with_the_tiny_model(preset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if preset == PRESETS[0]:
        changes = {"minibatch-rows": 5}
        changes["env-args"] = "{games: generated, max_steps: 4, success_reward: 10}"
    else:
        changes = {"env-args": numina(tmp_path / "numina"), "layers": "mid"}
    flags = [f"--{name}={value}" for name, value in (SHORT | changes).items()]
    assert main(["train", "--config", str(EXAMPLES / preset), *flags]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "layer.safetensors").is_file()
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert len(lines) == 3  # two iterations and the last evaluation
    assert all("eval/success" in line for line in lines)
    kept = read(preset)
    written = parse_config(
        TrainConfig, ["--config", str(folder / "config.yaml")], program="train", description=""
    )
    for name in ("dtype", "beta", "gamma", "divide_by_std", "eval_temperature", "weight_decay"):
        assert getattr(written, name) == getattr(kept, name)
