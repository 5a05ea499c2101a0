"""One frozen model for all runs: each has copies of what it trains, and nothing else.

On the CPU the parameters lie in memory that processes share, one block for each dtype. A process that trains
gets the model without its weights, which is small, and the blocks, which are not copied.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from onelayer.agents.sampling import exact_device
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.lora import Adapters, load_trained, remove_adapters


@dataclass(frozen=True, slots=True, eq=False)
class SharedModel:
    """A model that can be sent to another process without a copy of its weights."""

    bare: PreTrainedModel
    """its parameters are empty"""
    blocks: Mapping[torch.dtype, Tensor]
    places: Mapping[str, tuple[torch.dtype, int, tuple[int, ...]]]
    """dtype, offset and shape of each parameter in its block"""

    @classmethod
    def of(cls, model: PreTrainedModel) -> "SharedModel":
        """Move the parameters of ``model`` into shared memory; it goes on using them there."""
        sizes: dict[torch.dtype, int] = {}
        places = {}
        for name, parameter in model.named_parameters():
            offset = sizes.get(parameter.dtype, 0)
            places[name] = (parameter.dtype, offset, tuple(parameter.shape))
            sizes[parameter.dtype] = offset + parameter.numel()
        blocks = {kind: _shared(n, kind) for kind, n in sizes.items()}
        empty = {
            id(p): nn.Parameter(torch.empty(0, dtype=p.dtype), requires_grad=False)
            for p in model.parameters()
        }
        # Parameters that are tied in the model are tied in the copy.
        shared = cls(copy.deepcopy(model, empty), blocks, places)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                view = shared._view(name)
                view.copy_(parameter)
                parameter.data = view
        return shared

    def model(self) -> PreTrainedModel:
        """Return the model with its weights, which lie in the shared memory."""
        for name, parameter in self.bare.named_parameters():
            parameter.data = self._view(name)
        return self.bare

    def _view(self, name: str) -> Tensor:
        kind, offset, shape = self.places[name]
        return self.blocks[kind][offset : offset + prod(shape)].view(shape)


def _shared(size: int, dtype: torch.dtype) -> Tensor:
    block: Tensor = torch.empty(size, dtype=dtype).share_memory_()  # type: ignore[no-untyped-call]
    return block


@contextmanager
def own_copies(model: PreTrainedModel, names: Iterable[str]) -> Iterator[None]:
    """Replace these parameters by copies, which may change; put the shared ones back at the end.

    LoRA adapters that were added meanwhile are removed.
    """
    parameters = dict(model.named_parameters())
    chosen = {name: parameters[name] for name in names}
    shared = {name: parameter.data for name, parameter in chosen.items()}
    try:
        for parameter in chosen.values():
            parameter.data = parameter.data.clone()
        yield
    finally:
        remove_adapters(model)
        for name, parameter in chosen.items():
            parameter.data = shared[name]
        for parameter in parameters.values():
            parameter.grad = None
        model.requires_grad_(False)


@contextmanager
def trained(model: PreTrainedModel, folder: Path) -> Iterator[LayerDelta | Adapters]:
    """Put the trained weights of a run folder into ``model``, the base, for a while.

    Raises:
        ValueError: they belong to another base.
    """
    weights = load_trained(folder)
    known = {name for name, _ in model.named_parameters()}
    with own_copies(model, known & set(weights.tensors)):  # none for adapters, which are new
        weights.apply(model)
        yield weights


@contextmanager
def transplanted(
    model: PreTrainedModel, folder: Path, layer: int
) -> Iterator[LayerDelta | Adapters]:
    """Put one layer of what full training left in a run folder into ``model``, the base, for a while."""
    whole = LayerDelta.load(folder)
    names = trained_parameters(model, [layer])
    taken = replace(
        whole,
        tensors={name: whole.tensors[name] for name in names},
        layers=(layer,),
        everything=False,
    )
    with own_copies(model, names), torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in names:
                parameter.copy_(taken.tensors[name])
        yield taken


def update_norms(model: PreTrainedModel, weights: LayerDelta | Adapters) -> tuple[float, ...]:
    """Return the L2 norm of the change of each trained layer of ``model``, the base."""
    names = {id(module): name for name, module in model.named_modules()}
    squares = dict.fromkeys(weights.layers, 0.0)
    prefixes = {f"{names[id(decoder_layers(model)[k])]}.": k for k in weights.layers}
    for name, change in _changes(model, weights):
        for prefix, layer in prefixes.items():
            if name.startswith(prefix):
                exact = change.to(exact_device(change.device)).double()
                squares[layer] += float(exact.square().sum())
    return tuple(square**0.5 for square in squares.values())


def _changes(
    model: PreTrainedModel, weights: LayerDelta | Adapters
) -> Iterator[tuple[str, Tensor]]:
    if isinstance(weights, Adapters):
        for name in sorted({name.partition(".lora_")[0] for name in weights.tensors}):
            yield name, weights.change(name)
        return
    parameters = dict(model.named_parameters())
    for name, tensor in weights.tensors.items():
        yield name, tensor.float() - parameters[name].detach().cpu().float()
