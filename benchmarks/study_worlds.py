"""The text world of the second study: mazes of a few squares a side, walked in a few turns.

``study_worlds:study/Maze-v0`` is ``examples/maze`` with more tasks, and in words that a small chat model can
answer. No maze is in both splits.
"""

import re
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "maze"))

from onelayer_maze import WAYS, Maze

TASKS = {"train": 400, "test": 300}


class ShortMaze(Maze):
    """Find the exit of a maze of ``size`` squares a side; see ``Maze``.

    A reply is the one way that it names, whatever else it says: easier for a small chat model than tags.
    """

    free_form = True
    instructions = "Choose a direction. Answer with one of the words: north, east, south, west."

    def __init__(
        self,
        split: str = "train",
        size: int = 3,
        max_steps: int = 8,
        render_mode: str | None = None,
    ):
        super().__init__(split, size, max_steps, render_mode)
        names: list[str] = []
        number = 0
        while len(names) < TASKS[split]:
            if self._split_of(f"maze-{size}-{number}") == split:
                names.append(f"maze-{size}-{number}")
            number += 1
        self._tasks = names

    @property
    def tasks(self) -> Sequence[str]:
        """The mazes of the split."""
        return self._tasks

    def act(self, action: str) -> Any:
        """Walk, if the reply names one way and that is open."""
        named = {word for word in re.findall("[a-z]+", action.lower()) if word in WAYS}
        return super().act(named.pop() if len(named) == 1 else "")

    def _split_of(self, task: str) -> str:
        """Decide by the open ways themselves, so that no maze is in both splits."""
        self.begin(task)
        ways = sorted((at, tuple(sorted(ways))) for at, ways in self.ways.items())
        return "test" if zlib.crc32(repr(ways).encode()) % 2 else "train"

    def _view(self) -> str:
        east, south = (goal - here for goal, here in zip(self.exit, self.at, strict=True))
        ways = " or ".join(self.ways[self.at])
        return f"The goal is {east} east and {south} south. Open: {ways}. Your word:"


if "study/Maze-v0" not in gym.registry:
    gym.register("study/Maze-v0", entry_point=ShortMaze)
