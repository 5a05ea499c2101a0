"""How much an update may hold at once, and what happens where that was too much."""

import gc
from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedModel

TOKENS_ON_A_CPU = 1024
"""places of a forward pass: more are no faster there"""
STATES_ON_A_CPU = 1 << 30
"""bytes of captured states"""
_SHARE = 0.5
_MOST_BYTES = 4 << 30
"""of a GPU's free memory, activations of one forward pass may take this share, and no more bytes than
this: more tokens at once are no faster"""
_STATES_SHARE = 0.1
_FEWEST, _MOST = 1024, 65536


class OutOfMemory(RuntimeError):
    """An update does not fit into memory, not even with half the tokens at once."""


def default_tokens(model: PreTrainedModel, trained_from: int, device: torch.device) -> int:
    """Return how many tokens one forward pass of an update may read.

    Args:
        model: the policy.
        trained_from: the lowest layer that learns; those below it keep nothing for a backward pass.
        device: where the model is.
    """
    if device.type == "cpu":
        return TOKENS_ON_A_CPU
    config = model.config.get_text_config()
    width = config.hidden_size
    inner = getattr(config, "intermediate_size", None) or 4 * width
    kept = (config.num_hidden_layers - trained_from) * (16 * width + 4 * inner)
    bytes_of_token = kept * model.dtype.itemsize
    tokens = int(min(_SHARE * free_bytes(device), _MOST_BYTES) / bytes_of_token)
    return max(_FEWEST, min(tokens, _MOST))


def states_budget(device: torch.device) -> int:
    """Return how many bytes of captured states may be kept."""
    if device.type == "cpu":
        return STATES_ON_A_CPU
    return int(_STATES_SHARE * free_bytes(device))


def free_bytes(device: torch.device) -> int:
    """Return the free memory of an accelerator, with what torch holds and does not use."""
    if device.type != "cuda":
        return _MOST_BYTES
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on a GPU or on the CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "DefaultCPUAllocator" in text or "out of memory" in text
    )


def give_back(parameters: Sequence[nn.Parameter] = ()) -> None:
    """Drop half-made gradients, and the memory that torch holds and does not use."""
    for parameter in parameters:
        parameter.grad = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
