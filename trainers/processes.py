"""What the processes of a run know together; with one process, what it knows alone."""

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object


def summed(accelerator: Accelerator, values: Sequence[float]) -> list[float]:
    """Return the sum over all processes of each number; every process must call it."""
    if accelerator.num_processes == 1:
        return [float(value) for value in values]
    local = torch.tensor(values, dtype=torch.float64, device=accelerator.device)
    return [float(value) for value in accelerator.reduce(local, "sum")]


def names_of_all(accelerator: Accelerator, names: Sequence[str]) -> list[str]:
    """Return the names that any process has, in one order; every process must call it."""
    if accelerator.num_processes == 1:
        return list(names)
    return list(dict.fromkeys(gather_object(list(names))))


def sum_gradients(accelerator: Accelerator, parameters: Sequence[torch.nn.Parameter]) -> None:
    """Let every process have the sum of all gradients; one that has none adds zeros."""
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    if accelerator.num_processes == 1:
        return
    flat = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
    joined = accelerator.reduce(flat, "sum").split([p.numel() for p in parameters])
    for parameter, gradient in zip(parameters, joined, strict=True):
        parameter.grad = gradient.view_as(parameter)
