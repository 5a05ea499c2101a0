"""What the processes of a run do together: sums, agreement, waiting. A single process sends nothing."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import gather_object

from onelayer.errors import RunFailed

T = TypeVar("T")


class ProcessLost(RunFailed):
    """Another process of the run is gone."""


class FirstProcessLogger(logging.LoggerAdapter[logging.Logger]):
    """Logs in the first process only what all processes know."""

    def isEnabledFor(self, level: int) -> bool:
        """Return whether this process logs messages of this level."""
        return PartialState().is_main_process and super().isEnabledFor(level)


def summed(accelerator: Accelerator, values: Sequence[float]) -> list[float]:
    """Return the sum over all processes of each number; every process must call it."""
    if accelerator.num_processes == 1:
        return [float(value) for value in values]
    local = torch.tensor(values, dtype=torch.float64, device=accelerator.device)
    with lost_as_a_sentence(accelerator):
        return [float(value) for value in accelerator.reduce(local, "sum")]


def largest(accelerator: Accelerator, value: float) -> float:
    """Return the largest number that any process has, NaN if one has that; every process must call it."""
    if accelerator.num_processes == 1:
        return value
    local = torch.tensor([value], dtype=torch.float64, device=accelerator.device)
    with lost_as_a_sentence(accelerator):
        return float(accelerator.gather(local).max())


def everyones(accelerator: Accelerator, items: Sequence[T]) -> list[T]:
    """Return the items of all processes in the processes' order; every process must call it.

    The items are pickled on their way.
    """
    if accelerator.num_processes == 1:
        return list(items)
    with lost_as_a_sentence(accelerator):
        return list(gather_object(list(items)))


def sum_gradients(accelerator: Accelerator, parameters: Sequence[torch.nn.Parameter]) -> None:
    """Let every process have the sum of all gradients; one that has none adds zeros."""
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    if accelerator.num_processes == 1:
        return
    flat = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
    with lost_as_a_sentence(accelerator):
        torch.distributed.all_reduce(flat)
    joined = torch.split(flat, [p.numel() for p in parameters])
    for parameter, gradient in zip(parameters, joined, strict=True):
        parameter.grad = gradient.view_as(parameter)


def wait_for_all(accelerator: Accelerator) -> None:
    """Wait until all processes have come to this call."""
    with lost_as_a_sentence(accelerator):
        accelerator.wait_for_everyone()


def require_alike(accelerator: Accelerator, facts: Mapping[str, Any]) -> None:
    """Raise in all processes if one has other settings, weights or tasks than the first.

    Such processes would wait for each other for ever, or learn from episodes that do not belong together.

    Raises:
        ValueError: they differ; the message names the first difference.
    """
    first, *others = everyones(accelerator, [dict(facts)])
    for number, other in enumerate(others, start=1):
        for name, value in first.items():
            if other.get(name) != value:
                raise ValueError(
                    f"process {number} has {name} {other.get(name)!r}, and process 0 has {value!r}; "
                    "start all processes with one command on the same files"
                )


@contextmanager
def lost_as_a_sentence(accelerator: Accelerator) -> Iterator[None]:
    """Turn the network error that follows when another process ends into a sentence."""
    try:
        yield
    except RuntimeError as error:
        if accelerator.num_processes == 1 or isinstance(error, torch.OutOfMemoryError):
            raise
        raise ProcessLost(
            f"process {accelerator.process_index} of {accelerator.num_processes} lost another one, "
            f"whose own message says why ({' '.join(str(error).split())[:200]})"
        ) from error
