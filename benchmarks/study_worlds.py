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
_NAMES: dict[tuple[Any, ...], list[str]] = {}
"""names of the tasks by the arguments that decide them: a run makes 64 environments"""


class ShortMaze(Maze):
    """Find a goal that lies from ``near`` to ``far`` moves away, in any direction, in a maze of its own.

    The action is the first direction that a reply names, whatever else it says: easier for a small chat
    model than tags.
    """

    free_form = True
    instructions = "Walk to the goal. Answer with one word: north, east, south or west."

    def __init__(
        self,
        split: str = "train",
        size: int = 5,
        max_steps: int = 4,
        near: int = 1,
        far: int = 3,
        render_mode: str | None = None,
    ):
        if not 1 <= near <= min(far, 2 * size - 2):
            raise ValueError(f"near is from 1 to far and at most 2 * size - 2, got {near} of {far}")
        super().__init__(split, size, max_steps, render_mode)
        self.near, self.far = near, far
        kind = (split, size, near, far)
        if kind not in _NAMES:
            _NAMES[kind] = self._each_once(split)
        self._tasks = _NAMES[kind]

    @property
    def tasks(self) -> Sequence[str]:
        """The mazes of the split."""
        return self._tasks

    def begin(self, task: str) -> str:
        """Start near the goal."""
        self.ways = self._open_ways(task)
        self.at, self.exit = self._ends(task, self.ways)
        return self._view()

    def act(self, action: str) -> Any:
        """Walk in the direction that the reply names first, if that is open."""
        named = (word for word in re.findall("[a-z]+", action.lower()) if word in WAYS)
        return super().act(next(named, ""))

    def solution(self, task: str) -> Sequence[str]:
        """Return the shortest way to the goal."""
        ways = self._open_ways(task)
        start, goal = self._ends(task, ways)
        path: Sequence[str] = self._paths(ways, start)[goal]
        return path

    def _open_ways(self, task: str) -> Any:
        """Open half of the walls too, so that the goal is mostly where it lies and luck finds it seldom."""
        ways, drawn = super()._open_ways(task), random.Random(f"{task} doors")
        for at in sorted(ways):
            for way in ("east", "south"):
                there = self._around(at).get(way)
                if there is not None and drawn.random() < 0.5:
                    ways[at][way] = there
                    ways[there][{"east": "west", "south": "north"}[way]] = at
        return {at: {way: ways[at][way] for way in WAYS if way in ways[at]} for at in ways}

    def _ends(self, task: str, ways: Any) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return where a task starts and where its goal is."""
        drawn = random.Random(f"{task} ends")
        while True:
            start = drawn.choice(sorted(ways))
            paths = self._paths(ways, start)
            if goals := [at for at in sorted(paths) if self.near <= len(paths[at]) <= self.far]:
                return start, drawn.choice(goals)

    def _each_once(self, split: str) -> list[str]:
        """Return the names of the split's tasks: no two are the same, and no maze is in both splits."""
        names: dict[str, str] = {}
        number = 0
        while len(names) < TASKS[split]:
            task = f"maze-{self.size}-{number}"
            ways = self._open_ways(task)
            passages = repr(sorted((at, tuple(sorted(found))) for at, found in ways.items()))
            if (zlib.crc32(passages.encode()) % 2 == 1) == (split == "test"):
                names.setdefault(f"{passages} {self._ends(task, ways)}", task)
            number += 1
        return list(names.values())

    def _view(self) -> str:
        east, south = (goal - here for goal, here in zip(self.exit, self.at, strict=True))
        offsets = (("east", east), ("west", -east), ("south", south), ("north", -south))
        goal = " and ".join(f"{n} {way}" for way, n in offsets if n > 0)
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
