"""What playing does differently on a GPU: padded shapes, attention kernels, and how much fits.

On a CPU time grows with every row and column, so shapes are exact. On a GPU a token step takes nearly the
same time for a few rows more, while every new shape costs a plan, a CUDA graph or a block of memory: there
rows and columns are rounded up to a few sizes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

_ROWS = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128)
_QUICKLY_READ = 1 << 16
"""rows times columns: at most 2 GB of keys and values in a model of 2B, read within a millisecond"""
CACHE_SHARE = 0.5
"""share of a GPU's free memory that the cache may take where ``parallel`` is not given; the rest is for the
update and for prompts"""
_EXPECTED_COLUMNS = 2048
"""tokens of an episode that are assumed where ``parallel`` is not given; twice the response limit if more"""


def padded_rows(rows: int, device: torch.device) -> int:
    """Return the rows of a cache, or of a pass over prompts, that has room for ``rows``."""
    if device.type != "cuda":
        return rows
    return next((size for size in _ROWS if size >= rows), -(-rows // 64) * 64)


def step_rows(rows: int, most: int, columns: int, device: torch.device) -> int:
    """Return how many rows a token step computes so that the first ``rows`` of a cache are among them.

    On a GPU these are all ``most`` rows of the cache while their keys and values are quickly read, else a
    half, a quarter, ...: idle rows cost less than the capture of another graph.
    """
    if device.type != "cuda":
        return rows
    while most // 2 >= rows and most * columns > _QUICKLY_READ:
        most //= 2
    return most


def steps_at_once(device: torch.device) -> int:
    """Return how many token steps run between two checks of which replies have ended."""
    return 4 if device.type == "cuda" else 1


def padded_columns(columns: int, device: torch.device) -> int:
    """Return how many columns a pass reads so that ``columns`` are among them."""
    return cache_columns(columns) if device.type == "cuda" else -(-columns // 16) * 16


def cache_columns(columns: int) -> int:
    """Return the columns of a cache that has room for ``columns``: 256, 512, 768, 1024, 1536, 2048, ..."""
    if columns <= 512:
        return 256 if columns <= 256 else 512
    step = 1 << (columns - 1).bit_length() - 2
    return -(-columns // step) * step


def padded_tokens(tokens: int, device: torch.device) -> int:
    """Return the width of a pass over prompts of at most ``tokens`` new tokens each."""
    return tokens if device.type != "cuda" else -(-tokens // 32) * 32


@contextmanager
def without_cudnn_attention() -> Iterator[None]:
    """Keep PyTorch from choosing cuDNN's attention, which builds a plan for every new shape.

    With a mask it is PyTorch's first choice on Hopper. Rows and columns of episodes change at every turn:
    measured on an H100, a rollout of the tiny model took 5.4 s with it and 0.75 s without, and its rounding
    differs between playing and learning.
    """
    before: bool = torch.backends.cuda.cudnn_sdp_enabled()  # type: ignore[no-untyped-call]
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


def pass_tokens(device: torch.device) -> int:
    """Return the fixed cost of a forward pass, as the number of tokens that could be read in that time."""
    return 4096 if device.type == "cuda" else 64


def bytes_to_keep(device: torch.device) -> int:
    """Return how large the buffers of a cache may be that stay allocated while the weights are updated.

    A CUDA graph is bound to its buffers: where they are kept, its graphs are too. A sixteenth of a GPU's
    memory; on a CPU 256 MiB, which saves the time of taking the memory again.
    """
    if device.type != "cuda":
        return 256 << 20
    return int(torch.cuda.get_device_properties(device).total_memory // 16)


def episodes_at_once(
    model: PreTrainedModel, episodes: int, response_limit: int, parallel: int | None = None
) -> int:
    """Return how many of ``episodes`` run at once: ``parallel`` of them, or where that is None all that fit.

    On a CPU all of them. On a GPU as many as find room for their keys and values, about 2,000 tokens each,
    in half of the memory that is free.
    """
    if parallel is not None:
        return min(parallel, episodes)
    if model.device.type != "cuda":
        return episodes
    free_bytes, _ = torch.cuda.mem_get_info(model.device)
    config = model.config.get_text_config()
    columns = max(_EXPECTED_COLUMNS, 2 * response_limit)
    if limit := getattr(config, "max_position_embeddings", None):
        columns = min(columns, limit)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    per_token = 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize
    fitting = int(CACHE_SHARE * free_bytes / (per_token * columns))
    return max(1, min(episodes, fitting))
