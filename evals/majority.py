"""maj@k: how often the commonest of k answers is right.

Answers that the grader calls equal, such as 1/2 and 0.5, vote together. In a tie, the answer that was given
first wins. An attempt without an answer does not vote. If a task has more than k attempts, the figure is the
mean over all subsets of k attempts, or over ``MOST_CHOICES`` subsets drawn with a fixed seed where there are
more.

X. Wang et al., arXiv 2203.11171 (self-consistency).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

from onelayer.agents.episodes import Episode

MOST_CHOICES = 2_000


def majority_shares(episodes: Sequence[Episode], k: int) -> dict[str, float]:
    """Return the chance, for each task, that the majority of ``k`` of its attempts is right.

    Raises:
        ValueError: a task has fewer than ``k`` attempts.
    """
    attempts: dict[str, list[Episode]] = {}
    for episode in episodes:
        attempts.setdefault(episode.task, []).append(episode)
    return {task: _share(of_task, k) for task, of_task in attempts.items()}


def groups(attempts: Sequence[Episode]) -> list[int | None]:
    """Return the group of each attempt at a task: the index of the first attempt with an equal answer.

    Attempts of one group are all right or all wrong, so 1/2 and 2/4 may be in two groups where only one form
    was asked for. None stands for an attempt without an answer.
    """
    firsts: list[int] = []
    found: list[int | None] = []
    for i, attempt in enumerate(attempts):
        if attempt.answer is None:
            found.append(None)
            continue
        same = (first for first in firsts if _agree(attempt, attempts[first]))
        group = next(same, i)
        if group == i:
            firsts.append(i)
        found.append(group)
    return found


def _share(attempts: Sequence[Episode], k: int) -> float:
    if not 1 <= k <= len(attempts):
        raise ValueError(f"maj@{k} needs at least {k} attempts at each task, got {len(attempts)}")
    group_of = groups(attempts)
    right = [attempts[choice].success for choice in _winners(group_of, k) if choice is not None]
    choices = min(math.comb(len(attempts), k), MOST_CHOICES)
    return sum(right) / choices


def _winners(group_of: Sequence[int | None], k: int) -> Iterable[int | None]:
    """Return the winning group of each subset of ``k`` attempts, None where no attempt votes."""
    for choice in _choices(len(group_of), k):
        votes = Counter(group_of[i] for i in choice if group_of[i] is not None)
        yield votes.most_common(1)[0][0] if votes else None  # in a tie, the one met first


def _choices(n: int, k: int) -> Iterable[Sequence[int]]:
    if math.comb(n, k) <= MOST_CHOICES:
        return combinations(range(n), k)
    rng = np.random.default_rng(0)
    return (sorted(rng.choice(n, k, replace=False).tolist()) for _ in range(MOST_CHOICES))


def _agree(one: Episode, other: Episode) -> bool:
    """Return whether two attempts are both right, or both wrong, with the same answer.

    Only the texts are compared where the grader is not installed.
    """
    assert one.answer is not None and other.answer is not None
    if one.success != other.success:
        return False
    if one.answer.strip() == other.answer.strip():
        return True
    return _same_value(one.answer, other.answer)


@lru_cache(maxsize=100_000)  # the row of a kind and the row of all tasks compare the same answers
def _same_value(one: str, other: str) -> bool:
    try:
        from onelayer.envs.math import grade_answer

        return grade_answer(one, other).correct
    except ImportError:
        return False
