"""How the processes of a run share its work, so that they learn what one process would.

Process 0 has the first tasks, process 1 the next ones, and so on: the episodes of all processes, one after
the other, are those that one process plays. A process may have more tasks than another, or none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from accelerate import Accelerator
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode
from onelayer.trainers.processes import everyones

T = TypeVar("T")


def share(items: Sequence[T], accelerator: Accelerator) -> list[T]:
    """Return this process's share of the items: consecutive ones, at most one more than another has."""
    each, more = divmod(len(items), accelerator.num_processes)
    number = accelerator.process_index
    start = number * each + min(number, more)
    return list(items[start : start + each + (number < more)])


def episodes_of_all(
    accelerator: Accelerator, mine: Sequence[Episode]
) -> tuple[list[Episode], slice]:
    """Return the episodes of all processes, and the slice of all their steps that is this process's.

    They come without prompts and log-probabilities, which are large; every process must call it.
    """
    if accelerator.num_processes == 1:
        return list(mine), slice(0, sum(len(episode.steps) for episode in mine))
    shares = everyones(accelerator, [[light(episode) for episode in mine]])
    before = sum(
        len(episode.steps) for part in shares[: accelerator.process_index] for episode in part
    )
    own = sum(len(episode.steps) for episode in mine)
    return [episode for part in shares for episode in part], slice(before, before + own)


def minibatches(
    accelerator: Accelerator, rows: int, count: int, random: np.random.Generator, *, most: int = 0
) -> Iterator[NDArray[np.int64]]:
    """Yield, for each of ``count`` minibatches, which of this process's ``rows`` are in it.

    Minibatches are drawn from the rows of all processes. If ``most`` is not 0, there are instead as few as
    have at most ``most`` rows each. Every process must call it, with the same random numbers; it may have no
    row in a minibatch.
    """
    rows_of_all = everyones(accelerator, [rows])
    if most:
        count = max(1, -(-sum(rows_of_all) // most))
    first = sum(rows_of_all[: accelerator.process_index])
    for part in np.array_split(random.permutation(sum(rows_of_all)), count):
        yield part[(part >= first) & (part < first + rows)] - first


def light(episode: Episode) -> Episode:
    """Return an episode without its prompts, log-probabilities and legal actions, which are large."""
    steps = (replace(step, prompt_ids=(), logprobs=(), admissible=None) for step in episode.steps)
    return replace(episode, steps=tuple(steps))
