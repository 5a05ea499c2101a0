"""Finds test tasks that are nearly training tasks.

Texts are compared by their runs of eight words. A number, an operator (``12 + 30`` is not ``12 * 30``) and a
character of a script without spaces count as words too. A test task is a near-duplicate if one training task
holds at least half of its runs. A test task of four to seven words is a near-duplicate if a training task
contains it whole, with no operator next to it: ``1 + 2 + 3`` does not contain ``1 + 2``. A shorter one is a
near-duplicate only of a training task with the same words.
"""

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

WORDS = 8
SHARE = 0.5
"""the share of a test task's runs that one training task must hold to make it a near-duplicate"""
_FEWEST = 4
"""words; a shorter test task is not looked for inside longer training tasks"""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese"""
_OPERATORS = "-+*/^=<>%!|&~\u00b1\u00b7\u00d7\u00f7\u2212\u2217\u221a\u2248\u2260\u2264\u2265\u22c5"
_WORD = re.compile(
    rf"\d+(?:[.,]\d+)*|[{_UNSPACED}]|(?:(?![\d{_UNSPACED}])\w)+|[{re.escape(_OPERATORS)}]"
)
Run = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A test task and the training task that is most like it."""

    test_id: str
    train_id: str
    share: float
    """the share of the test task's runs that the training task holds, from ``SHARE`` to 1"""


def near_duplicates(train: Mapping[str, str], test: Mapping[str, str]) -> list[NearDuplicate]:
    """Return the test tasks that have a near-duplicate in the training set, in their order.

    Args:
        train: the texts of the training tasks, by id.
        test: the texts of the test tasks, by id.
    """
    found: dict[str, NearDuplicate] = {}
    for pair in near_pairs(train, test):
        if pair.test_id not in found or pair.share > found[pair.test_id].share:
            found[pair.test_id] = pair
    return [found[test_id] for test_id in test if test_id in found]


def near_pairs(train: Mapping[str, str], test: Mapping[str, str]) -> Iterator[NearDuplicate]:
    """Yield every pair of a test task and a training task that it is a near-duplicate of.

    The arguments are those of ``near_duplicates``.
    """
    words_of = {test_id: _words(text) for test_id, text in test.items()}
    runs_of = {test_id: _runs(words, WORDS) for test_id, words in words_of.items()}
    tests_with: dict[Run, list[str]] = defaultdict(list)
    for test_id, runs in runs_of.items():
        for run in runs:
            tests_with[run].append(test_id)
    lengths = sorted({len(words) for words in words_of.values() if _FEWEST <= len(words) < WORDS})
    for train_id, text in train.items():
        words = _words(text)
        shared = Counter(
            test_id for run in _runs(words, WORDS) for test_id in tests_with.get(run, ())
        )
        for length in lengths:
            for run in _whole_runs(words, length):
                shared.update(dict.fromkeys(tests_with.get(run, ()), 1))
        for test_id, common in shared.items():
            share = min(1.0, common / len(runs_of[test_id]))
            if share >= SHARE:
                yield NearDuplicate(test_id, train_id, share)


def require_apart(
    train: Mapping[str, str],
    test: Mapping[str, str],
    train_name: str,
    test_name: str,
    allowed: bool,
) -> None:
    """Refuse a training set with near-duplicates of test tasks; where ``allowed``, only warn.

    Args:
        train: as in ``near_duplicates``; equal sets are compared once in a process.
        test: likewise.
        train_name: the training set's name, for the message.
        test_name: the test set's name, for the message.
        allowed: warn instead of raising.

    Raises:
        ValueError: there are near-duplicates, and they are not allowed; the message names some.
    """
    found = _compared(tuple(train.items()), tuple(test.items()))
    if not found:
        return
    said = report(found, len(test), train_name, test_name)
    if not allowed:
        raise ValueError(f"{said}; take them out, or go on with allow_contamination: true")
    warnings.warn(f"{said}; results on them say little", stacklevel=3)


@lru_cache(maxsize=8)
def _compared(
    train: tuple[tuple[str, str], ...], test: tuple[tuple[str, str], ...]
) -> tuple[NearDuplicate, ...]:
    return tuple(near_duplicates(dict(train), dict(test)))


def report(found: Sequence[NearDuplicate], tests: int, train: str, test: str) -> str:
    """Say how many test tasks were found and which are most like a training task."""
    worst = sorted(found, key=lambda one: -one.share)[:3]
    shown = ", ".join(f"{one.test_id} and {one.train_id} ({one.share:.0%})" for one in worst)
    return (
        f"{len(found)} of {tests} test problems of {test} nearly stand in the training set {train}: "
        f"{shown}{', ...' if len(found) > len(worst) else ''}"
    )


def _words(text: str) -> Run:
    return tuple(_WORD.findall(text.lower()))


def _runs(words: Run, length: int) -> set[Run]:
    if len(words) < length:
        return {words}
    return {words[i : i + length] for i in range(len(words) - length + 1)}


def _whole_runs(words: Run, length: int) -> Iterable[Run]:
    """The runs of ``length`` words with no operator next to them: ``add 1 + 2 + 3`` lacks ``add 1 + 2``."""
    for begin in range(len(words) - length + 1):
        around = (*words[max(0, begin - 1) : begin], *words[begin + length : begin + length + 1])
        if not any(word in _OPERATORS for word in around):
            yield words[begin : begin + length]
