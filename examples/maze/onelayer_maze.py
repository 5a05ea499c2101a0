"""Mazes to walk through: an environment in a package of its own."""

import random

import gymnasium as gym

from onelayer.envs.text import Outcome, TextEnv

WAYS = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}


class Maze(TextEnv):
    """Find the exit of a maze; each task is another one.

    Args:
        split: "train" or "test".
        size: squares along a side.
        max_steps: moves until the episode is truncated.
        render_mode: "ansi" lets ``render()`` return the last text.
    """

    splits = ("train", "test")
    success_margin = 1.0

    def __init__(self, split="train", size=4, max_steps=30, render_mode=None):
        if split not in self.splits or size < 2:
            raise ValueError(f"split is train or test and size at least 2, got {split!r}, {size}")
        super().__init__(max_steps, render_mode)
        self.size, self.exit = size, (size - 1, size - 1)
        self._tasks = [f"{split}-{size}-{i}" for i in range(200 if split == "train" else 50)]

    @property
    def tasks(self):
        return self._tasks

    def begin(self, task):
        self.ways, self.at = self._open_ways(task), (0, 0)
        return self._view()

    def act(self, action):
        valid = action in self.ways[self.at]
        self.at = self.ways[self.at].get(action, self.at)
        out = self.at == self.exit
        return Outcome("You are out." if out else self._view(), float(out), out, out, valid)

    def anchor(self):
        return self.at

    def admissible(self):
        return tuple(self.ways[self.at])

    def solution(self, task):
        return self._paths(self._open_ways(task), (0, 0))[self.exit]

    def _open_ways(self, task):
        """Walk at random from the first square to all others: where that walk came through is open."""
        rng, ways, path = random.Random(task), {(0, 0): {}}, [(0, 0)]
        while path:
            closed = [w for w, to in self._around(path[-1]).items() if to not in ways]
            if not closed:
                path.pop()
                continue
            way = rng.choice(closed)
            here, there = path[-1], self._around(path[-1])[way]
            back = list(WAYS)[(list(WAYS).index(way) + 2) % 4]
            ways[here][way], ways[there] = there, {back: here}
            path.append(there)
        return ways

    def _paths(self, ways, start):
        """Return the shortest way from a square to each square."""
        paths, reached = {start: []}, [start]
        for at in reached:  # grows while it is read: breadth first
            for way, to in ways[at].items():
                if to not in paths:
                    paths[to] = [*paths[at], way]
                    reached.append(to)
        return paths

    def _around(self, at):
        steps = {way: (at[0] + x, at[1] + y) for way, (x, y) in WAYS.items()}
        return {w: (x, y) for w, (x, y) in steps.items() if 0 <= min(x, y) <= max(x, y) < self.size}

    def _view(self):
        east, south = (goal - here for goal, here in zip(self.exit, self.at, strict=True))
        return f"The exit is {east} east and {south} south. Ways: {', '.join(self.ways[self.at])}."


def register():
    """Register the maze with Gymnasium; onelayer calls this."""
    gym.register("maze/Maze-v0", entry_point="onelayer_maze:Maze")
