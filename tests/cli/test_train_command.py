"""`onelayer train`, as it is typed: what it writes, repeats, refuses, and trains that is not ours."""

import importlib.metadata
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import pytest
import yaml
from helpers import timeless, tiny_model

from onelayer.cli import main
from onelayer.envs import plugins

torch = pytest.importorskip("torch")

ROOT = Path(__file__).parents[2]
QUICK = {
    "env": "onelayer/Counting-v0",
    "env-args": "{digits: 2, length: 2}",
    "iterations": 2,
    "tasks-per-iteration": 2,
    "group-size": 4,
    "response-limit": 3,
    "learning-rate": 0.01,
    "eval-every": 1,
    "eval-tasks": 4,
}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Forget afterwards what a plug-in registered."""
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setattr(plugins, "_searched", set())
    monkeypatch.setattr(plugins, "_origins", dict(plugins._origins))
    monkeypatch.setattr(plugins, "_registered_by", dict(plugins._registered_by))
    before = dict(gym.registry)
    yield
    gym.registry.clear()
    gym.registry.update(before)
    for name in ("my_envs", "onelayer_maze", "interrupted_env"):
        sys.modules.pop(name, None)


@pytest.fixture
def speaker(tmp_path):
    """Return ``speaker(words, *read) -> folder``: a model that mostly says one of the words, or stops.

    It reads the words of ``read`` too. Every token has the same first coordinate, and the head reads from
    it what is likely.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    def make(words, *read):
        special = ["<pad>", "<bos>", "<eos>", "<act>", "<unk>"]
        vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*special, *words, *read]))}
        bare = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        bare.pre_tokenizer = pre_tokenizers.Whitespace()
        names = {f"{name}_token": f"<{name}>" for name in ("pad", "bos", "eos", "unk")}
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=bare, additional_special_tokens=["<act>"], **names
        )
        model = tiny_model(tied=False, initializer_range=0.1, vocab_size=len(tokenizer))
        with torch.no_grad():
            model.get_input_embeddings().weight[:, 0] = 1.0
            model.get_output_embeddings().weight[:, 0] = -0.7
            model.get_output_embeddings().weight[[vocabulary[w] for w in (*words, "<eos>")], 0] = (
                0.7
            )
        model.save_pretrained(tmp_path / "model")
        tokenizer.save_pretrained(tmp_path / "model")
        return tmp_path / "model"

    return make


@pytest.fixture
def model(speaker):
    """A model for Counting with two digits."""
    return speaker(["0", "1"], *"23+=.?", "Right")


def flags(**values):
    chosen = {name.replace("_", "-"): value for name, value in values.items()}
    return [text for name, value in chosen.items() for text in (f"--{name}", str(value))]


def train(**values):
    """Run the command with a few quick settings and these."""
    chosen = {**QUICK, **{name.replace("_", "-"): value for name, value in values.items()}}
    return main(["train", *flags(**chosen)])


def errors(capsys):
    """The lines of the program itself on stderr; libraries may write others."""
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("onelayer:")]


def test_dynamic_sampling_is_counted_on_the_console(model, tmp_path, capsys):
    assert train(model=model, out=tmp_path / "run", dynamic_sampling=2, eval_every=0) == 0
    shown = capsys.readouterr()
    lines = timeless(tmp_path / "run")
    more, flat = (sum(line[name] for line in lines) for name in ("redrawn_groups", "flat_groups"))
    assert (
        f"dynamic sampling: {more:.0f} groups played beyond the 4 that were learned from; {flat:.0f} of "
        "these stayed flat"
    ) in shown.out
    assert re.search(r"kl [\d.]+, redrawn \d+, flat \d+", shown.err)


