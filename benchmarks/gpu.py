"""Correctness, then speed, of onelayer on a GPU, in one command of at most six minutes.

    python benchmarks/gpu.py                     # the whole table, and docs/results/gpu/DEVICE.json
    python benchmarks/gpu.py --device cpu --small    # the same script on a CPU, tiny models: does it run?

Sections, each in a process of its own with a time limit; after a failed one the next begins:

    right       CUDA graph = eager bit for bit; playing = learning; loss in chunks = plain
    1.5b        an iteration of Qwen2.5-1.5B (random weights), one middle layer, KL on, beside TRL's
    wide        128 rows of 1,024 tokens of context
    8b          an iteration of Qwen3-8B (random weights), one middle layer
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LIMITS = {"right": 60, "1.5b": 150, "wide": 60, "8b": 90}
"""time limit of each section in seconds; six minutes in all"""


def main() -> None:
    """Print a line for each figure and write them all as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny models, a few tokens")
    parser.add_argument("--sections", nargs="+", default=list(LIMITS), choices=LIMITS)
    parser.add_argument("--out", help="folder of the JSON file; default: docs/results/gpu")
    options = parser.parse_args()
    name = device_name(options.device)
    print(f"on {name}")
    found: dict[str, Any] = {"device": name, "versions": versions(), "small": options.small}
    for section in options.sections:
        start = time.perf_counter()
        found[section] = SECTIONS[section](options, LIMITS[section])
        print(f"\n{section} ({time.perf_counter() - start:.0f} s)")
        print(shown(found[section]))
        folder = Path(options.out or HERE.parent / "docs/results/gpu")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name.lower().replace(' ', '-').replace(',', '')}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
    print(f"\nwrote {path}")
    if found.get("right", {}).get("wrong") or "failed" in found.get("right", {}):
        raise SystemExit(1)


def right(options: argparse.Namespace, limit: float) -> dict[str, Any]:
    """Check that the fast implementations give the numbers of the plain ones."""
    size = ["--small"] if options.small else []
    return process(["gpu_right.py", f"--device={options.device}", *size], limit)


def one_and_a_half(options: argparse.Namespace, limit: float) -> dict[str, Any]:
    """Play and learn from 64 replies of 256 tokens, beside TRL with one layer unfrozen."""
    return against_trl(
        options,
        limit,
        *("--model=qwen2.5-1.5b", "--tasks=8", "--words=200", "--reply=256", "--beta=0.01"),
        *("--rounds=1", "--cases", "onelayer:mid", "trl:mid"),
    )


def wide(options: argparse.Namespace, limit: float) -> dict[str, Any]:
    """Play 128 replies of 256 tokens after prompts of 1,024."""
    return against_trl(
        options,
        limit,
        *("--model=qwen2.5-1.5b", "--tasks=16", "--words=1020", "--reply=256"),
        *("--rounds=1", "--rollout-only", "--cases", "onelayer:mid"),
    )


def eight(options: argparse.Namespace, limit: float) -> dict[str, Any]:
    """Play and learn from 64 replies of 128 tokens with the larger model."""
    return against_trl(
        options,
        limit,
        *("--model=qwen3-8b", "--tasks=8", "--words=200", "--reply=128", "--beta=0.01"),
        *("--rounds=1", "--cases", "onelayer:mid"),
    )


SECTIONS = {"right": right, "1.5b": one_and_a_half, "wide": wide, "8b": eight}


def against_trl(options: argparse.Namespace, limit: float, *arguments: str) -> dict[str, Any]:
    """Run the comparison with these arguments; add tokens a second."""
    small = ["--model=tiny", "--tasks=2", "--reply=8", "--words=20"] if options.small else []
    dtype = "float32" if options.device == "cpu" else "bfloat16"
    # The later of two equal flags counts. The cases come last, since --cases takes all words after it.
    flags = [f for f in arguments if f.startswith("--") and f != "--cases"]
    cases = arguments[arguments.index("--cases") :]
    found = process(
        [
            *("against_trl.py", "--json", f"--device={options.device}", f"--dtype={dtype}"),
            *("--rows-per-forward=16", *flags, *small, *cases),
        ],
        limit,
    )
    for row in found.values():
        if isinstance(row, dict) and "rollout" in row:
            row["tokens_per_second"] = row["sampled"] / row["rollout"]
            row["first_over_second"] = row["cold"] / row["rollout"]
    return found


def process(command: list[str], limit: float) -> dict[str, Any]:
    """Run one of the scripts here; return the JSON of its last line, or why there is none."""
    started = subprocess.Popen(
        [sys.executable, str(HERE / command[0]), *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = started.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)  # its whole group, including its child processes
        return {"failed": f"not done within {limit:.0f} s"}
    if started.returncode or not output.strip():
        return {"failed": (errors.strip() or "no output").splitlines()[-1][:300]}
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def shown(found: dict[str, Any]) -> str:
    """Return the figures of a section, a line for each case."""
    lines = []
    for key, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(
                f"{name} {number:.4g}" if isinstance(number, float) else f"{name} {number}"
                for name, number in value.items()
            )
        lines.append(f"  {key}: {value}")
    return "\n".join(lines)


def device_name(device: str) -> str:
    """Return the GPU's name, or ``cpu``."""
    if device == "cpu":
        return "cpu"
    import torch

    return str(torch.cuda.get_device_name())


def versions() -> dict[str, str]:
    """Return the versions of the software that the figures depend on."""
    from importlib.metadata import version

    return {name: version(name) for name in ("onelayer", "torch", "transformers", "trl")}


if __name__ == "__main__":
    main()
