"""Layer selection: of the whole policy, the chosen layers learn and nothing else moves."""

from collections.abc import Iterable, Sequence

from torch import nn
from transformers import PreTrainedModel

from onelayer.agents.forward import decoder_layers
from onelayer.trainers.fingerprint import base_fingerprint, frozen_checksum
from onelayer.trainers.layer_spec import parse_layers, profiled_base, trains_everything

__all__ = [
    "choose_layers",
    "decoder_layers",
    "frozen_checksum",
    "parse_layers",
    "train_only",
    "trained_parameters",
    "trains_everything",
]


def choose_layers(model: PreTrainedModel, spec: str | int) -> list[int]:
    """Return the layers of ``model``, as it was loaded, that ``spec`` names; see ``parse_layers``.

    Raises:
        ValueError: as ``parse_layers``, or ``spec`` names a profile of another model.
    """
    layers = parse_layers(spec, len(decoder_layers(model)))
    base = profiled_base(spec)
    if base is not None and base != base_fingerprint(model):
        raise ValueError(
            f"layers {spec!r}: the profile was measured on another base model, and says nothing of "
            f"this one; profile this one, or name the layers themselves: {','.join(map(str, layers))}"
        )
    return layers


def train_only(
    model: PreTrainedModel,
    layers: Sequence[int],
    *,
    everything: bool = False,
    train_embeddings: bool = False,
) -> list[nn.Parameter]:
    """Freeze ``model`` except the parameters chosen; return those, for the optimizer.

    Autograd then starts at the lowest chosen layer: the layers below it keep no activations.
    The arguments are those of ``trained_parameters``, which raises ValueError for a layer that the
    model lacks.
    """
    chosen = trained_parameters(
        model, layers, everything=everything, train_embeddings=train_embeddings
    )
    model.requires_grad_(False)
    for parameter in chosen.values():
        parameter.requires_grad_(True)
    return list(chosen.values())


def trained_parameters(
    model: PreTrainedModel,
    layers: Sequence[int],
    *,
    everything: bool = False,
    train_embeddings: bool = False,
) -> dict[str, nn.Parameter]:
    """Return the parameters that a choice of layers trains, by name, in the model's order.

    A tensor shared by two modules (a head tied to its embedding) appears once.

    Args:
        model: any causal language model with one decoder stack.
        layers: indices into the stack; negative ones count from the last, as in a list.
        everything: every parameter of the model, whatever ``layers`` says: full-parameter
            training. Pass ``trains_everything(spec)``.
        train_embeddings: also the input embedding and the language-model head. The final norm
            stays frozen.

    Raises:
        ValueError: no layer is named, or one that the model lacks.
    """
    if everything:
        return dict(model.named_parameters())
    stack = decoder_layers(model)
    modules: list[nn.Module] = [stack[index] for index in _checked(layers, len(stack))]
    if train_embeddings:
        ends = (model.get_input_embeddings(), model.get_output_embeddings())
        modules += [end for end in ends if end is not None]
    chosen = {id(parameter) for module in modules for parameter in module.parameters()}
    return {name: p for name, p in model.named_parameters() if id(p) in chosen}


def _checked(layers: Iterable[int], depth: int) -> list[int]:
    indices = list(layers)
    if not indices:
        raise ValueError("no layer to train: name at least one")
    for index in indices:
        if not -depth <= index < depth:
            raise ValueError(f"layer {index} is out of range for a model of {depth} layers")
    return indices
