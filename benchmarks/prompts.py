"""The world that the benchmarks play: a prompt of a given length, any reply, a reward from its text.

It takes next to no time itself, so that the model is what is measured. Words are drawn from the vocabulary,
about one for each token; with several turns, all observations after the first have the same length.
"""

import random
import zlib

import gymnasium as gym

from onelayer.envs.text import Outcome, TextEnv

_WORDS = [
    "take",
    "put",
    "go",
    "open",
    "close",
    "look",
    "heat",
    "cool",
    "the",
    "a",
    "from",
    "to",
    "in",
]
_WORDS += [
    "apple",
    "mug",
    "plate",
    "knife",
    "desk",
    "lamp",
    "drawer",
    "fridge",
    "and",
    "is",
    "you",
    "see",
]


class Prompts(TextEnv):
    """``count`` tasks, each a prompt of ``words`` words, each answered ``turns`` times.

    The reward of an episode is a checksum of its replies, between 0 and 1. A reply that is cut at its limit
    counts as empty.
    """

    free_form = True

    def __init__(self, count: int = 8, words: int = 180, turns: int = 1, later_words: int = 20):
        super().__init__(max_steps=turns)
        self.count, self.words, self.later_words = count, words, later_words
        self._named, self._said = "", ""

    @property
    def tasks(self) -> list[str]:
        """``prompt-0``, ``prompt-1``, ..."""
        return [f"prompt-{i}" for i in range(self.count)]

    def begin(self, task: str) -> str:
        """Return the first observation."""
        self._named, self._said = task, ""
        return self._text(self.words)

    def act(self, action: str) -> Outcome:
        """Accept any text as a valid action."""
        self._said += action
        last = self._steps + 1 >= self.max_steps
        reward = checksum(self._said) if last else 0.0
        return Outcome(self._text(self.later_words), reward, terminated=last, success=reward > 0.5)

    def anchor(self) -> str:
        """Return the replies so far: two states are equal only if their replies are."""
        return self._said

    def _text(self, words: int) -> str:
        draw = random.Random(f"{self._named} {len(self._said)}")
        return " ".join(draw.choice(_WORDS) for _ in range(words))


def checksum(text: str) -> float:
    """Return a number between 0 and 1 that changes with the text."""
    return zlib.crc32(text.encode()) / 2**32


def make_prompts(count: int, words: int, turns: int = 1) -> gym.Env[str, str]:
    """Return one such environment."""
    return Prompts(count, words, turns)
