"""`onelayer envs init` writes a package that works."""

import subprocess
import sys

import pytest

from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.cli import main
from onelayer.envs.plugins import make
from onelayer.envs.starter import write_package


def test_the_package_passes_the_check_and_its_own_test(tmp_path, capsys):
    folder = tmp_path / "my-world"
    assert main(["envs", "init", str(folder)]) == 0
    printed = capsys.readouterr().out
    here = f"{folder}/my_world.py:my_world/MyWorld-v0"
    assert f"onelayer envs check {here}" in printed
    assert main(["envs", "check", here, "--episodes", "2"]) == 0
    assert " 0 failed" in capsys.readouterr().out
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    tested = subprocess.run(command, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout


def test_its_environment_can_be_played_solved_and_lost(tmp_path):
    here, files = write_package(tmp_path / "maze_runner")
    assert [path.name for path in files] == [
        "pyproject.toml",
        "maze_runner.py",
        "test_maze_runner.py",
    ]
    env = make(here)
    tasks = env.unwrapped.tasks[:20]
    assert all(episode.success for episode in rollout([env], OracleAgent(env), tasks))
    by_chance = rollout([env], RandomAgent(0), tasks)
    assert 0 < sum(episode.success for episode in by_chance) < 20


def test_a_name_that_is_no_module_and_a_folder_in_use_are_refused(tmp_path, capsys):
    for name in ("2fast", "class", "a.b"):
        with pytest.raises(ValueError, match="can't be the name of a module"):
            write_package(tmp_path / name)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").write_text("mine")
    assert main(["envs", "init", str(tmp_path / "used")]) == 2
    assert "holds something; name a new folder" in capsys.readouterr().err
