"""What a set of problems is, wherever it is from: ids, problems, and how an answer is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from onelayer.envs.math import Conventions, Grade


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem."""

    id: str
    prompt: str
    answer: str | None
    """the reference answer; None where many answers are right and none is given"""
    kind: str = ""
    """its family, level or subject: the rows of an evaluation table"""


class Problems(Protocol):
    """The problems of one split; they may be many and made when they are asked for."""

    @property
    def ids(self) -> Sequence[str]:
        """All ids, in a fixed order."""

    def __getitem__(self, problem_id: str, /) -> Problem:
        """Return a problem; KeyError where there is none."""

    def grade(self, problem: Problem, answer: str, conventions: Conventions = ...) -> Grade:
        """Judge an answer that was found in a reply."""

    def grade_reply(self, problem: Problem, reply: str, conventions: Conventions = ...) -> Grade:
        """Judge a whole reply, wherever its answer stands."""