def test_an_estimator_of_a_file_is_trained_with_and_named_after(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from onelayer.trainers.advantages import grpo\n"
        "from onelayer.trainers.estimators import register_estimator\n\n"
        "@register_estimator('scaled')\n"
        "def scaled(episodes, *, gamma, omega, divide_by_std, by: float = 1.0):\n"
        "    return by * grpo(episodes, divide_by_std=divide_by_std)\n"
    )
    for name, by in (("one", 1.0), ("two", 2.0)):
        own = {"algorithm": "mine.py:scaled", "algorithm_args": f"{{by: {by}}}", "eval_every": 0}
        assert train(model=model, iterations=1, out=tmp_path / name, **own) == 0
    one, two = (timeless(tmp_path / name)[0] for name in ("one", "two"))
    assert two["advantage"] == pytest.approx(2 * one["advantage"])


def test_a_run_fills_its_folder_and_says_what_came_out(model, tmp_path, capsys):
    assert train(model=model, out=tmp_path / "run") == 0
    shown = capsys.readouterr()
    assert re.search(r"trained layer 2: [\d,]+ parameters, \d+\.\d% of the model", shown.out)
    assert re.search(r"held-out success \d+\.\d% -> \d+\.\d%", shown.out)
    assert f"onelayer eval {tmp_path / 'run'}" in shown.out
    assert "2/2" in shown.err  # the bar
    assert len(re.findall(r"iteration +\d: held-out success", shown.out + shown.err)) == 3
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        ".lock",
        "checkpoints",
        "config.yaml",
        "episodes.jsonl",
        "layer.safetensors",
        "metrics.jsonl",
    ]
    config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert config["model"] == str(model)
    assert (config["group_size"], config["resume"], config["gamma"]) == (4, False, 0.95)


def test_the_config_of_a_run_repeats_it(model, tmp_path):
    assert train(model=model, out=tmp_path / "run", seed=3) == 0
    config = tmp_path / "run" / "config.yaml"
    assert main(["train", "--config", str(config), "--out", str(tmp_path / "again")]) == 0
    assert timeless(tmp_path / "again") == timeless(tmp_path / "run")
    again = (tmp_path / "again" / "config.yaml").read_text().replace("/again", "/run")
    assert again == config.read_text()


def test_without_a_name_the_folder_is_named_after_the_run(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train(model="model", algorithm="grpo", layers="1", iterations=1) == 0
    assert (tmp_path / "runs" / "counting-grpo-1-0" / "layer.safetensors").is_file()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"layers": "17"}, "17"),
        ({"layers": "middle"}, "layers 'middle' is not understood; write 14,"),
        ({"layers": "best:1@none.json"}, "none.json"),
        ({"algorithm": "gipgo"}, "gipgo"),
        ({"env": "onelayer/Countin-v0"}, "Did you mean: `Counting`?"),
        ({"env": "no_such.py:Maze-v0"}, "there is no file no_such.py"),
        ({"env-args": "{digit: 2}"}, "did you mean 'digits'?"),
        ({"env-args": "{digits: 1}"}, "digits must be from 2 to 10, got 1"),
        ({"env-args": "digits"}, "--env-args takes a mapping"),
        ({"eval-split": "dev"}, "split must be one of train, test, got 'dev'"),
        ({"model": "./absent"}, "no model in ./absent"),
        ({"dtype": "int8"}, "dtype is float32 or bfloat16, got 'int8'"),
        ({"group-size": "0"}, "group_size must be at least 1, got 0"),
        ({"resume": "true"}, "holds no checkpoint to resume from"),
        ({"log-with": "paper"}, "log_with is tensorboard, wandb or trackio, got 'paper'"),
        (
            {"response-limit": "600"},
            "a reply of 600 tokens does not fit into the model's 512 positions",
        ),
    ],
)
def test_what_cannot_work_is_one_line_and_leaves_no_folder(
    model, tmp_path, monkeypatch, capsys, wrong, message
):
    monkeypatch.chdir(tmp_path)
    assert train(**{"model": model, "out": tmp_path / "run", **wrong}) == 2
    [line] = errors(capsys)
    assert line.startswith("onelayer: error: ")
    assert message in line
    assert not (tmp_path / "run").exists()


def test_a_tracker_that_is_not_installed_is_said_before_anything_else(
    model, tmp_path, monkeypatch, capsys
):
    from onelayer.commands import train as command

    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert train(model=model, out=tmp_path / "run", log_with="wandb") == 2
    assert "log_with=wandb needs `pip install wandb`" in errors(capsys)[0]


