"""Counting: a small environment for tests and first steps.

Every question asks for the last digit of a sum, the right answer is the next question's first number,
and a few right answers solve the task.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from onelayer.envs.text import Outcome, TextEnv


class CountingEnv(TextEnv):
    """Count on by ones, twos or threes, last digit only.

    A right answer earns ``1 / length`` and a solved task 1 in all; after a wrong one the same question
    comes again. A task is a first number and what to count by: ``by-2-from-7``.

    Args:
        split: "train" or "test"; their tasks never overlap.
        length: right answers that solve a task.
        digits: how many digits there are, from 2 (only 0 and 1) to 10.
        max_steps: answers until the episode is truncated; by default two for each right one.
        render_mode: "ansi" lets ``render()`` return the last text.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")

    def __init__(
        self,
        split: str = "train",
        length: int = 3,
        digits: int = 10,
        max_steps: int | None = None,
        render_mode: str | None = None,
    ):
        if split not in self.splits:
            raise ValueError(f"split must be one of {', '.join(self.splits)}, got {split!r}")
        if length < 1:
            raise ValueError(f"length must be at least 1, got {length}")
        if not 2 <= digits <= 10:
            raise ValueError(f"digits must be from 2 to 10, got {digits}")
        super().__init__(2 * length if max_steps is None else max_steps, render_mode)
        self.length = length
        self.success_margin = (
            1 / length
        )  # all but one right answer may be given without solving the task
        self.digits = digits
        self._tasks = tuple(
            f"by-{by}-from-{first}"
            for by in (1, 2, 3)
            for first in range(digits)
            if ((by + first) % 4 == 0) == (split == "test")
        )
        self._by = self._last = self._right = 0

    @property
    def tasks(self) -> Sequence[str]:
        """The ids of the tasks of this split."""
        return self._tasks

    def begin(self, task: str) -> str:
        """Start ``task``."""
        self._by, self._last = _numbers(task)
        self._right = 0
        return self._question()

    def act(self, action: str) -> Outcome:
        """Compare the answer with the next number."""
        answer = action.strip()
        if answer != str(self._next()):
            return Outcome(self._question(), valid=answer in self.admissible())
        self._last, self._right = self._next(), self._right + 1
        solved = self._right == self.length
        return Outcome(
            "Right." if solved else self._question(), 1 / self.length, solved, success=solved
        )

    def anchor(self) -> Hashable:
        """Return how many right answers were given: the task names the rest."""
        return self._right

    def admissible(self) -> tuple[str, ...]:
        """Return the digits."""
        return tuple(str(digit) for digit in range(self.digits))

    def details(self) -> Mapping[str, Any]:
        """Say what is counted by."""
        return {"kind": f"by {self._by}"}

    def solution(self, task: str) -> Sequence[str]:
        """Return the right answers."""
        by, first = _numbers(task)
        return [str((first + by * i) % self.digits) for i in range(1, self.length + 1)]

    def _next(self) -> int:
        return (self._last + self._by) % self.digits

    def _question(self) -> str:
        return f"{self._last} + {self._by} ="


def _numbers(task: str) -> tuple[int, int]:
    """Read what to count by and the first number from a task's id."""
    _, by, _, first = task.split("-")
    return int(by), int(first)
