"""Digests of weights: proof that frozen tensors did not move, and which base a delta fits."""

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


def frozen_checksum(model: nn.Module, trained: Iterable[nn.Parameter]) -> str:
    """Return a digest of all parameters and buffers but ``trained``; any changed bit changes it.

    A tied tensor counts once, under its first name. Compare within one process: buffers that are
    computed and not saved, such as rotary frequencies, are part of it.
    """
    skipped = {id(parameter) for parameter in trained}
    tensors = (*model.named_parameters(), *model.named_buffers())
    return digest((name, tensor) for name, tensor in tensors if id(tensor) not in skipped)


def base_fingerprint(model: PreTrainedModel, trained: Iterable[str] = ()) -> str:
    """Return a digest of what stays frozen when the parameters named in ``trained`` learn.

    Equal for every copy of the base, before and after those parameters were trained, saved and
    loaded again, on any device. It covers the kind of model, the names and shapes of all
    parameters, and the bits and dtype of the frozen ones: a copy in another dtype is another base,
    because rounding changes what it computes.
    """
    learned = set(trained)
    shapes = [(name, tuple(p.shape)) for name, p in model.named_parameters()]
    frozen = digest((name, p) for name, p in model.named_parameters() if name not in learned)
    text = f"{model.config.model_type} {shapes} {sorted(learned)} {frozen}"
    return hashlib.sha256(text.encode()).hexdigest()


def digest(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """Return the SHA-256 of names, dtypes, shapes and bytes, in the order given."""
    total = hashlib.sha256()
    for name, tensor in tensors:
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(_bytes(tensor))
    return total.hexdigest()


def _bytes(tensor: Tensor) -> memoryview:
    """Return the bytes of a tensor; what lies on an accelerator is copied, one tensor at a time."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data
