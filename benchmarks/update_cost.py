"""What an update costs, layer by layer: processor seconds and peak memory.

    python benchmarks/update_cost.py                                     # the tiny model in ALFWorld rooms
    python benchmarks/update_cost.py --model FOLDER --words 100 --tasks 2 --reply 48 --betas 0 0.01
    python benchmarks/update_cost.py --against CHECKOUT --epochs 1 4     # and an earlier commit beside it

Every case runs in a process of its own, in turn, several rounds; the table gives medians. The model plays
once and learns from the episodes with random advantages; the first update uses the hidden states that were
captured while playing. Peak memory is that of the process, less its memory after playing the episodes.
``CHECKOUT`` is a working tree of another commit (`git worktree add CHECKOUT COMMIT`).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Print a Markdown table."""
    options = arguments()
    if options.one:
        print(json.dumps(measure(options, *json.loads(options.one))))
        return
    sources = [Path(__file__).resolve().parent.parent, options.against]
    cases = [
        (str(source), layers, beta, epochs)
        for layers in options.layers
        for beta in options.betas
        for epochs in options.epochs
        for source in sources
        if source is not None
    ]
    measured: dict[tuple[Any, ...], list[dict[str, float]]] = {case: [] for case in cases}
    for _ in range(options.rounds):
        for case in cases:
            measured[case].append(in_process(case))
    print("| layers | beta | epochs | code | play CPU s | update CPU s | peak less played MB |")
    print("|---|---|---|---|---|---|---|")
    for (source, layers, beta, epochs), found in measured.items():
        middle = {key: statistics.median(run[key] for run in found) for key in found[0]}
        code = "this" if source == str(sources[0]) else Path(source).name
        print(
            f"| {layers} | {beta} | {epochs} | {code} | {middle['play']:.2f} | {middle['update']:.2f} "
            f"| {middle['grown']:.0f} |",
            flush=True,
        )


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--layers", nargs="+", default=["all", "0", "mid", "-1"])
    parser.add_argument("--betas", nargs="+", type=float, default=[0.01])
    parser.add_argument("--epochs", nargs="+", type=int, default=[1])
    parser.add_argument("--tasks", type=int, default=16)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--reply", type=int, default=12, help="most tokens of a reply")
    parser.add_argument("--words", type=int, default=0, help="of one prompt; 0: ALFWorld rooms")
    parser.add_argument("--max-steps", type=int, default=10, help="of an episode in ALFWorld")
    parser.add_argument("--history", default="all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--against", type=Path, help="a working tree of another commit")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def in_process(case: tuple[Any, ...]) -> dict[str, float]:
    """Measure a case in a process that imports the code of its checkout."""
    path = os.pathsep.join([f"{case[0]}/typings", os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, *sys.argv[1:], f"--one={json.dumps(case[1:])}"]
    ended = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def measure(options: argparse.Namespace, layers: str, beta: float, epochs: int) -> dict[str, float]:
    """Play once and update once in this process."""
    import numpy as np
    import torch
    from prompts import make_prompts

    from onelayer.agents.models import load_model
    from onelayer.envs.plugins import make
    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.trainer import Trainer

    torch.set_num_threads(options.threads)

    def world() -> Any:
        if options.words:
            return make_prompts(options.tasks, options.words)
        return make(
            "onelayer/ALFWorld-v0", games="generated", room_size=8, max_steps=options.max_steps
        )

    config = TrainConfig(
        model=options.model,
        env="benchmark",
        out=tempfile.mkdtemp(),
        layers=layers,
        tasks_per_iteration=options.tasks,
        group_size=options.group_size,
        response_limit=options.reply,
        history=options.history,
        epochs=epochs,
        beta=beta,
        eval_every=0,
    )
    trainer = Trainer(*load_model(options.model), world, config)
    start = time.process_time()
    episodes = trainer.play()
    played, held = time.process_time() - start, peak_megabytes()
    steps = sum(len(episode.steps) for episode in episodes)
    advantages_N = np.random.default_rng(0).normal(size=steps)
    start = time.process_time()
    trainer.learner.update(episodes, advantages_N, 0)
    updated = time.process_time() - start
    return {"play": played, "update": updated, "grown": peak_megabytes() - held}


def peak_megabytes() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
