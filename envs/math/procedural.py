"""Generated problems: a family of reasoning-gym makes each of them from its number, when it is needed.

No text is in both splits. Seeds alone would not ensure that, since a family with small numbers makes the same
problem from many seeds. So the hash of a problem's text decides its split, and for each number several seeds
are tried until one gives a problem of the wanted split.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from onelayer.envs.math import Conventions, Grade, grade_answer, grade_response
from onelayer.envs.math.families import (
    CURATED,
    SCORED_HERE,
    chosen_configs,
    chosen_families,
    make_entry,
    scores_by_itself,
)
from onelayer.envs.math.formats import FORMATS
from onelayer.envs.math.problems import Problem
from onelayer.errors import UnknownName

CONVENTIONS = Conventions(worked_out=True)
SPLITS = ("train", "test")
COUNT = 10_000
"""problems of a split, by default"""
NUMBERS_PER_SEED = 10_000_000
_TRIES = 64
"""seeds tried for a number; a quarter of all texts are for testing, so all 64 miss with 0.75**64 = 1e-8"""
_TEST_QUARTERS = 1
_TIMES = re.compile(r"\\times|\\cdot|\*|·")
_LONGEST_ANSWER = 10_000
"""characters; far longer than any family's answer"""


class ProceduralProblems:
    """The problems of some families, in turns, by ids such as ``gcd/test/17``.

    Args:
        families: see ``chosen_families``.
        family_config: see ``chosen_configs``.
        split: one of ``SPLITS``.
        count: how many problems there are.
        seed: other seeds give other problems, of the same split.

    Raises:
        ValueError: an argument is unknown or out of range.
        gymnasium.error.DependencyNotInstalled: reasoning-gym is missing.
    """

    def __init__(
        self,
        families: str | Sequence[str] | None = None,
        family_config: Mapping[str, Any] | None = None,
        *,
        split: str = "train",
        count: int = COUNT,
        seed: int = 0,
    ):
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
        if not 1 <= count <= NUMBERS_PER_SEED:
            raise ValueError(f"count must be from 1 to {NUMBERS_PER_SEED}, got {count}")
        if seed < 0:
            raise ValueError(f"seed must be at least 0, got {seed}")
        self.split, self.count, self.seed = split, count, seed
        self.families = chosen_families(families)
        self.configs = chosen_configs(self.families, family_config)
        self.ids = _Ids(self.families, split, seed * NUMBERS_PER_SEED, count)
        self._made = lru_cache(maxsize=1024)(self._make)

    def __getitem__(self, problem_id: str) -> Problem:
        return self._made(problem_id)[0]

    def __reduce__(self) -> tuple[Callable[[], "ProceduralProblems"], tuple[()]]:
        configs = {family: dict(config) for family, config in self.configs.items()}
        again = partial(
            procedural_problems,
            self.families,
            configs,
            split=self.split,
            count=self.count,
            seed=self.seed,
        )
        return again, ()  # without the cache of problems

    def grade(self, problem: Problem, answer: str, conventions: Conventions = CONVENTIONS) -> Grade:
        """Judge by our grader where the family's answers are plain values, else by its own scorer."""
        family = problem.kind
        if family in CURATED and CURATED[family].by_grader:
            return grade_answer(
                answer, problem.answer or "", prompt=problem.prompt, conventions=conventions
            )
        if len(answer) > _LONGEST_ANSWER:
            return Grade(False, answer, f"longer than {_LONGEST_ANSWER} characters")
        if not scores_by_itself(family):
            right = answer.split() == (problem.answer or "").split()
            return Grade(right, answer, "the same text" if right else "another text")
        _, dataset, entry = self._made(problem.id)
        if family in SCORED_HERE:
            score = _score_here(dataset, entry, answer)
        else:
            from onelayer.envs.math.scorer import score_in_child

            found = score_in_child(family, self.configs[family], entry, answer)
            if found is None:
                return Grade(False, answer, f"{family}'s scorer does not take it")
            score = found
        right = score >= 1.0  # lower scores are partial credit
        return Grade(right, answer, f"{family}'s own scorer gives {score}")

    def grade_reply(
        self, problem: Problem, reply: str, conventions: Conventions = CONVENTIONS
    ) -> Grade:
        """Judge an answer marked in any format, or else a reply of one line as the answer."""
        if problem.kind in CURATED and CURATED[problem.kind].by_grader:
            return grade_response(
                reply, problem.answer or "", prompt=problem.prompt, conventions=conventions
            )
        for name in ("boxed", "hash", "phrase"):
            answer = FORMATS[name].extract(reply)
            if answer is not None:
                return self.grade(problem, answer)
        lines = reply.strip().splitlines()
        if len(lines) != 1:
            return Grade(False, None, "no answer was found")
        return self.grade(problem, lines[0].strip())

    def _make(self, problem_id: str) -> tuple[Problem, Any, Mapping[str, Any]]:
        """Return a problem, with reasoning-gym's data set and entry for its scorer."""
        family, number = self.ids.parse(problem_id)
        for attempt in range(_TRIES):
            # Even seeds for training and odd ones for testing, of 32 bits: some families take no more.
            seed = ((number * _TRIES + attempt) * 2 + SPLITS.index(self.split)) % 2**32
            dataset, entry = make_entry(family, self.configs[family], seed)
            if split_of(entry["question"]) == self.split:
                question, answer = entry["question"].strip(), entry["answer"]
                answer = None if answer is None else str(answer)
                return Problem(problem_id, question, answer, family), dataset, entry
        raise ValueError(
            f"{family} with {dict(self.configs[family])} makes too few different problems: none of "
            f"{_TRIES} was for the {self.split} split; widen its settings"
        )