def test_a_folder_that_holds_a_run_is_refused_and_kept(model, tmp_path, capsys):
    assert train(model=model, out=tmp_path / "run", iterations=1) == 0
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    capsys.readouterr()
    assert train(model=model, out=tmp_path / "run", iterations=1) == 2
    assert "holds a run; add --resume to go on, or name another --out" in errors(capsys)[0]
    assert train(model=model, out=tmp_path / "run", gamma=0.5, resume="true") == 2
    assert "was trained with gamma=0.95, not 0.5" in errors(capsys)[0]
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


def test_a_finished_run_can_be_made_longer(model, tmp_path):
    assert train(model=model, out=tmp_path / "whole", iterations=4) == 0
    assert train(model=model, out=tmp_path / "run", iterations=2) == 0
    config = str(tmp_path / "run" / "config.yaml")
    assert main(["train", "--config", config, "--iterations", "4", "--resume"]) == 0
    assert timeless(tmp_path / "run") == timeless(tmp_path / "whole")
    assert yaml.safe_load(Path(config).read_text())["iterations"] == 4


INTERRUPTED = """
import signal
import gymnasium as gym
from onelayer.envs.counting import CountingEnv

steps = 0

class Interrupted(CountingEnv):
    def act(self, action):
        global steps
        steps += 1
        if steps == 60:
            signal.raise_signal(signal.SIGINT)
        return super().act(action)

gym.register("Interrupted-v0", entry_point=Interrupted)
"""


