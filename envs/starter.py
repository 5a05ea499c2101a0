"""A new package of environments: files to begin with, which pass ``onelayer envs check`` and train."""

import keyword
import re
from pathlib import Path

_PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{project}"
version = "0.1.0"
description = "Environments for onelayer."
requires-python = ">=3.11"
dependencies = ["onelayer"]

[project.optional-dependencies]
dev = ["pytest"]

# onelayer imports this module: its environment is then listed, played and trained on by its id.
[project.entry-points."onelayer.envs"]
{module} = "{module}"

[tool.setuptools]
py-modules = ["{module}"]
"""

_MODULE = '''\
"""{title}: replace the world by yours; `onelayer envs check` says what it must keep to."""

import random

import gymnasium as gym

from onelayer.envs.text import Outcome, TextEnv


class {class_name}(TextEnv):
    """Find a hidden number by asking whether it is higher or lower.

    Args:
        split: "train" or "test"; no task is in both.
        highest: the numbers are 1 to this one.
        max_steps: guesses until the episode is truncated.
        render_mode: "ansi" lets `render()` return the last text.
    """

    splits = ("train", "test")
    instructions = "Find the hidden number. Each guess is answered by: higher, lower, or right."

    def __init__(
        self, split: str = "train", highest: int = 9, max_steps: int = 4, render_mode: str | None = None
    ):
        if split not in self.splits:
            raise ValueError(f"split must be one of {{', '.join(self.splits)}}, got {{split!r}}")
        super().__init__(max_steps, render_mode)
        self.highest = highest
        self._tasks = tuple(f"{{split}}-{{i}}" for i in range(200 if split == "train" else 50))

    @property
    def tasks(self):
        """The ids of the tasks of this split, in a fixed order."""
        return self._tasks

    def begin(self, task):
        """Start a task; everything follows from its id, or from `self.np_random`."""
        self.hidden = random.Random(task).randint(1, self.highest)
        self.low, self.high = 1, self.highest
        return self._question()

    def act(self, action):
        """Answer a guess."""
        if action not in self.admissible():
            return Outcome(self._question(), valid=False)  # what is not understood changes nothing
        guess = int(action)
        if guess == self.hidden:
            return Outcome("Right.", reward=1.0, terminated=True, success=True)
        if guess < self.hidden:
            self.low = max(self.low, guess + 1)
            return Outcome(f"Higher. {{self._question()}}")
        self.high = min(self.high, guess - 1)
        return Outcome(f"Lower. {{self._question()}}")

    def anchor(self):
        """Name the state: equal for equal states of a task, and for no others."""
        return (self.low, self.high)

    def admissible(self):
        """List the legal actions; leave this out where they can't be listed."""
        return tuple(str(number) for number in range(1, self.highest + 1))

    def solution(self, task):
        """Return actions that solve the task; leave this out where none are known."""
        return [str(random.Random(task).randint(1, self.highest))]

    def _question(self):
        return f"It is from {{self.low}} to {{self.high}}. Your guess?"


gym.register("{module}/{class_name}-v0", entry_point={class_name})
'''

_TEST = """\
import {module}  # registers the environment
from onelayer.envs.check import check


def test_the_environment_keeps_its_promises():
    assert {module}.{class_name}.splits == ("train", "test")
    assert not [finding for finding in check("{module}/{class_name}-v0") if finding.failed]
"""


def write_package(folder: Path) -> tuple[str, list[Path]]:
    """Write a package named after ``folder``: a project file, a module with an environment, and a test.

    Returns:
        The id of its environment, as ``file.py:id``, and the files.

    Raises:
        ValueError: the name can't be that of a module.
        FileExistsError: the folder holds something.
    """
    module = re.sub(r"[-\s]+", "_", folder.name)
    if not module.isidentifier() or keyword.iskeyword(module):
        raise ValueError(f"{folder.name!r} can't be the name of a module; name it as my_world")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something; name a new folder")
    names = {
        "module": module,
        "project": module.replace("_", "-").lower(),
        "class_name": "".join(part[:1].upper() + part[1:] for part in module.split("_")),
        "title": module.replace("_", " ").capitalize(),
    }
    written = []
    for name, text in (
        ("pyproject.toml", _PROJECT),
        (f"{module}.py", _MODULE),
        (f"test_{module}.py", _TEST),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(text.format(**names), encoding="utf-8")
        written.append(path)
    return f"{folder / module}.py:{module}/{names['class_name']}-v0", written
