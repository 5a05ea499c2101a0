"""Running a part of a causal language model: from a layer on, and only the logits that are needed.

These context managers work on any transformers model with one stack of decoder layers. They add hooks to
the model and take them away again; the weights are never touched.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from onelayer.agents.head import float32_logits, rounds, unrounded_logits


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """Return the stack of transformer layers, first to last.

    Lists inside a layer, such as its experts, are not stacks of layers whatever their length.

    Raises:
        ValueError: the model has no unique ``ModuleList`` of ``num_hidden_layers`` blocks.
    """
    depth = model.config.get_text_config().num_hidden_layers
    stacks: dict[str, nn.ModuleList] = {}
    for name, module in model.named_modules():  # parents come before their children
        inside = any(name.startswith(f"{outer}.") for outer in stacks)
        if isinstance(module, nn.ModuleList) and len(module) == depth and not inside:
            stacks[name] = module
    if len(stacks) != 1:
        raise ValueError(
            f"expected one stack of {depth} layers in {type(model).__name__}, found {len(stacks)}"
        )
    return next(iter(stacks.values()))


@contextmanager
def logits_only_at(
    model: PreTrainedModel, chosen: Tensor | tuple[Tensor, Tensor]
) -> Iterator[None]:
    """Make the model return logits ``[1, N, vocabulary]`` of the ``N`` chosen tokens, in float32.

    The output head is the widest matrix of a small model; prompts and padding need no logits. The model's
    own scaling or soft cap of its logits still applies.

    Args:
        model: the model.
        chosen: a bool mask ``[B, T]``, whose tokens are returned row by row, or row and column numbers,
            each ``[N]``.
    """

    def select(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (inputs[0][chosen][None], *inputs[1:])

    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(select)
    try:
        with unrounded(head):
            yield
    finally:
        hook.remove()


@contextmanager
def unrounded(head: nn.Module) -> Iterator[None]:
    """Let the head return float32 logits, also from weights in reduced precision and under autocast."""
    if rounds(head):
        head.forward = partial(float32_logits, head)  # type: ignore[method-assign]
    elif type(head) is nn.Linear and head.weight.dtype == torch.float32:
        head.forward = partial(unrounded_logits, head)  # type: ignore[method-assign]
    try:
        yield
    finally:
        head.__dict__.pop("forward", None)


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
    """The forward pass has come to the layer where it is to stop."""


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


def leaving(model: PreTrainedModel, layer: nn.Module, **inputs: Any) -> Tensor:
    """Run the model as far as ``layer`` and return what leaves it, ``[B, T, width]``, with its gradient."""
    left: list[Tensor] = []

    def stop(_: nn.Module, __: Any, output: Any) -> None:
        left.append(output[0] if isinstance(output, tuple) else output)
        raise _Reached

    hook = layer.register_forward_hook(stop)
    try:
        model(**inputs)
    except _Reached:
        pass
    finally:
        hook.remove()
    return left[0]


def after_layers(model: PreTrainedModel, layers: Sequence[nn.Module], hidden_CD: Tensor) -> Tensor:
    """Return the logits ``[C, vocabulary]`` of states that left the last layer, with their gradient.

    They are in float32 where the head would round them. The model's own code computes them, so its final
    norm, its scaling or soft capping of logits and whatever else comes after the layers are all there;
    only the layers themselves do not run.
    """
    ids_C1 = torch.zeros((len(hidden_CD), 1), dtype=torch.long, device=hidden_CD.device)
    last = layers[-1]
    last.forward = _idle(last)
    try:
        head = model.get_output_embeddings()
        with entering(layers, len(layers) - 1, hidden_CD[:, None]), unrounded(head):
            logits_C1V: Tensor = model(
                input_ids=ids_C1, attention_mask=torch.ones_like(ids_C1), use_cache=False
            ).logits
    finally:
        last.__dict__.pop("forward", None)
    return logits_C1V[:, 0]


@contextmanager
def entering(
    layers: Sequence[nn.Module] | nn.ModuleList, first: int, hidden_BTD: Tensor
) -> Iterator[None]:
    """Let a forward pass start at layer ``first`` with these states; the layers below it do not run.

    The model gets its tokens as always. Whatever it does to their embeddings is computed and thrown away, so
    models that scale them or add to them (Granite, OPT, GPT-2) are exact from any layer; and the model's
    own code runs around the layers, so masks, rotary positions and layer numbers stay right.
    """

    def enter(_: nn.Module, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if inputs:
            return (hidden_BTD, *inputs[1:]), keywords
        return inputs, {**keywords, "hidden_states": hidden_BTD}

    hook = layers[first].register_forward_pre_hook(enter, with_kwargs=True)
    try:
        for layer in layers[:first]:
            layer.forward = _idle(layer)
        yield
    finally:
        hook.remove()
        for layer in layers[:first]:
            layer.__dict__.pop("forward", None)


_RETURNED: dict[type[nn.Module], int | None] = {}
"""how many things the layers of a class return, None where it is one tensor and no tuple"""


def _idle(layer: nn.Module) -> Callable[..., Any]:
    """Return a ``forward`` that returns its input, in the form in which the layer returns its output.

    The form is found by running a layer of the class once.
    """
    # FSDP gives the layer a class of its own. Its original class may be known already, while the sharded
    # layer could not be run to find out.
    kind: Any = next(kind for kind in type(layer).__mro__ if not issubclass(kind, FSDPModule))

    def idle(*inputs: Any, **keywords: Any) -> Any:
        hidden = inputs[0] if inputs else keywords["hidden_states"]
        if kind not in _RETURNED:
            with torch.no_grad():
                returned = kind.forward(layer, *inputs, **keywords)
            _RETURNED[kind] = len(returned) if isinstance(returned, tuple) else None
        length = _RETURNED[kind]
        return hidden if length is None else (hidden, *[None] * (length - 1))

    return idle
