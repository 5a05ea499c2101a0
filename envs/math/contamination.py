"""Whether problems to train on are, nearly, problems to test on.

Problems are compared by their runs of eight words: a test problem is a near-duplicate of a training problem
that holds at least half of its runs. Shorter problems are compared whole.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onelayer.envs.math.problems import Problem

WORDS = 8
SHARE = 0.5
"""of a test problem's runs of words; at least so many stand in one training problem"""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A test problem and the training problem that is most like it."""

    test_id: str
    train_id: str
    share: float
    """of the test problem's runs that the training problem holds, from ``SHARE`` to 1"""


def near_duplicates(train: Iterable[Problem], test: Sequence[Problem]) -> list[NearDuplicate]:
    """Return the test problems that nearly stand in the training set, in their order."""
    runs_of = {problem.id: _runs(problem.prompt) for problem in test}
    tests_with: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for test_id, runs in runs_of.items():
        for run in runs:
            tests_with[run].append(test_id)
    found: dict[str, NearDuplicate] = {}
    for problem in train:
        shared: Counter[str] = Counter()
        for run in _runs(problem.prompt):
            shared.update(tests_with.get(run, ()))
        for test_id, common in shared.items():
            share = common / len(runs_of[test_id])
            if share >= SHARE and (test_id not in found or share > found[test_id].share):
                found[test_id] = NearDuplicate(test_id, problem.id, share)
    return [found[problem.id] for problem in test if problem.id in found]


def report(found: Sequence[NearDuplicate], tests: int, train: str, test: str) -> str:
    """Say how many test problems were found and which are most like a training problem."""
    worst = sorted(found, key=lambda one: -one.share)[:3]
    shown = ", ".join(f"{one.test_id} and {one.train_id} ({one.share:.0%})" for one in worst)
    return (
        f"{len(found)} of {tests} test problems of {test} nearly stand in the training set {train}: "
        f"{shown}{', ...' if len(found) > len(worst) else ''}"
    )


def _runs(text: str) -> set[tuple[str, ...]]:
    words = tuple(_WORD.findall(text.lower()))
    if len(words) < WORDS:
        return {words}
    return {words[i : i + WORDS] for i in range(len(words) - WORDS + 1)}
