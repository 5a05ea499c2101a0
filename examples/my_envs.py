"""Your own environment in one file: ``onelayer envs play examples/my_envs.py:Reverse-v0``."""

import gymnasium as gym

from onelayer.envs.text import Outcome, TextEnv


class Reverse(TextEnv):
    """Write a word backwards."""

    tasks = ("layer", "step", "anchor", "reward")

    def begin(self, task):
        self.word = task
        return f"Write backwards: {task}"

    def act(self, action):
        right = action == self.word[::-1]
        return Outcome("Right." if right else "No.", float(right), terminated=right, success=right)

    def anchor(self):
        return "asked"  # the one state there is; the task is added to it


gym.register("Reverse-v0", entry_point=Reverse, kwargs={"max_steps": 3})
