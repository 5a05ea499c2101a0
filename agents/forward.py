"""Running a part of a causal language model: from a layer on, and only the logits that are needed.

These three context managers work on any transformers model with one stack of decoder layers. They add
hooks to the model and take them away again; the weights are never touched.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


@contextmanager
def logits_only_at(
    model: PreTrainedModel, chosen: Tensor | tuple[Tensor, Tensor]
) -> Iterator[None]:
    """Make the model return logits ``[1, N, vocabulary]`` of the ``N`` chosen tokens.

    They are chosen by a bool ``[B, T]``, then row by row, or by their rows and columns ``[N]``.

    The output head is the widest matrix of a small model; prompts and padding need no logits.
    """

    def select(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (inputs[0][chosen][None], *inputs[1:])

    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def capturing(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the hidden state that enters ``layer`` in each forward pass, ``[B, T, width]``."""
    captured: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        captured.append((inputs[0] if inputs else keywords["hidden_states"]).detach())

    hook = layer.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        yield captured
    finally:
        hook.remove()


class _Reached(Exception):
    """The forward pass came to the layer it was to stop at."""


@torch.no_grad()
def hidden_entering(model: PreTrainedModel, layer: nn.Module, **inputs: Any) -> Tensor:
    """Run the layers below ``layer`` only and return what enters it, ``[B, T, width]``."""

    def stop(*_: Any) -> None:
        raise _Reached

    with capturing(layer) as captured:
        hook = layer.register_forward_pre_hook(stop)
        try:
            model(**inputs, use_cache=False)
        except _Reached:
            pass
        finally:
            hook.remove()
    return captured[0]


@contextmanager
def skipping(layers: Sequence[nn.Module]) -> Iterator[None]:
    """Let these layers hand their input on, so that ``inputs_embeds`` enters the first layer after them.

    The model's own code still runs around them: masks, rotary positions and layer numbers stay right.
    """

    def identity(hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        return hidden_states

    try:
        for layer in layers:
            layer.forward = identity
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("forward", None)
