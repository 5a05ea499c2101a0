"""How much memory an update may use at once, and what to do when memory runs out."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn
from transformers import PreTrainedModel

from onelayer.errors import RunFailed

TOKENS_ON_A_CPU = 1024
"""tokens of one forward pass on a CPU: more at once are no faster"""
STATES_ON_A_CPU = 1 << 30
"""bytes of captured states"""
ROWS_AT_ONCE = 2
"""a forward pass has room for this many of the longest row, so that rows with a common prompt can share it"""
ACTIVATIONS = 4 << 30
"""bytes of one forward pass that keep a GPU busy; more tokens at once are no faster"""
_ACTIVATIONS_SHARE, STATES_SHARE = 0.5, 0.1
"""of a GPU's free memory, at most"""
FEWEST, MOST = 1024, 65536
_SAID_OF_MEMORY = (
    "DefaultCPUAllocator",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


class OutOfMemory(RunFailed):
    """The run does not fit into memory; the message says what to change."""


def default_tokens(
    model: PreTrainedModel, trained_from: int, device: torch.device, longest: int
) -> int:
    """Return how many tokens one forward pass of an update may read.

    Args:
        model: the policy.
        trained_from: the lowest layer that learns; those below it keep nothing for a backward pass.
        device: where the model is.
        longest: tokens of the longest row.
    """
    if device.type == "cpu":
        return tokens_of_a_pass(longest)
    layers = model.config.get_text_config().num_hidden_layers - trained_from
    bytes_of_token: int = layers * _kept_by_layer(model) * model.dtype.itemsize
    wanted = min(max(ACTIVATIONS // bytes_of_token, FEWEST), MOST)
    fits = int(_ACTIVATIONS_SHARE * free_bytes(device)) // bytes_of_token
    return max(1, min(max(wanted, ROWS_AT_ONCE * longest), fits))


def key_cost(model: PreTrainedModel) -> float:
    """Return the memory of one copied key and value in the backward pass, as a share of a token's memory.

    A batch whose rows share a prefix copies its keys and values for each row, one head for each query head:
    ``2 * 14 * 64 / (16 * 896 + 4 * 4864)``, 0.05, in Qwen2.5-0.5B.
    """
    config = model.config.get_text_config()
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    return float(2 * heads * width / _kept_by_layer(model))


def _kept_by_layer(model: PreTrainedModel) -> int:
    """Return about how many numbers a layer keeps of each token for the backward pass."""
    config = model.config.get_text_config()
    width = config.hidden_size
    inner = getattr(config, "intermediate_size", None) or 4 * width
    return int(16 * width + 4 * inner)


def tokens_of_a_pass(longest: int) -> int:
    """Return how many tokens a forward pass reads on a CPU, where the longest row has ``longest``."""
    return max(TOKENS_ON_A_CPU, ROWS_AT_ONCE * longest)


def states_budget(device: torch.device) -> int:
    """Return how many bytes of captured states may be kept."""
    if device.type == "cpu":
        return STATES_ON_A_CPU
    return int(STATES_SHARE * free_bytes(device))


def free_bytes(device: torch.device) -> int:
    """Return the free memory of an accelerator, including what torch has reserved and does not use."""
    if device.type != "cuda":
        return ACTIVATIONS
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on a GPU or on the CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (any(said in text for said in _SAID_OF_MEMORY))


@contextmanager
def advised(where: str, advice: str) -> Iterator[None]:
    """Turn an out-of-memory error in the block into a sentence that says what to change.

    Args:
        where: such as ``while playing``.
        advice: what needs less memory.

    Raises:
        OutOfMemory: memory ran out; one that was raised already stays as it is.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, OutOfMemory) or not is_out_of_memory(error):
            raise
        raise OutOfMemory(
            f"out of memory {where}; {advice}, and go on from the last checkpoint with --resume true"
        ) from error


def give_back(parameters: Sequence[nn.Parameter] = ()) -> None:
    """Drop half-made gradients, and the memory that torch has reserved and does not use."""
    for parameter in parameters:
        parameter.grad = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
