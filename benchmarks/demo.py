"""The results of `make demo`, as a picture and the numbers behind it.

    make demo
    python benchmarks/demo.py runs/demo --out docs/results/demo

Writes ``results.json`` (success by iteration, and of each agent in the evaluation), ``curve.png``, and
``profile.png``: the layers of the tiny model, each trained alone, from the profile of docs/study.md.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from onelayer.evals import load_results
from onelayer.evals.contribution.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    draw_profile,
    new_figure,
    save_figure,
)
from onelayer.evals.contribution.profile_file import load_profile
from onelayer.evals.estimates import wilson

PROFILE = Path(__file__).parents[1] / "docs" / "results" / "study" / "tiny-qwen3-gigpo.json"
SMOOTHED = 5
"""number of iterations over which training success is averaged"""


def main() -> None:
    """Read the run; write the numbers and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    numbers = numbers_of(options.run)
    (options.out / "results.json").write_text(json.dumps(numbers, indent=1) + "\n")
    draw(numbers, options.out / "curve.png")
    profile = load_profile(PROFILE)
    draw_profile(replace(profile, controls=()), options.out / "profile.png")


def numbers_of(run: Path) -> dict[str, Any]:
    """Return the success of a run by iteration, and of every agent that its evaluation played."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    results = load_results(run / "eval" / "alfworld" / "results.json")
    seconds = sum(v for line in lines for k, v in line.items() if k.startswith("seconds/"))
    return {
        "config": {name: config[name] for name in ("layers", "learning_rate", "eval_tasks")},
        "minutes": round(seconds / 60, 1),
        "training": [[line["iteration"], line["success"]] for line in lines if "success" in line],
        "held_out": [
            [line["iteration"], line["eval/success"]] for line in lines if "eval/success" in line
        ],
        "evaluation": {
            name: {
                "episodes": found.overall.episodes,
                "success": found.overall.metrics["success"].value,
            }
            for name, found in results.items()
        },
    }


def draw(numbers: Mapping[str, Any], path: Path) -> None:
    """Draw training and held-out success over iterations, held-out success with its interval."""
    figure, axes = new_figure(6.4, 3.2)
    iterations, success = np.array(numbers["training"]).T
    mean = np.convolve(success, np.full(SMOOTHED, 1 / SMOOTHED), mode="valid")
    axes.plot(iterations[SMOOTHED - 1 :], mean, color=GREY, linewidth=1, label="training games")
    at, held_out = np.array(numbers["held_out"]).T
    games = numbers["config"]["eval_tasks"]
    ends = np.array([wilson(round(rate * games), games) for rate in held_out]).T
    axes.errorbar(
        at,
        held_out,
        yerr=np.abs(ends - held_out),
        color=BLUE,
        marker="o",
        linewidth=2,
        label=f"{games} held-out games, 95 % interval",
    )
    expert = numbers["evaluation"]["expert"]["success"]
    axes.axhline(expert, color=GREEN, linestyle="--", label="an expert that searches")
    axes.set_ylim(0, 1)
    axes.set_yticks(np.arange(0, 1.01, 0.25), ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("iteration: 128 games and an update of one layer of six", color=INK, fontsize=9)
    axes.set_title("household games won", fontsize=10, loc="left")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    save_figure(figure, path)


if __name__ == "__main__":
    main()
