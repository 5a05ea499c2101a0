"""How long a token step takes, as a CUDA graph and without one, and whether both draw the same.

    python benchmarks/token_step.py --device cuda --dtype bfloat16 --model qwen2.5-1.5b --rows 64 --prompt 256
    python benchmarks/token_step.py                    # the tiny model on a CPU: no graph

A model is one of ``model_sizes.py`` (random weights, no download) or what ``--model`` of a command takes.
With and without a graph, equally many tokens are sampled from the same state; their ids and log-probabilities
are compared bit for bit.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from model_sizes import model_of


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--prompt", type=int, default=200, help="tokens of each prompt")
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    found = measure(options)
    print(f"{options.model}, {options.dtype}, {options.rows} rows, {found['columns']} columns")
    print("| | ms a step | tokens/s |\n|---|---|---|")
    for way, seconds in found["seconds"].items():
        print(f"| {way} | {1e3 * seconds:.2f} | {options.rows / seconds:,.0f} |")
    if "graph" in found["seconds"]:
        print(f"captured in {found['capture']:.2f} s; equal bit for bit: {found['equal']}")


@torch.no_grad()
def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the cache's columns, seconds of a step each way and of the capture, and whether both agree."""
    from onelayer.agents.decoder import Decoder, Sampling
    from onelayer.agents.devices import padded_columns, without_cudnn_attention
    from onelayer.agents.graphs import GraphedStep

    model, _ = model_of(options.model, options.dtype, options.device)
    limit = options.steps + 4
    decoder = Decoder(model, [], Sampling(response_limit=limit))
    vocabulary = model.get_input_embeddings().num_embeddings
    for row in range(options.rows):
        ids = [(7 * t + 13 * row) % vocabulary for t in range(options.prompt)]
        decoder.submit(row, ids, [0, row])
    decoder.step()  # reads the prompts and draws the first token of each reply
    used = options.prompt + limit
    decoder._reserve(options.rows, used)
    columns = padded_columns(used, model.device)
    buffers = decoder._buffers
    ways: dict[str, Callable[[int, int], None]] = {"eager": buffers.step}
    if model.device.type == "cuda":
        ways["graph"] = GraphedStep(buffers.step)
    start = {name: getattr(buffers.replies, name).clone() for name in _CHANGED}
    seconds: dict[str, float] = {}
    written = {}
    capture = 0.0
    with without_cudnn_attention():
        for way, step in ways.items():
            for name, value in start.items():
                getattr(buffers.replies, name).copy_(value)
            capture = _seconds(partial(step, options.rows, columns), 1, model.device)
            seconds[way] = _seconds(
                partial(step, options.rows, columns), options.steps, model.device
            )
            written[way] = buffers.replies.ids_RL.clone(), buffers.replies.logp_RL.clone()
    equal = all(
        torch.equal(one, other)
        for one, other in zip(written["eager"], written[list(written)[-1]], strict=True)
    )
    refused = getattr(ways.get("graph"), "refused", False)
    equal = equal and not refused
    return {"columns": columns, "seconds": seconds, "capture": capture, "equal": equal}


_CHANGED = ("writes_R", "token_R", "position_R", "count_R", "ids_RL", "logp_RL")


def _seconds(work: Callable[[], Any], times: int, device: torch.device) -> float:
    """Return the seconds that the work takes once, until the device has finished it."""
    synchronize = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    synchronize()
    start = time.perf_counter()
    for _ in range(times):
        work()
    synchronize()
    return (time.perf_counter() - start) / times


if __name__ == "__main__":
    main()
