"""Whether a long run leaks: memory, open files, threads and file sizes over its iterations.

    python benchmarks/long_run.py --iterations 1000          # the tiny model, a world of two digits

Everything that may grow is on: evaluation, checkpoints, episodes in the log, a KL. If nothing leaks, the
memory in the last line is that after a tenth of the run. Reads /proc, so Linux only.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_MIB = 2**20


def main() -> None:
    """Train, and print a line of a Markdown table every ``--every`` iterations."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--every", type=int, default=100, help="iterations between lines")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--layers", default="mid")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        train(options, Path(folder) / "run")


def train(options: argparse.Namespace, out: Path) -> None:
    """Train ``options.iterations`` iterations in ``out``."""
    from onelayer.agents.models import load_model
    from onelayer.envs.plugins import make
    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.trainer import Trainer

    started = time.monotonic()
    config = TrainConfig(
        model=options.model,
        env="onelayer/Counting-v0",
        layers=options.layers,
        iterations=options.iterations,
        tasks_per_iteration=4,
        group_size=4,
        response_limit=8,
        eval_every=10,
        eval_tasks=7,
        out=str(out),
    )

    def told(metrics: Mapping[str, Any]) -> None:
        done = metrics["iteration"] + ("loss" in metrics)
        if "loss" in metrics and (done in (1, 10) or done % options.every == 0):
            minutes = (time.monotonic() - started) / 60
            print(f"| {done} | {minutes:.1f} | {' | '.join(map(str, sizes(out)))} |", flush=True)

    print("| iterations | minutes | RSS (MiB) | open files | threads | metrics (KiB) ", end="")
    print("| episodes (KiB) | checkpoints (KiB) |\n|" + "---|" * 8)
    Trainer(
        *load_model(config.model),
        lambda: make(config.env, split="train"),
        config,
        held_out=lambda: make(config.env, split="test"),
        on_iteration=told,
    ).train()


def sizes(out: Path) -> list[int]:
    """Return the columns of a line after the time."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    logs = [(out / name).stat().st_size for name in ("metrics.jsonl", "episodes.jsonl")]
    saved = sum(path.stat().st_size for path in (out / "checkpoints").rglob("*") if path.is_file())
    return [
        pages * os.sysconf("SC_PAGE_SIZE") // _MIB,
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
        *(size // 1024 for size in (*logs, saved)),
    ]


if __name__ == "__main__":
    main()