def test_ctrl_c_says_how_to_go_on_and_that_works(model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("interrupted_env.py").write_text(INTERRUPTED)
    env = "interrupted_env.py:Interrupted-v0"
    assert train(model=model, env=env, out="run", iterations=5, eval_every=0) == 130
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    told = re.search(
        r"stopped before iteration (\d) of 5; go on with\n  onelayer (.*)\n", shown.out
    )
    assert told and int(told[1]) >= 1
    assert len(timeless(Path("run"))) == int(told[1])
    assert main(shlex.split(told[2])) == 0
    assert train(model=model, env=env, out="whole", iterations=5, eval_every=0) == 0
    assert timeless(Path("run")) == timeless(Path("whole"))


def test_an_environment_of_a_file_is_trained(speaker, tmp_path, capsys):
    """The example of a file: its four answers are words of the model."""
    answers = ["reyal", "pets", "rohcna", "drawer"]
    model = speaker(
        answers, "Write", "backwards", ":", "layer", "step", "anchor", "reward", "No", "."
    )
    env = f"{ROOT / 'examples' / 'my_envs.py'}:Reverse-v0"
    learning = {"iterations": 30, "tasks_per_iteration": 4, "group_size": 8, "eval_every": 0}
    assert train(model=model, env=env, env_args="", out=tmp_path / "run", **learning) == 0
    success = [line["success"] for line in timeless(tmp_path / "run")]
    assert sum(success[-5:]) > sum(success[:5]) + 1  # a fifth more of the episodes


def test_evaluating_on_the_training_tasks_is_said(speaker, tmp_path):
    env = f"{ROOT / 'examples' / 'my_envs.py'}:Reverse-v0"
    with pytest.warns(
        UserWarning, match="Reverse-v0 has no splits: evaluation plays the tasks that"
    ):
        status = train(model=speaker(["pets"]), env=env, env_args="", out=tmp_path / "run")
    assert status == 0


@pytest.fixture
def installed_maze(tmp_path, monkeypatch):
    """Install the example package as a user does, into a folder of its own."""
    source = shutil.copytree(ROOT / "examples" / "maze", tmp_path / "source")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    try:
        modern = int(importlib.metadata.version("setuptools").split(".")[0]) >= 77
    except importlib.metadata.PackageNotFoundError:
        modern = False
    command += [str(tmp_path / "site"), *(["--no-build-isolation"] if modern else []), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.mark.slow
def test_an_installed_package_is_listed_and_trained(installed_maze, speaker, tmp_path, capsys):
    ways = ["north", "east", "south", "west"]
    model = speaker(ways, "The", "exit", "is", *"0123", "Ways", ":", ".", ",", "You", "are", "out")
    assert main(["envs", "list"]) == 0
    assert re.search(r"maze/Maze-v0 .*onelayer-maze", capsys.readouterr().out)
    settings = {
        "env": "maze/Maze-v0",
        "env_args": "{size: 2, max_steps: 6}",
        "iterations": 45,
        "tasks_per_iteration": 4,
        "group_size": 8,
        "response_limit": 2,
        "learning_rate": 0.003,
        "invalid_penalty": 0.1,  # of at most six steps: speaking at all is learned first
        "eval_every": 45,
        "eval_tasks": 20,
    }
    assert train(model=model, out=tmp_path / "run", **settings) == 0
    lines = timeless(tmp_path / "run")
    success = [line["success"] for line in lines if "success" in line]
    assert sum(success[-5:]) > sum(success[:5]) + 1  # a fifth more of the episodes
    assert [line["iteration"] for line in lines if "eval/success" in line] == [0, 45]


def test_a_run_that_went_on_tells_of_the_whole_run(model, tmp_path, capsys):
    assert train(model=model, out=tmp_path / "run", iterations=2) == 0
    config = tmp_path / "run" / "config.yaml"
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").open()]
    lines[0] |= {"eval/success": 0.125, "seconds/rollout": 600.0}  # as if the start had been so
    lines[1] |= {"eval/success": 0.25}
    (tmp_path / "run" / "metrics.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines)
    )
    capsys.readouterr()
    assert main(["train", "--config", str(config), "--iterations", "3", "--resume"]) == 0
    shown = capsys.readouterr().out
    assert "held-out success 12.5% -> " in shown
    assert re.search(r"10\.\d minutes", shown)


def test_a_copied_run_goes_on_in_the_copy(model, tmp_path):
    assert train(model=model, out=tmp_path / "run", iterations=1) == 0
    shutil.copytree(tmp_path / "run", tmp_path / "the copy")
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    config = str(tmp_path / "the copy" / "config.yaml")
    assert main(["train", "--config", config, "--iterations", "2", "--resume"]) == 0
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before
    assert [line["iteration"] for line in timeless(tmp_path / "the copy")] == [0, 1, 2]
    out = yaml.safe_load(Path(config).read_text())["out"]
    assert out == str(tmp_path / "the copy")


def test_a_named_folder_wins_over_that_of_the_config(model, tmp_path):
    assert train(model=model, out=tmp_path / "run", iterations=1) == 0
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    config = str(tmp_path / "copy" / "config.yaml")
    command = ["train", "--config", config, "--iterations", "2", "--resume"]
    assert main([*command, f"--out={tmp_path / 'run'}"]) == 0
    assert [line["iteration"] for line in timeless(tmp_path / "copy")] == [0, 1]


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_to_stop_is_told_as_ctrl_c_is(model, tmp_path, monkeypatch, capsys, name, code):
    monkeypatch.chdir(tmp_path)
    Path("stopped_env.py").write_text(INTERRUPTED.replace("SIGINT", name).replace("Inter", name))
    env = f"stopped_env.py:{name}rupted-v0"
    assert train(model=model, env=env, out="run", iterations=5, eval_every=0) == code
    shown = capsys.readouterr()
    assert re.search(r"stopped before iteration \d of 5; go on with\n  onelayer train", shown.out)
    assert "onelayer: interrupted" in shown.err
    assert "Traceback" not in shown.err


def test_a_full_disk_is_one_line_that_says_how_to_go_on(model, tmp_path, monkeypatch, capsys):
    from onelayer.trainers import checkpoints

    write = checkpoints._save

    def full(state, file):
        if state["optimizer"]["state"]:
            raise OSError(28, "No space left on device")
        return write(state, file)

    monkeypatch.setattr(checkpoints, "_save", full)
    assert train(model=model, out=tmp_path / "run", iterations=3, checkpoint_every=1) == 2
    [told] = errors(capsys)
    assert "No space left on device; when it can, go on from the checkpoint of iteration 0" in told
