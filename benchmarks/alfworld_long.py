"""Does step credit help where episodes are long and states repeat? Estimators at equal episodes, 50 steps.

    python benchmarks/alfworld_long.py --games FOLDER --seeds 0-4        # runs what is missing, then draws
    python benchmarks/alfworld_long.py --games FOLDER --minutes 60       # as much of it as an hour takes
    python benchmarks/alfworld_long.py --draw                            # table and picture from the results

Every run starts from the same model, plays as many episodes of the same training games, and is scored at
its end on the same held-out games, several times each. A finished run is a line of ``runs.jsonl`` in
``--out`` and is not run again; what was stopped goes on from its checkpoint in ``--runs``. FOLDER is what
``games`` of the environment takes, and holds the splits ``train`` and ``valid_seen``; ``generated`` needs no
data.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from alfworld_long_record import record
from alfworld_long_report import draw, table

from onelayer.json_lines import append_records, read_records

ROOT = Path(__file__).parents[1]
SETTINGS = ROOT / "examples" / "alfworld.yaml"
ARMS: dict[str, dict[str, Any]] = {
    "GiGPO": {"algorithm": "gigpo", "omega": 1.0},
    "GRPO": {"algorithm": "grpo"},
    "Dr. GRPO": {"algorithm": "dr_grpo"},
    "GiGPO, omega 0.5": {"algorithm": "gigpo", "omega": 0.5},
    "GiGPO, omega 2": {"algorithm": "gigpo", "omega": 2.0},
    "HGPO": {"algorithm": "hgpo"},
    "GiGPO, all layers": {"algorithm": "gigpo", "layers": "all", "learning_rate": 5e-4},
}


def main() -> None:
    """Run what is missing, as far as the time goes, then write the table and the picture."""
    options = parsed()
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "runs.jsonl"
    if not options.draw:
        run_missing(options, results)
    runs = [run for run in read_records(results) if run is not None]
    if not runs:
        sys.exit(f"alfworld_long: {results} holds no finished run yet")
    (options.out / "table.md").write_text(table(runs))
    print(table(runs))
    draw(runs, options.out / "curves.png")


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--games", default=os.environ.get("ALFWORLD_DATA", "generated"))
    parser.add_argument("--model", default="small")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--seeds", type=numbers, default=numbers("0-4"), help="such as 0-4 or 1,3")
    parser.add_argument("--layers", default="mid")
    parser.add_argument("--learning-rate", type=float, default=5e-3)
    parser.add_argument("--max-steps", type=int, default=50, help="of an episode")
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--tasks-per-iteration", type=int, default=16)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--eval-every", type=int, default=5)
    parser.add_argument("--eval-tasks", type=int, default=140, help="held-out games")
    parser.add_argument("--final-attempts", type=int, default=3, help="at each of them at the end")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="then stop; go on later"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of a run")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "alfworld_long")
    parser.add_argument("--runs", type=Path, default=Path("runs/alfworld_long"))
    parser.add_argument("--draw", action="store_true", help="draw the stored results only")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    """Return the seeds of ``0-4`` or ``1,3``."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def run_missing(options: argparse.Namespace, results: Path) -> None:
    """Train every pair of arm and seed that has no line in the results, seed by seed."""
    end = time.monotonic() + 60 * options.minutes
    shared = settings(options)
    done, untouched_too = set(), True
    for run in read_records(results):
        if run is None:
            continue
        if run["settings"] != shared:
            different = sorted(k for k in shared if run["settings"].get(k) != shared[k])
            sys.exit(
                f"alfworld_long: {results} holds runs with another {', '.join(different)}; "
                "name another --out, or the same settings"
            )
        done.add((run["arm"], run["seed"]))
        untouched_too = untouched_too and "base" not in run
    for seed in options.seeds:
        for arm in options.arms:
            if (arm, seed) in done:
                continue
            finished = one_run(options, shared, arm, seed, end, untouched_too)
            if finished is None:
                print(f"the time is over; {arm}, seed {seed}, goes on with the same command")
                return
            append_records(results, [finished])
            untouched_too = False
            print(f"finished {arm}, seed {seed}", flush=True)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what all runs share, and what a result is kept with; the place of the games is left out."""
    chosen = {
        name: getattr(options, name)
        for name in ("model", "layers", "learning_rate", "iterations", "tasks_per_iteration")
    }
    chosen |= {"group_size": options.group_size}
    chosen |= {"eval_every": options.eval_every, "eval_tasks": options.eval_tasks}
    chosen |= {"final_attempts": options.final_attempts}
    world = "generated" if options.games == "generated" else "ALFWorld's own games"
    known = yaml.safe_load(SETTINGS.read_text())
    return {
        **{k: v for k, v in known.items() if k not in ("out", "env_args", "algorithm")},
        **chosen,
    } | {
        "games": world,
        "max_steps": options.max_steps,
        "decay": options.iterations,
    }


def one_run(
    options: argparse.Namespace,
    shared: Mapping[str, Any],
    arm: str,
    seed: int,
    end: float,
    untouched_too: bool,
) -> dict[str, Any] | None:
    """Train, or go on, and evaluate; return the record, or None where the time was over before."""
    name = f"{arm.lower().replace(',', '').replace('.', '').replace(' ', '-')}-{seed}"
    folder = options.runs / name
    world = json.dumps({"games": str(options.games), "max_steps": options.max_steps})
    config = {**shared, **ARMS[arm], "env_args": world, "seed": seed, "out": str(folder)}
    del config["games"], config["max_steps"], config["final_attempts"]
    options.runs.mkdir(parents=True, exist_ok=True)
    (options.runs / f"{name}.yaml").write_text(yaml.safe_dump(config))
    if not (folder / "layer.safetensors").exists():
        command = [sys.executable, "-m", "onelayer", "train"]
        command += ["--config", str(options.runs / f"{name}.yaml")]
        command += ["--resume"] if (folder / "checkpoints").exists() else []
        if not finishes(command, options, options.runs / f"{name}.log", end):
            return None
    if not (folder / "final" / "results.json").exists():
        command = [
            sys.executable,
            "-m",
            "onelayer",
            "eval",
            str(folder),
            "--out",
            str(folder / "final"),
        ]
        command += ["--suite", str(suite(options, shared)), "--no-random", "--no-expert"]
        command += [] if untouched_too else ["--no-base"]
        if not finishes(command, options, options.runs / f"{name}.log", end):
            return None
    an_iteration = shared["tasks_per_iteration"] * shared["group_size"]
    return {"arm": arm, "seed": seed, "settings": dict(shared), **record(folder, an_iteration)}


def suite(options: argparse.Namespace, shared: Mapping[str, Any]) -> Path:
    """Write the suite of the last evaluation; return its path."""
    path = options.runs / "final.yaml"
    held_out = {"split": shared["eval_split"], "tasks": shared["eval_tasks"]}
    held_out |= {"attempts": options.final_attempts, "env": shared["env"]}
    held_out |= {"env_args": {"games": str(options.games), "max_steps": options.max_steps}}
    path.write_text(yaml.safe_dump({"description": "games at the end of a run", **held_out}))
    return path


def finishes(command: list[str], options: argparse.Namespace, log: Path, end: float) -> bool:
    """Run a command to its end, or stop it when the time is over, which leaves a checkpoint.

    Raises:
        CalledProcessError: it failed.
    """
    threads = {"OMP_NUM_THREADS": str(options.threads)}
    with open(log, "a") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **threads})
        try:
            left = end - time.monotonic()
            code = process.wait(None if left == float("inf") else max(0.0, left))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.wait()
            return False
        except KeyboardInterrupt:  # it has heard that too
            process.wait()
            raise
    if code:
        raise subprocess.CalledProcessError(code, command)
    return True


if __name__ == "__main__":
    main()
