"""What the second study plays beside reasoning-gym's problems: comparisons of numbers, and mazes.

``study_worlds:study/Maze-v0`` is ``examples/maze`` with more tasks, a start near the exit, and shorter texts.
No maze is in both splits.
"""

import json
import random
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
    """Find the exit of a maze of ``size`` squares a side, from ``near`` to ``far`` moves away.

    The action is the one direction that a reply names, whatever else it says: easier for a small chat model
    than tags.
    """

    free_form = True
    instructions = "Walk to the goal. Answer with one word: north, east, south or west."

    def __init__(
        self,
        split: str = "train",
        size: int = 3,
        max_steps: int = 8,
        near: int = 2,
        far: int = 4,
        render_mode: str | None = None,
    ):
        if not 1 <= near <= min(far, 2 * size - 2):
            raise ValueError(f"near is from 1 to far and at most 2 * size - 2, got {near} of {far}")
        super().__init__(split, size, max_steps, render_mode)
        self.near, self.far = near, far
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

    def begin(self, task: str) -> str:
        """Start on a square near the exit."""
        self.ways = self._open_ways(task)
        self.at = self._start(task, self.ways)
        return self._view()

    def act(self, action: str) -> Any:
        """Walk, if the reply names exactly one direction and that is open."""
        named = {word for word in re.findall("[a-z]+", action.lower()) if word in WAYS}
        return super().act(named.pop() if len(named) == 1 else "")

    def solution(self, task: str) -> Sequence[str]:
        """Return the shortest way to the exit."""
        ways = self._open_ways(task)
        path: Sequence[str] = self._paths(ways, self._start(task, ways))[self.exit]
        return path

    def _start(self, task: str, ways: Any) -> tuple[int, int]:
        paths = self._paths(ways, self.exit)
        near = [at for at in sorted(paths) if self.near <= len(paths[at]) <= self.far]
        start: tuple[int, int] = random.Random(f"{task} starts").choice(near)
        return start

    def _split_of(self, task: str) -> str:
        """Decide by the maze's passages themselves, so that no maze is in both splits."""
        ways = sorted((at, tuple(sorted(ways))) for at, ways in self._open_ways(task).items())
        return "test" if zlib.crc32(repr(ways).encode()) % 2 else "train"

    def _view(self) -> str:
        east, south = (goal - here for goal, here in zip(self.exit, self.at, strict=True))
        goal = " and ".join(f"{n} {way}" for n, way in ((east, "east"), (south, "south")) if n)
        return f"The goal is {goal}. Open: {', '.join(self.ways[self.at])}."


def write_comparisons(path: Path) -> None:
    """Write problems such as "Which of these numbers is the largest: 57, 93, 12, 40?", each once."""
    drawn = random.Random(0)
    texts: dict[str, str] = {}
    while len(texts) < TASKS["train"] + TASKS["test"]:
        numbers = drawn.sample(range(10, 100), 4)
        for word, answer in (("largest", max(numbers)), ("smallest", min(numbers))):
            asked = f"Which of these numbers is the {word}: {', '.join(map(str, numbers))}?"
            texts[asked] = str(answer)
    rows = [
        {"id": f"{number}", "prompt": prompt, "answer": answer}
        | {"split": "train" if number < TASKS["train"] else "test"}
        for number, (prompt, answer) in enumerate(texts.items())
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


if "study/Maze-v0" not in gym.registry:
    gym.register("study/Maze-v0", entry_point=ShortMaze)