def _score_here(dataset: Any, entry: Mapping[str, Any], answer: str) -> float:
    """Return the score of a scorer that only compares text, 0 where it cannot read the answer."""
    if entry["metadata"]["source_dataset"] == "prime_factorization":
        answer = _TIMES.sub("\N{MULTIPLICATION SIGN}", answer.strip("$ "))
    try:
        return float(dataset.score_answer(answer, entry))
    except Exception:
        return 0.0


def split_of(question: str) -> str:
    """Return the split that a problem belongs to; case and spaces do not count."""
    text = " ".join(question.lower().split())
    quarter = hashlib.blake2b(text.encode(), digest_size=8).digest()[0] % 4
    return "test" if quarter < _TEST_QUARTERS else "train"


def procedural_problems(
    families: str | Sequence[str] | None = None,
    family_config: Mapping[str, Any] | None = None,
    *,
    split: str = "train",
    count: int = COUNT,
    seed: int = 0,
) -> ProceduralProblems:
    """Return ``ProceduralProblems``; environments with equal arguments share what was made."""
    several = None if families is None else [families] if isinstance(families, str) else families
    asked = json.dumps([several, family_config, split, count, seed], sort_keys=True, default=str)
    return _shared(asked)


@lru_cache(maxsize=16)
def _shared(asked: str) -> ProceduralProblems:
    families, family_config, split, count, seed = json.loads(asked)
    return ProceduralProblems(families, family_config, split=split, count=count, seed=seed)


class _Ids(Sequence[str]):
    """``<family>/<split>/<number>``, the families in turns; made when asked for."""

    def __init__(self, families: Sequence[str], split: str, first: int, count: int):
        self._families, self._split, self._first, self._count = families, split, first, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        number, place = divmod(index, len(self._families))
        return f"{self._families[place]}/{self._split}/{self._first + number}"

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, problem_id: object) -> bool:
        try:
            self.parse(str(problem_id))
        except KeyError:
            return False
        return True

    def parse(self, problem_id: str) -> tuple[str, int]:
        """Return family and number of an id."""
        family, _, number = problem_id.replace(f"/{self._split}/", "\0").partition("\0")
        if family in self._families and number.isdecimal() and number == str(int(number)):
            place = self._families.index(family)
            index = (int(number) - self._first) * len(self._families) + place
            if 0 <= index < self._count:
                return family, int(number)
        raise UnknownName(
            f"there is no problem {problem_id!r}; the first of {len(self):,} is {self[0]!r}"
        )
