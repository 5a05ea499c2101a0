"""One iteration of RL with onelayer and with TRL's GRPOTrainer, side by side: seconds and peak memory.

    python benchmarks/against_trl.py                                   # the tiny model, on the CPU
    python benchmarks/against_trl.py --model FOLDER --tasks 4 --reply 48 --beta 0.01 --epochs 4
    python benchmarks/against_trl.py --model qwen2.5-1.5b --dtype bfloat16 --device cuda --reply 256
    python benchmarks/against_trl.py --model FOLDER --turns 30 --reply 8 --cases onelayer:mid trl:mid

Same model, prompts, sampling at temperature 1 and number of tokens: no reply ends before its limit. Each
case runs in a process of its own, in turn, several times. The table gives medians over all warm iterations
(the first one of every process is cold and left out) and ratios to the first case. Cases:

    onelayer:LAYER        LAYER is a number, quarter, mid, three-quarters, last, or all
    trl:LAYER             TRL with that layer unfrozen and its best settings: no gradient checkpointing,
                          the model's dtype
    trl-defaults:LAYER    TRL with its default settings

Random weights that need no download: qwen2.5-0.5b, qwen2.5-1.5b, qwen3-8b.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

CASES = ["onelayer:mid", "trl:mid", "trl:all", "trl-defaults:all"]


def main() -> None:
    """Print a Markdown table, or with ``--one`` the figures of one case."""
    options = arguments()
    if options.one:
        print(json.dumps(one(options)))
        return
    measured: dict[str, list[dict[str, Any]]] = {case: [] for case in options.cases}
    for _ in range(options.repeats):
        for case in options.cases:
            measured[case].append(in_process(case))
            print(case, json.dumps(summary(measured[case])), file=sys.stderr, flush=True)
    results = {case: summary(found) for case, found in measured.items()}
    print(json.dumps(results) if options.json else table(results))
    if options.out:
        record = {"options": vars(options), "device": device_name(options), "results": results}
        Path(options.out).write_text(json.dumps(record, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--tasks", type=int, default=8)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--words", type=int, default=100, help="of the first observation")
    parser.add_argument("--reply", type=int, default=32, help="tokens of every reply")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--beta", type=float, default=0.0, help="weight of the KL")
    parser.add_argument("--rows-per-forward", type=int, default=8, help="TRL's micro-batch")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--rounds", type=int, default=2, help="warm iterations in a process; 0: a cold one"
    )
    parser.add_argument("--repeats", type=int, default=1, help="processes of each case")
    parser.add_argument("--rollout-only", action="store_true", help="onelayer's, no update")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", help="write the figures there, as JSON")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def in_process(case: str) -> dict[str, Any]:
    """Measure a case in a process of its own; if it fails, the table says why."""
    command = [sys.executable, __file__, *sys.argv[1:], f"--one={case}"]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"ended with {ended.returncode}"]
        return {"failed": lines[-1][:200]}
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def one(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the case ``options.one`` in this process."""
    side, _, layer = options.one.partition(":")
    options.layer = layer_of(layer, options.model)
    options.defaults = side == "trl-defaults"
    if side == "onelayer":
        from onelayer_arm import measure
    else:
        from trl_arm import measure
    return {**measure(options), "peak_gib": peak_gib(options.device)}


def layer_of(name: str, model: str) -> str:
    """Return the number of a layer for its name; ``all`` is returned unchanged."""
    from model_sizes import number_of_layers

    if name == "all" or name.isdigit():
        return name
    count = number_of_layers(model)
    places = {"mid": count // 2, "last": count - 1, "quarter": count // 4}
    places["three-quarters"] = 3 * count // 4
    if name not in places:
        raise SystemExit(f"a layer is a number, all, or one of {', '.join(places)}; got {name!r}")
    return str(places[name])


def peak_gib(device: str) -> float:
    """Return the peak memory of the GPU, or of this process on the CPU."""
    if device == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    import torch

    return torch.cuda.max_memory_allocated() / 2**30


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over the warm iterations of all processes, and the cold one's rollout."""
    if failed := [run["failed"] for run in found if "failed" in run]:
        return {"failed": failed[0]}
    warm = [
        it for run in found for it in run["iterations"][1:] or run["iterations"]
    ]  # all iterations, if there is only one
    middle = {key: statistics.median(it[key] for it in warm) for key in warm[0]}
    middle["cold"] = statistics.median(run["iterations"][0]["rollout"] for run in found)
    middle["peak"] = statistics.median(run["peak_gib"] for run in found)
    middle["sampled"] = found[0]["sampled"]
    middle["prompt"] = found[0]["prompt"]
    return middle


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the results as Markdown; ratios are relative to the first case."""
    lines = [
        "| case | prompt, sampled tokens | first rollout s | rollout s | x | update s | x | peak GiB | x |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    first = next(iter(results.values()))
    for case, row in results.items():
        if "failed" in row:
            lines.append(f"| {case} | {row['failed']} | | | | | | | |")
            continue
        x = {
            key: f"{row[key] / first[key]:.2f}" if key in first else ""
            for key in ("rollout", "update", "peak")
        }
        lines.append(
            f"| {case} | {row['prompt']}, {row['sampled']} | {row['cold']:.2f} "
            f"| {row['rollout']:.2f} | {x['rollout']} | {row['update']:.2f} | {x['update']} "
            f"| {row['peak']:.2f} | {x['peak']} |"
        )
    return "\n".join(lines)


def device_name(options: argparse.Namespace) -> str:
    """Return the name of the device that was measured on."""
    if options.device == "cpu":
        return f"CPU, {options.threads} threads of {os.cpu_count()} cores"
    import torch

    return torch.cuda.get_device_name()


if __name__ == "__main__":
    main()
