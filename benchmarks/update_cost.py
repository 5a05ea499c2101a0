"""What training one layer costs against training all: seconds and peak memory of an update.

    python benchmarks/update_cost.py                      # the tiny model
    python benchmarks/update_cost.py --model FOLDER --tasks 2 --group-size 4 --response-limit 24

Every choice of layers runs in a process of its own, in turn, several rounds; the table gives medians and the
ratio to training all. The episodes are played by the model itself and are the same for every choice.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--layers", nargs="+", default=["all", "0", "mid", "-1"])
    parser.add_argument("--tasks", type=int, default=16)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--response-limit", type=int, default=12)
    parser.add_argument("--max-steps", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options, options.one)))
        return
    measured: dict[str, list[dict[str, float]]] = {layers: [] for layers in options.layers}
    for _ in range(options.rounds):
        for layers in options.layers:
            command = [sys.executable, __file__, *sys.argv[1:], f"--one={layers}"]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            measured[layers].append(json.loads(output.splitlines()[-1]))
    print("| layers | play s | update s | update / all | peak MB | peak - loaded MB | of all |")
    print("|---|---|---|---|---|---|---|")
    middle = {
        layers: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for layers, rows in measured.items()
    }
    whole = middle[options.layers[0]]
    for layers, row in middle.items():
        print(
            f"| {layers} | {row['play']:.2f} | {row['update']:.2f} | {row['update'] / whole['update']:.2f} "
            f"| {row['peak']:.0f} | {row['grown']:.0f} | {row['grown'] / whole['grown']:.2f} |"
        )


def measure(options: argparse.Namespace, layers: str) -> dict[str, float]:
    """Play once and update three times in this process."""
    from onelayer.agents.models import load_model
    from onelayer.envs.plugins import make
    from onelayer.trainers.advantages import gigpo
    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.trainer import Trainer

    model, tokenizer = load_model(options.model)
    loaded = peak_megabytes()
    config = TrainConfig(
        model=options.model,
        out=tempfile.mkdtemp(),
        layers=layers,
        tasks_per_iteration=options.tasks,
        group_size=options.group_size,
        response_limit=options.response_limit,
        epochs=options.epochs,
        eval_every=0,
    )
    trainer = Trainer(
        model,
        tokenizer,
        lambda: make(
            "onelayer/ALFWorld-v0", games="generated", room_size=8, max_steps=options.max_steps
        ),
        config,
    )
    start = time.perf_counter()
    episodes = trainer.play()
    played = time.perf_counter() - start
    advantages_N = gigpo(episodes, gamma=0.95, omega=1.0, divide_by_std=False)
    seconds = []
    for iteration in range(3):
        start = time.perf_counter()
        trainer.learner.update(episodes, advantages_N, iteration)
        seconds.append(time.perf_counter() - start)
    return {
        "play": played,
        "update": statistics.median(seconds),
        "peak": peak_megabytes(),
        "grown": peak_megabytes() - loaded,
    }


def peak_megabytes() -> float:
    """Return the most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
