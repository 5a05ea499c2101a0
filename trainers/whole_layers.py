"""What a server that plays must be given: whole layers, with the names that they have in a checkpoint.

A server joins matrices that belong together (query, key and value), so that a part of a layer would leave
garbage in the rest. Adapters are added to their matrices: the server knows nothing of them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion

from onelayer.trainers.layers import trained_parameters
from onelayer.trainers.lora import adapter_parameters, merged_matrix

_INSIDE = ".base_layer."
"""what peft puts into the names of parameters beside adapters"""


@torch.no_grad()
def whole_layers(
    model: PreTrainedModel,
    layers: Sequence[int],
    *,
    everything: bool = False,
    train_embeddings: bool = False,
    dtype: torch.dtype | None = None,
) -> dict[str, Tensor]:
    """Return the weights of these layers on the CPU, as ``save_pretrained`` would write them.

    Args:
        model: with or without adapters.
        layers: see ``trained_parameters``.
        everything: all parameters of the model.
        train_embeddings: also the input embedding and the head.
        dtype: of the result; None: of each weight.
    """
    chosen = trained_parameters(
        model, layers, everything=everything, train_embeddings=train_embeddings
    )
    adapters = adapter_parameters(model)
    found = {
        name.replace(_INSIDE, "."): _sent(_value(model, name, weight), dtype)
        for name, weight in chosen.items()
        if name not in adapters
    }
    named: dict[str, Tensor] = revert_weight_conversion(model, found)
    # Parts of one tensor share its memory, which the format of the file does not allow.
    return {
        name: t if t.untyped_storage().nbytes() == t.nbytes else t.clone()
        for name, t in named.items()
    }


def _value(model: nn.Module, name: str, weight: Tensor) -> Tensor:
    module = name.removesuffix(f"{_INSIDE}weight")
    return weight if module == name else merged_matrix(model, module)


def _sent(weight: Tensor, dtype: torch.dtype | None) -> Tensor:
    return weight.detach().to("cpu", dtype or weight.dtype).contiguous()
