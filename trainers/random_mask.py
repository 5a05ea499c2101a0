"""The control ``mask:seed0``: single numbers of all layers learn, in all as many as one layer has.

If a layer does well because it is *that* layer, a random choice of as many numbers all over the model should
do worse. Of every tensor the same share learns, 1 / layers. The optimizer sees a gradient of 0 for the rest,
which it leaves as it is: AdamW without weight decay moves nothing that never had a gradient.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from onelayer.agents.forward import decoder_layers
from onelayer.trainers.layer_spec import mask_seed


def random_masks(
    model: PreTrainedModel, spec: str | int, parameters: Mapping[str, nn.Parameter]
) -> dict[str, Tensor]:
    """Return which numbers of each parameter learn, as bool; nothing where ``spec`` is no ``mask:seed0``.

    Equal seeds give equal masks, on every device.

    Args:
        model: whose number of layers decides the share.
        spec: the layers as a user writes them.
        parameters: those of all decoder layers, by name.
    """
    seed = mask_seed(spec)
    if seed is None:
        return {}
    layers = len(decoder_layers(model))
    random = torch.Generator().manual_seed(seed)
    masks = {}
    for name, parameter in parameters.items():
        chosen = torch.randperm(parameter.numel(), generator=random)
        mask = torch.zeros(parameter.numel(), dtype=torch.bool)
        mask[chosen[: _share(parameter, layers)]] = True
        masks[name] = mask.view(parameter.shape).to(parameter.device)
    return masks


def mask_size(model: PreTrainedModel) -> int:
    """Return how many numbers of a model a mask lets learn."""
    stack = decoder_layers(model)
    return sum(_share(parameter, len(stack)) for parameter in stack.parameters())


def keep_to(masks: Mapping[str, Tensor], parameters: Mapping[str, nn.Parameter]) -> None:
    """Set the gradient of everything outside the masks to 0."""
    for name, mask in masks.items():
        gradient = parameters[name].grad
        if gradient is not None:
            gradient.mul_(mask)


def _share(parameter: Tensor, layers: int) -> int:
    return round(parameter.numel() / layers)
