"""The tasks that ship: written for this project, with references, wrong solutions and drawn tests."""

import importlib
from functools import cache

from onelayer.envs.code.problem import CodeTask
from onelayer.envs.code.shipped import Shipped, shipped_tasks

TOPICS = (
    "arithmetic",
    "words",
    "sequences",
    "mappings",
    "parsing",
    "puzzles",
    "machines",
    "keepers",
    "programs",
)
TEST = frozenset(
    [
        "arithmetic/digit_sum",
        "arithmetic/to_base",
        "arithmetic/mean",
        "words/is_palindrome",
        "words/common_prefix",
        "words/run_lengths",
        "sequences/rotate",
        "sequences/running_maximum",
        "sequences/merge_intervals",
        "mappings/count_letters",
        "mappings/merge_totals",
        "parsing/parse_duration",
        "parsing/balanced",
        "puzzles/two_that_sum",
        "puzzles/edit_distance",
        "machines/Account",
        "machines/RingBuffer",
        "programs/sum_of_lines",
        "programs/tic_tac_toe",
    ]
)
"""the held-out tasks; a task never changes sides"""


@cache
def written() -> tuple[Shipped, ...]:
    """Return every task as it was written, with its wrong solutions."""
    modules = [f"{__name__}.{topic}" for topic in TOPICS]
    for module in modules:
        importlib.import_module(module)
    return tuple(shipped_tasks(modules))


@cache
def load_shipped() -> tuple[CodeTask, ...]:
    """Return every task, each with the split it is in."""
    return tuple(task.task("test" if task.id in TEST else "train") for task in written())
