"""Problems with a checkable answer, one an episode: ``gymnasium.make("onelayer/Math-v0")``."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields
from importlib.util import find_spec
from typing import Any, ClassVar

import gymnasium as gym

from onelayer.envs.math import Conventions, Grade
from onelayer.envs.math.formats import FORMATS
from onelayer.envs.math.formats import answer_format as format_named
from onelayer.envs.math.problems import Problem, Problems
from onelayer.envs.math.sources import load_problems
from onelayer.envs.text import Outcome, TextEnv
from onelayer.settings import did_you_mean

BOXED = FORMATS["boxed"]
_TURNS_WITH_FEEDBACK = 3
_SHOWN = 10
"""how many of the rows left out of a data set the report names"""


class MathEnv(TextEnv):
    """Mathematics with a checkable answer: procedurally generated problems, or a data set.

    The whole reply is the action. An episode is one answer, right or wrong; with ``feedback`` a wrong one may
    be followed by another. Beyond ``TextEnv``'s entries ``info`` holds ``kind`` (the family, level or
    subject), and after an answer ``extracted`` (the answer that was read, or None), ``reason`` (why it
    counts or does not), ``fallback`` (whether the answer was found although it was not marked as asked),
    ``timeouts`` (answers of this episode so far that could not be compared in time, and so earned nothing)
    and ``reward_parts``: ``correctness`` and ``format``, which add up to the reward. An action is valid
    if an answer could be read.

    Args:
        dataset: None for problems of reasoning-gym's families (``pip install 'onelayer[math]'``); a name
            such as ``"gsm8k"``, a ``.jsonl`` or ``.parquet`` file, or a folder in the hub's layout.
        split: ``"train"``, ``"test"``, or what the data set has.
        families: families and topics (``"arithmetic"``), one or several; None for all that are curated.
        family_config: reasoning-gym's settings: ``{max_terms: 2}`` for one family, else
            ``{chain_sum: {max_terms: 2}}``.
        count: problems in the split; by default 10,000 of the families, or all of a data set, from which
            ``count`` are drawn with ``seed``. A ``test_dataset`` stays whole.
        seed: other seeds give other problems of the families.
        path: a local copy of a named data set, to read instead of the hub.
        dataset_config: the configuration of a data set that has several.
        columns: which columns hold ``id``, ``prompt``, ``answer`` and ``kind``: ``{prompt: question}``.
        test_dataset: the data set of the split ``"test"``, where it is another one.
        allow_contamination: train although problems of the test set resemble training problems.
        skip_unusable: leave out rows without a problem or a usable reference answer, and count them
            (``onelayer envs check`` says which), instead of refusing the data set.
        skip_contaminated: leave out training problems of which a test problem is a near-duplicate, and count
            them, instead of refusing the data set.
        answer_format: which mark is asked for: ``boxed``, ``hash`` (``#### 42``), ``phrase`` ("The answer
            is 42"), or ``number`` (the last number). An answer marked otherwise counts all the same.
        strict_format: an answer counts only if it is marked as asked for.
        format_reward: reward for using that mark in an episode's last reply; 0 for none.
        feedback: say that an answer is wrong, and let the agent try again.
        max_turns: answers in an episode; 1, or 3 with feedback.
        conventions: of the grader, by name: ``{units_optional: false}``; see ``Conventions``. Here
            ``worked_out`` is on, so that repeating the problem earns nothing.
        render_mode: "ansi" lets ``render()`` return the last text.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    free_form = True

    def __init__(
        self,
        dataset: str | None = None,
        split: str = "train",
        *,
        families: str | Sequence[str] | None = None,
        family_config: Mapping[str, Any] | None = None,
        count: int | None = None,
        seed: int = 0,
        path: str | None = None,
        dataset_config: str | None = None,
        columns: Mapping[str, str] | None = None,
        test_dataset: str | None = None,
        allow_contamination: bool = False,
        skip_unusable: bool = False,
        skip_contaminated: bool = False,
        answer_format: str = "boxed",
        strict_format: bool = False,
        format_reward: float = 0.0,
        feedback: bool = False,
        max_turns: int | None = None,
        conventions: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ):
        turns = max_turns or (_TURNS_WITH_FEEDBACK if feedback else 1)
        if turns > 1 and not feedback:
            raise ValueError(f"max_turns={max_turns} needs feedback=True: nothing would be told")
        if not 0 <= format_reward <= 1:
            raise ValueError(f"format_reward must be from 0 to 1, got {format_reward}")
        _require_grader()
        super().__init__(turns, render_mode)
        self.format = format_named(answer_format)
        self.strict_format = strict_format
        self.format_reward = float(format_reward)
        self.success_margin = 1 - self.format_reward  # right but unmarked, against wrong but marked
        self.feedback = feedback
        self.conventions = _conventions(conventions or {})
        self.instructions = f"Solve the problem. {self.format.asked}"
        self.problems: Problems = load_problems(
            dataset,
            split,
            families=families,
            family_config=family_config,
            count=count,
            seed=seed,
            path=path,
            config=dataset_config,
            columns=columns,
            test_dataset=test_dataset,
            allow_contamination=allow_contamination,
            skip_unusable=skip_unusable,
            skip_contaminated=skip_contaminated,
        )
        self._problem: Problem | None = None
        self._answers: tuple[str | None, ...] = ()
        self._judged: Mapping[str, Any] = {}

    @property
    def tasks(self) -> Sequence[str]:
        """The ids of the problems."""
        return self.problems.ids

    def begin(self, task: str) -> str:
        """Return the problem."""
        self._problem = self.problems[task]
        self._answers, self._judged = (), {}
        return self._problem.prompt

    def act(self, action: str) -> Outcome:
        """Judge a reply."""
        grade, in_format = self._grade(action)
        self._answers = (*self._answers, grade.extracted)
        ends = grade.correct or len(self._answers) >= self.max_steps
        parts = {
            "correctness": float(grade.correct),
            "format": self.format_reward if in_format and ends else 0.0,
        }
        self._judged = {
            "extracted": grade.extracted,
            "reason": grade.reason,
            "fallback": grade.extracted is not None and not in_format,
            "timeouts": self._judged.get("timeouts", 0) + grade.timed_out,
            "reward_parts": parts,
        }
        return Outcome(
            self._comment(grade, ends),
            sum(parts.values()),
            terminated=ends,
            success=grade.correct,
            valid=grade.extracted is not None,
        )

    def anchor(self) -> Hashable:
        """Return the answers that were given: the task names the rest."""
        return self._answers

    def details(self) -> Mapping[str, Any]:
        """Return the kind, and after an answer how it was judged."""
        assert self._problem is not None
        return {"kind": self._problem.kind, **self._judged}

    def solution(self, task: str) -> Sequence[str] | None:
        """Return a reply with the reference answer, None where there is none."""
        answer = self.problems[task].answer
        return None if answer is None else [self.format.write(answer)]

    def report(self) -> Sequence[str]:
        """Return how many rows of the data set were left out, and why."""
        left_out = getattr(self.problems, "left_out", ())
        if not left_out:
            return ()
        total = len(left_out) + len(self.problems.ids)
        return [f"left out {len(left_out):,} of {total:,} rows:", *left_out[:_SHOWN]]

    def _grade(self, reply: str) -> tuple[Grade, bool]:
        """Return the grade of a reply, and whether it marks its answer as asked."""
        assert self._problem is not None
        answer = self.format.extract(reply)
        # Boxes are left to the grader, which may read several as one answer.
        if answer is not None and self.format is not BOXED:
            return self.problems.grade(self._problem, answer, self.conventions), True
        if answer is None and self.strict_format:
            return Grade(False, None, "no answer is marked as asked"), False
        grade = self.problems.grade_reply(self._problem, reply, self.conventions)
        if answer is None and not grade.correct and _is_none(grade.extracted, self._problem.answer):
            return Grade(False, None, "no answer was found"), False
        return grade, answer is not None

    def _comment(self, grade: Grade, ends: bool) -> str:
        if grade.correct:
            return "Right."
        if ends:
            return "Wrong."
        if grade.extracted is None:
            return f"No answer was found. {self.format.asked}"
        return "Wrong. Try again."


def _require_grader() -> None:
    """Raise before the first episode where math-verify is missing, not in the middle of one."""
    if find_spec("math_verify") is None:
        raise gym.error.DependencyNotInstalled(
            'answers are graded with math-verify: pip install "onelayer[math]"'
        )


def _is_none(found: str | None, gold: str | None) -> bool:
    """Return whether nothing was found, or only words such as "I do not know" in place of a number."""
    has_digit = [any(map(str.isdigit, text or "")) for text in (found, gold)]
    return found is None or (has_digit == [False, True] and len(found.split()) > 1)


def _conventions(given: Mapping[str, Any]) -> Conventions:
    known = [f.name for f in fields(Conventions)]
    for name in given:
        if name not in known:
            raise ValueError(f"there is no convention {name!r}{did_you_mean(str(name), known)}")
    return Conventions(**{"worked_out": True, **given})
