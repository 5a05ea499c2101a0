"""Digests of weights: proof that frozen tensors did not move, and which base a delta fits."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Never

import torch
from torch import Tensor, nn
from tqdm import tqdm
from transformers import PreTrainedModel

_CHUNK_BYTES = 64 << 20
"""what lies on an accelerator is copied in chunks of this size"""
_WORTH_A_BAR = 2 << 30
"""bytes from which on a digest takes long enough to say that it runs"""


def frozen_checksum(model: nn.Module, trained: Iterable[nn.Parameter]) -> str:
    """Return a digest of all parameters and buffers except ``trained``; any changed bit changes it.

    A tied tensor counts once, under its first name. Compare digests of one process only: they include buffers
    that are computed and not saved, such as rotary frequencies. Tensors are hashed side by side in threads.
    """
    skipped = {id(parameter) for parameter in trained}
    named = (*model.named_parameters(), *model.named_buffers())
    frozen = [(name, tensor) for name, tensor in named if id(tensor) not in skipped]
    with _bar(frozen, "checking frozen weights") as bar, ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = pool.map(lambda pair: digest([pair], bar), frozen)
        return hashlib.sha256("".join(digests).encode()).hexdigest()


def base_fingerprint(model: PreTrainedModel, trained: Iterable[str] = ()) -> str:
    """Return a digest of what stays frozen when the parameters named in ``trained`` learn.

    The digest is equal for every copy of the base, on any device, whether or not those parameters have been
    trained. It covers the kind of model, the names and shapes of all parameters, and the bits and dtype of
    the frozen ones. A copy in another dtype is another base, because rounding changes what it computes.
    """
    learned = set(trained)
    shapes = [(name, tuple(p.shape)) for name, p in model.named_parameters()]
    named = [(name, p) for name, p in model.named_parameters() if name not in learned]
    with _bar(named, "fingerprint of the base") as bar:
        frozen = digest(named, bar)
    text = f"{model.config.model_type} {shapes} {sorted(learned)} {frozen}"
    return hashlib.sha256(text.encode()).hexdigest()


def digest(tensors: Iterable[tuple[str, Tensor]], bar: "tqdm[Never] | None" = None) -> str:
    """Return the SHA-256 of names, dtypes, shapes and bytes, in the order given; ``bar`` counts bytes."""
    total = hashlib.sha256()
    for name, tensor in tensors:
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        for chunk in _chunks(tensor):
            total.update(chunk)
            if bar is not None:
                bar.update(chunk.nbytes)
    return total.hexdigest()


def _chunks(tensor: Tensor) -> Iterator[memoryview]:
    """Yield the bytes of a tensor."""
    flat = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    for start in range(0, len(flat), _CHUNK_BYTES):
        yield flat[start : start + _CHUNK_BYTES].cpu().numpy().data


def _bar(tensors: Iterable[tuple[str, Tensor]], what: str) -> "tqdm[Never]":
    """Return a progress bar over bytes, which shows itself where there are many."""
    size = sum(tensor.nbytes for _, tensor in tensors)
    hidden = size < _WORTH_A_BAR
    return tqdm(total=size, desc=what, unit="B", unit_scale=True, leave=False, disable=hidden)
