"""Environments of others: a package that brings one, and a file; listed, checked, trained on, evaluated."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import pytest
from helpers import tiny_model

from onelayer.cli import main
from onelayer.envs import plugins

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Install examples/maze into a folder of its own, from a copy: building leaves files behind."""
    folder = tmp_path_factory.mktemp("maze")
    source = shutil.copytree(EXAMPLES / "maze", folder / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    target = ["--no-build-isolation", "--target", str(folder / "site"), str(source)]
    done = subprocess.run([*pip, *target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder, and forget afterwards what was registered and imported there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setattr(plugins, "_searched", set())
    monkeypatch.setattr(plugins, "_origins", dict(plugins._origins))
    monkeypatch.setattr(plugins, "_registered_by", dict(plugins._registered_by))
    registered = dict(gym.registry)
    yield tmp_path
    gym.registry.clear()
    gym.registry.update(registered)
    sys.modules.pop("my_envs", None)


@pytest.fixture(scope="module")
def model(tmp_path_factory, plain_tokenizer):
    folder = tmp_path_factory.mktemp("model")
    tiny_model(layers=3).save_pretrained(folder)
    plain_tokenizer.save_pretrained(folder)
    return folder


def installed_program(*arguments, path, folder):
    """Run the installed program in a process of its own; return its output."""
    done = subprocess.run(
        [Path(sys.executable).with_name("onelayer"), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def train(env, model):
    """Train one layer for two iterations in the working folder."""
    flags = ["--iterations", "2", "--tasks-per-iteration", "2", "--group-size", "2"]
    flags += ["--layers", "1", "--response-limit", "4", "--eval-every", "0", "--out", "runs/try"]
    assert main(["train", "--model", str(model), "--env", env, *flags]) == 0
    assert Path("runs/try/layer.safetensors").is_file()


def test_an_installed_package_is_listed_with_its_splits_and_description(site, tmp_path):
    listed = installed_program("envs", "list", path=site, folder=tmp_path).splitlines()
    (row,) = [line for line in listed if line.startswith("maze/Maze-v0")]
    assert row.split()[1:4] == ["train", "test", "onelayer-maze"]
    assert row.endswith("Find the exit of a maze; each task is another one.")


def test_without_the_package_it_is_not_there(tmp_path):
    assert "maze" not in installed_program("envs", "list", path="", folder=tmp_path)


def test_an_installed_package_keeps_its_promises(site, tmp_path):
    checked = installed_program("envs", "check", "maze/Maze-v0", path=site, folder=tmp_path)
    assert "19 checks, 0 failed" in checked
    assert "5 tasks solved" in checked


def test_an_agent_trains_in_an_installed_package_and_is_evaluated_there(
    site, model, here, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(site)
    train("maze/Maze-v0", model)
    assert main(["eval", "runs/try", "--random", "--expert", "--episodes", "4"]) == 0
    table = capsys.readouterr().out
    assert "held-out tasks of maze/Maze-v0" in table
    assert "| 100.0 % [" in table  # the expert plays Maze.solution()


def test_an_environment_of_a_file_is_checked_trained_on_and_evaluated(model, here, capsys):
    shutil.copy(EXAMPLES / "my_envs.py", here)
    assert main(["envs", "check", "my_envs:Reverse-v0"]) == 0
    assert "19 checks, 0 failed" in capsys.readouterr().out
    train("my_envs:Reverse-v0", model)
    assert main(["eval", "runs/try", "--episodes", "3"]) == 0
    assert "| All       | 3 |" in capsys.readouterr().out.replace("|  3 |", "| 3 |")


def test_the_environment_of_the_file_takes_about_twelve_lines():
    lines = (EXAMPLES / "my_envs.py").read_text().splitlines()
    code = [line for line in lines if line.strip() and '"""' not in line]
    assert len(code) <= 13
