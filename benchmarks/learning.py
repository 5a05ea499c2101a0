"""Does step-level credit help, and is one layer enough? Learning curves side by side, with several seeds.

    python benchmarks/learning.py --out docs/results/learning         # all arms, 3 seeds, two at a time
    python benchmarks/learning.py --out docs/results/learning --draw  # table and picture from the results

Every arm plays the same number of episodes of the same tasks, from the same weights; success is measured at
temperature 1 on the same held-out games, which no arm trains on. A finished run is not run again.
"""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import yaml

DEMO = Path(__file__).parents[1] / "examples" / "demo.yaml"
ARMS = {
    "GiGPO, middle layer": {"algorithm": "gigpo", "layers": "mid"},
    "GRPO, middle layer": {"algorithm": "grpo", "layers": "mid"},
    "GiGPO, all layers": {"algorithm": "gigpo", "layers": "all"},
}
COLORS = ("#0b6e4f", "#c8553d", "#3d5a80")


def main() -> None:
    """Run what is missing, then write the table and the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of results and picture")
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/learning"), help="folder of the runs"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--eval-every", type=int, default=10)
    parser.add_argument("--eval-tasks", type=int, default=240)
    parser.add_argument("--lr-layer", type=float, default=2e-3)
    parser.add_argument("--lr-full", type=float, default=3e-4)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one CPU thread each")
    parser.add_argument("--draw", action="store_true", help="draw the stored results only")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    results_path = options.out / "results.json"
    if not options.draw:
        results = run_all(options)
        results_path.write_text(json.dumps(results, indent=1) + "\n")
    results = json.loads(results_path.read_text())
    (options.out / "table.md").write_text(table(results))
    print(table(results))
    draw(results, options.out / "curves.png")


def run_all(options: argparse.Namespace) -> dict:
    """Return the held-out curve of every arm and seed."""
    settings = yaml.safe_load(DEMO.read_text())
    jobs = [(arm, seed) for seed in options.seeds for arm in ARMS]

    def run(job: tuple[str, int]) -> dict:
        arm, seed = job
        lr = options.lr_full if ARMS[arm]["layers"] == "all" else options.lr_layer
        changes = {
            **ARMS[arm],
            "seed": seed,
            "learning_rate": lr,
            "decay": 0,
            "iterations": options.iterations,
            "eval_every": options.eval_every,
            "eval_tasks": options.eval_tasks,
        }
        return one_run(settings | changes, options.runs)

    with ThreadPoolExecutor(options.jobs) as pool:
        curves = list(pool.map(run, jobs))
    return {
        "settings": settings,
        "eval_tasks": options.eval_tasks,
        "runs": [
            {"arm": arm, "seed": seed, **curve}
            for (arm, seed), curve in zip(jobs, curves, strict=True)
        ],
    }


def one_run(settings: dict, runs: Path) -> dict:
    """Train, unless the run is finished, and return the curve."""
    name = f"{settings['algorithm']}-{settings['layers']}-{settings['learning_rate']:g}-{settings['seed']}"
    folder = runs / name
    if not (folder / "layer.safetensors").exists():
        runs.mkdir(parents=True, exist_ok=True)
        config = runs / f"{name}.yaml"
        config.write_text(yaml.safe_dump(settings | {"out": str(folder)}))
        command = [sys.executable, "-m", "onelayer", "train", "--config", str(config)]
        command += ["--resume", "true"] if (folder / "checkpoints").exists() else []
        environment = {"OMP_NUM_THREADS": "1"}
        with open(runs / f"{name}.log", "w") as log:
            subprocess.run(
                command, check=True, stdout=log, stderr=log, env={**_environment(), **environment}
            )
        print(f"finished {name}", flush=True)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    held_out = [line for line in lines if "eval/success" in line]
    played = [line for line in lines if "success" in line]
    return {
        "learning_rate": settings["learning_rate"],
        "episodes": [
            line["iteration"] * settings["tasks_per_iteration"] * settings["group_size"]
            for line in held_out
        ],
        "success": [line["eval/success"] for line in held_out],
        "rollout_seconds": sum(line["seconds/rollout"] for line in played),
        "update_seconds": sum(line["seconds/update"] for line in played),
    }


def table(results: dict) -> str:
    """Return the results of each arm as Markdown."""
    lines = [
        "| arm | seeds | learning rate | start | end, mean over seeds | seeds' ends | pooled 95 % interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in ARMS:
        rows = [row for row in results["runs"] if row["arm"] == arm]
        start = np.mean([row["success"][0] for row in rows])
        ends = [row["success"][-1] for row in rows]
        low, high = wilson(np.mean(ends), len(rows) * results["eval_tasks"])
        each = ", ".join(f"{end:.1%}" for end in ends)
        lines.append(
            f"| {arm} | {len(rows)} | {rows[0]['learning_rate']:g} | {start:.1%} | {np.mean(ends):.1%} "
            f"| {each} | {low:.1%} to {high:.1%} (n = {len(rows) * results['eval_tasks']}) |"
        )
    return "\n".join(lines) + "\n"


def wilson(rate: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a success rate."""
    from onelayer.evals.estimates import wilson as interval

    return interval(round(rate * n), n)


def draw(results: dict, path: Path) -> None:
    """Draw the curves: a thin line for each seed and a thick one for their mean."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for arm, color in zip(ARMS, COLORS, strict=True):
        rows = [row for row in results["runs"] if row["arm"] == arm]
        curves = np.array([row["success"] for row in rows])
        for curve in curves:
            axes.plot(rows[0]["episodes"], curve, color=color, alpha=0.25, linewidth=1)
        axes.plot(rows[0]["episodes"], curves.mean(0), color=color, linewidth=2.4, label=arm)
    axes.set(xlabel="episodes played", ylabel="success on held-out games", ylim=(0, 1))
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, decimals=0))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    seeds = len({row["seed"] for row in results["runs"]})
    axes.set_title(
        f"Tiny model, ALFWorld rooms of 8 receptacles, 10 steps; {seeds} seeds, "
        f"{results['eval_tasks']} held-out games",
        fontsize=10,
        loc="left",
    )
    figure.savefig(path, dpi=150)


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


if __name__ == "__main__":
    main()
