"""Attention for one new token a row: our two implementations against transformers' SDPA, in one run.

    python benchmarks/decode_attention.py [--device cuda] [--dtype bfloat16]

Prints milliseconds for one layer: the median of rounds in which all take turns. As in a rollout, keys and
values are views of a wider cache, and a mask hides the columns that a row does not use.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import Tensor
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from onelayer.agents.one_token_attention import by_fused, by_products

SHAPES = {
    "tiny": (4, 2, 32),
    "SmolLM2-135M": (9, 3, 64),
    "Qwen2.5-1.5B": (12, 2, 128),
    "Qwen3-8B": (32, 8, 128),
}
"""query heads, key heads, width of a head"""


def main() -> None:
    """Measure every shape at several numbers of rows and columns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    dtype = getattr(torch, options.dtype)
    print(f"{options.device}, {options.dtype}, {torch.get_num_threads()} threads; ms for one layer")
    print("| heads of | rows | columns | transformers | by_fused | by_products |")
    print("|---|---|---|---|---|---|")
    for name, shape in SHAPES.items():
        for rows, columns in ((8, 256), (64, 256), (64, 1024)):
            medians = measured(shape, rows, columns, dtype, options.device, options.rounds)
            shown = " | ".join(f"{milliseconds:.2f}" for milliseconds in medians)
            print(f"| {name} | {rows} | {columns} | {shown} |", flush=True)


@torch.no_grad()
def measured(
    shape: tuple[int, int, int],
    rows: int,
    columns: int,
    dtype: torch.dtype,
    device: str,
    rounds: int,
) -> list[float]:
    """Return the median milliseconds of transformers' attention and of both of ours."""
    heads, key_heads, width = shape
    query = torch.randn(rows, heads, 1, width, dtype=dtype, device=device)
    stored = torch.randn(2, rows, key_heads, columns * 5 // 4, width, dtype=dtype, device=device)
    key, value = stored[:, :, :, :columns]
    hidden = torch.arange(columns, device=device) >= torch.randint(
        columns // 2, columns, (rows, 1), device=device
    )
    mask = torch.zeros(rows, 1, 1, columns, dtype=dtype, device=device)
    mask.masked_fill_(hidden[:, None, None], torch.finfo(dtype).min)
    module = SimpleNamespace(num_key_value_groups=heads // key_heads, is_causal=True)

    def theirs() -> Tensor:
        return sdpa_attention_forward(module, query, key, value, mask, scaling=width**-0.5)[0]

    def ours(attend: Callable[..., Tensor]) -> Callable[[], Tensor]:
        return lambda: attend(query, key, value, mask, width**-0.5)

    ways = [theirs, ours(by_fused), ours(by_products)]
    for way in ways[1:]:
        torch.testing.assert_close(way(), theirs(), atol=2e-2, rtol=2e-2)
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, taken in zip(ways, times, strict=True):
            start = _now(device)
            for _ in range(5):
                way()
            taken.append((_now(device) - start) / 5 * 1e3)
    return [statistics.median(taken) for taken in times]


def _now(device: str) -> float:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
