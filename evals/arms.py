"""Compares the arms of an experiment, each of them one run or several seeds of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from onelayer.evals.estimates import Estimate
from onelayer.evals.paired import by_task, mean_success
from onelayer.evals.results import Results, compare, require_comparable
from onelayer.evals.significance import arm_difference, holm, minimal_difference


@dataclass(frozen=True, slots=True)
class Arm:
    """Runs that differ only in their seed."""

    name: str
    runs: tuple[Results, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """How many more of the tasks one arm solves than another."""

    first: str
    second: str
    tasks: int
    runs: tuple[int, int]
    success: Estimate
    """difference of the success rates. For two single runs the interval is Newcombe's, which holds for these
    runs only; for groups of runs it holds for other seeds too"""
    p_value: float
    p_holm: float
    """p-value corrected for all pairs of the table (Holm)"""
    detectable: float
    """true difference that would be found with power 0.8"""


def compare_arms(arms: Sequence[Arm]) -> list[Pair]:
    """Return every pair of arms on the tasks that all their runs played, with Holm's correction.

    Raises:
        ValueError: there are fewer than two arms, or a pair has no comparable tasks in common.
    """
    if len(arms) < 2:
        raise ValueError(f"at least two arms are needed to compare, got {len(arms)}")
    pairs = [_pair(first, second) for first, second in combinations(arms, 2)]
    corrected = holm([pair.p_value for pair in pairs])
    return [
        Pair(
            *(pair.first, pair.second, pair.tasks, pair.runs, pair.success, pair.p_value, p),
            pair.detectable,
        )
        for pair, p in zip(pairs, corrected, strict=True)
    ]


def _pair(first: Arm, second: Arm) -> Pair:
    names, runs = (first.name, second.name), (len(first.runs), len(second.runs))
    if runs == (1, 1):
        whole = compare(first.runs[0], second.runs[0])[-1]
        return Pair(
            *names, whole.tasks, runs, whole.success, whole.p_value, whole.p_value, whole.detectable
        )
    for run in (*first.runs[1:], *second.runs):
        require_comparable(first.runs[0], run)
    played = [[by_task(run.counted) for run in arm.runs] for arm in (first, second)]
    tasks = [task for task in played[0][0] if all(task in run for arm in played for run in arm)]
    if len(tasks) < 2:
        raise ValueError(
            f"{first.name} and {second.name} have {len(tasks)} tasks in common, not two"
        )
    ours, theirs = ([mean_success(tasks, run) for run in arm] for arm in played)
    found = arm_difference(ours, theirs)
    deviation = (found.high - found.low) / 2 / 1.96
    return Pair(
        *names,
        len(tasks),
        runs,
        Estimate(found.value, found.low, found.high),
        found.p_value,
        found.p_value,
        minimal_difference(deviation, 1),
    )
