r"""Does a chat model learn arithmetic on a CPU, and is one layer enough? Held-out accuracy, before and after.

    ../shared/tools/get-smollm2 ~/models/smollm2       # or any small instruction-tuned model
    python benchmarks/learning_math.py --model ~/models/smollm2 --out docs/results/learning_math
    python benchmarks/learning_math.py --out docs/results/learning_math --draw   # from the results

GRPO trains one middle layer, and the whole model, with equally many episodes of the same problems from the
same weights. Afterwards the untouched model and every trained one answer the same held-out problems, without
repeated texts: several times at temperature 1, as in training, and once greedily. Finished runs are not
repeated, and a run that was stopped resumes.
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ENV = "onelayer/Math-v0"
PROBLEMS = {
    "families": "basic_arithmetic",
    # no division: reasoning-gym's answers to divisions without parentheses are wrong
    "family_config": {
        "min_terms": 2,
        "max_terms": 2,
        "min_digits": 1,
        "max_digits": 1,
        "allow_parentheses": False,
        "allow_negation": False,
        "operators": ["+", "-", "*"],
    },
    "answer_format": "phrase",
    "count": 1000,
}
SETTINGS = {
    "env": ENV,
    "env_args": yaml.safe_dump(PROBLEMS, default_flow_style=True, width=10_000).strip(),
    "algorithm": "grpo",
    "tasks_per_iteration": 8,
    "group_size": 8,
    "response_limit": 16,
    "temperature": 1.0,
    "eval_temperature": 1.0,
    "invalid_penalty": 0.0,
    "beta": 0.0,
    "dtype": "bfloat16",
}
ARMS = {"middle layer": "mid", "all layers": "all"}
COLORS = {"middle layer": "#0b6e4f", "all layers": "#3d5a80"}
WAYS = {"sampled": {"temperature": 1.0, "attempts": 4}, "greedy": {"temperature": 0, "attempts": 1}}
"""sampling settings for the held-out problems"""


def main() -> None:
    """Run what is missing, then write the table and the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", help="folder or id of a chat model")
    parser.add_argument("--out", type=Path, required=True, help="folder of results and picture")
    parser.add_argument("--runs", type=Path, default=Path("runs/learning_math"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--iterations", type=int, default=16)
    parser.add_argument("--eval-every", type=int, default=4)
    parser.add_argument("--eval-tasks", type=int, default=64, help="of the curve, during training")
    parser.add_argument("--lr-layer", type=float, default=1e-3)
    parser.add_argument("--lr-full", type=float, default=5e-5)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one CPU thread each")
    parser.add_argument("--draw", action="store_true", help="draw the stored results only")
    options = parser.parse_args()
    if not options.draw and not options.model:
        parser.error("--model names the chat model to train; --draw needs none")
    options.out.mkdir(parents=True, exist_ok=True)
    results_path = options.out / "results.json"
    if not options.draw:
        results_path.write_text(json.dumps(run_all(options), indent=1) + "\n")
    results = json.loads(results_path.read_text())
    (options.out / "table.md").write_text(table(results))
    print(table(results))
    draw(results, options.out / "curves.png")


def run_all(options: argparse.Namespace) -> dict[str, Any]:
    """Return the results of the untouched model and of every run."""
    options.runs.mkdir(parents=True, exist_ok=True)
    problems = held_out_problems()
    for way, how in WAYS.items():
        suite = {"env": ENV, "split": "test", "env_args": PROBLEMS, "tasks": problems}
        suite["attempts"] = how["attempts"]
        (options.runs / f"{way}.yaml").write_text(yaml.safe_dump(suite))
    jobs: list[tuple[str, int]] = [("untouched", 0)]
    jobs += [(arm, seed) for seed in options.seeds for arm in ARMS]

    def run(job: tuple[str, int]) -> dict[str, Any]:
        arm, seed = job
        if arm == "untouched":
            return {"arm": arm} | held_out(options.model, options.runs / "untouched", options.runs)
        folder, trained = train(options, ARMS[arm], seed)
        return {"arm": arm, "seed": seed} | trained | held_out(str(folder), folder, options.runs)

    with ThreadPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(run, jobs))
    name = Path(options.model).name
    return {"model": name, "settings": SETTINGS, "problems": len(problems), "runs": runs}


def held_out_problems() -> list[str]:
    """Return the ids of the test problems, one for each text, since small families repeat problems."""
    from onelayer.envs.plugins import make

    env = make(ENV, **PROBLEMS, split="test")
    by_text: dict[str, str] = {}
    for task in env.unwrapped.tasks:
        text, _ = env.reset(options={"task": task})
        by_text.setdefault(text, task)
    return list(by_text.values())


def train(options: argparse.Namespace, layers: str, seed: int) -> tuple[Path, dict[str, Any]]:
    """Train, unless the run is finished; return the run folder and the run's curves."""
    rate = options.lr_full if layers == "all" else options.lr_layer
    name = f"{layers}-{rate:g}-{seed}"
    folder = options.runs / name
    settings = SETTINGS | {
        "model": options.model,
        "layers": layers,
        "seed": seed,
        "learning_rate": rate,
        "iterations": options.iterations,
        "decay": options.iterations,
        "eval_every": options.eval_every,
        "eval_tasks": options.eval_tasks,
        "out": str(folder),
    }
    if not (folder / "layer.safetensors").exists():
        config = options.runs / f"{name}.yaml"
        config.write_text(yaml.safe_dump(settings))
        resume = ["--resume", "true"] if (folder / "checkpoints").exists() else []
        onelayer(["train", "--config", str(config), *resume], options.runs / f"{name}.log")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    played = [line for line in lines if "success" in line]
    watched = [line for line in lines if "eval/success" in line]
    an_iteration = SETTINGS["tasks_per_iteration"] * SETTINGS["group_size"]
    return folder, {
        "learning_rate": rate,
        "episodes": [line["iteration"] * an_iteration for line in watched],
        "success": [line["eval/success"] for line in watched],
        "training_success": [line["success"] for line in played],
        "reply_tokens": [line["reply_tokens"] for line in played],
        "rollout_seconds": sum(line["seconds/rollout"] for line in played),
        "update_seconds": sum(line["seconds/update"] for line in played),
    }


def held_out(player: str, folder: Path, runs: Path) -> dict[str, Any]:
    """Return the share of right answers to each held-out problem, in order, by sampling setting."""
    from onelayer.evals.results import read_results

    shares: dict[str, Any] = {}
    for way, how in WAYS.items():
        out = folder / "eval" / way
        command = ["eval", player, "--suite", str(runs / f"{way}.yaml"), "--out", str(out)]
        command += ["--temperature", str(how["temperature"]), "--no-base", "--no-random"]
        command += ["--no-expert", "--response-limit", str(SETTINGS["response_limit"])]
        command += ["--dtype", SETTINGS["dtype"], "--parallel", "128"]
        if not (out / "results.json").exists():
            out.parent.mkdir(parents=True, exist_ok=True)
            onelayer(command, folder / "eval" / f"{way}.log")
        [results] = read_results(out / "results.json").values()
        right: dict[str, list[bool]] = {}
        for episode in results.episodes:
            right.setdefault(episode.task, []).append(episode.success)
        shares[way] = [float(np.mean(right[task])) for task in sorted(right)]
    return shares


def onelayer(arguments: list[str], log: Path) -> None:
    """Run a command of onelayer with one thread; its output goes to the log."""
    with open(log, "a") as file:
        subprocess.run(
            [sys.executable, "-m", "onelayer", *arguments],
            check=True,
            stdout=file,
            stderr=file,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    print(f"finished onelayer {' '.join(arguments[:2])}", flush=True)


def table(results: dict[str, Any]) -> str:
    """Return accuracies and their differences with 95 % intervals, as Markdown."""
    lines = [
        f"{results['problems']} held-out problems; each answered {WAYS['sampled']['attempts']} times at "
        "temperature 1, and once with the likeliest tokens. Intervals (95 %) are over problems, not over "
        "seeds: those stand beside.",
        "",
        "| | learning rate | at temperature 1 | gain | seeds | greedy | gain | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    untouched = shares(results, "untouched")
    cells = [cell for way in WAYS for cell in (accuracy(untouched[way]), "", "")]
    lines.append(f"| untouched | | {' | '.join(cells)} |")
    for arm in ARMS:
        found = shares(results, arm)
        cells = [f"{of(results, arm)[0]['learning_rate']:g}"]
        for way in WAYS:
            each = ", ".join(f"{share:.1%}" for share in found[way].mean(1))
            cells += [accuracy(found[way]), difference(found[way], untouched[way]), each]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    one, whole = (shares(results, arm) for arm in ARMS)
    cells = [cell for way in WAYS for cell in ("", difference(one[way], whole[way]), "")]
    lines.append(f"| middle layer minus all | | {' | '.join(cells)} |")
    lines += ["", "| a run | episodes | tokens of a reply, first and last | playing | learning |"]
    lines += ["|---|---|---|---|---|"]
    lines += [f"| {arm} | {' | '.join(cost(results, arm))} |" for arm in ARMS]
    return "\n".join(lines) + "\n"


def of(results: dict[str, Any], arm: str) -> list[dict[str, Any]]:
    """Return the runs of an arm."""
    return [run for run in results["runs"] if run["arm"] == arm]


def shares(results: dict[str, Any], arm: str) -> dict[str, np.ndarray]:
    """Return the share of right answers by run and problem, ``[R, P]``, for each sampling setting."""
    return {way: np.array([run[way] for run in of(results, arm)]) for way in WAYS}


def accuracy(shares_RP: np.ndarray) -> str:
    """Return the mean with Wilson's interval over problems."""
    from onelayer.evals.estimates import mean_share

    return "{:.1%} [{:.1%}, {:.1%}]".format(*mean_share(shares_RP.mean(0)))


def difference(first_RP: np.ndarray, second_RP: np.ndarray) -> str:
    """Return the mean difference in percentage points with its bootstrap interval over problems."""
    from onelayer.evals.bootstrap import paired_difference

    found = paired_difference(first_RP.mean(0), second_RP.mean(0))
    return "{:+.1f} [{:+.1f}, {:+.1f}]".format(*(100 * value for value in found))


def cost(results: dict[str, Any], arm: str) -> list[str]:
    """Return the cost of a run of the arm, averaged over the seeds."""
    runs = of(results, arm)
    episodes = SETTINGS["tasks_per_iteration"] * SETTINGS["group_size"]
    tokens = [np.mean([run["reply_tokens"][i] for run in runs]) for i in (0, -1)]
    seconds = [
        np.mean([run[f"{phase}_seconds"] for run in runs]) for phase in ("rollout", "update")
    ]
    return [
        f"{episodes * len(runs[0]['reply_tokens'])}",
        f"{tokens[0]:.1f}, {tokens[1]:.1f}",
        *(f"{each / 60:.1f} min" for each in seconds),
    ]


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw the curves during training: a thin line for each seed and a thick one for their mean."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for arm in ARMS:
        runs = of(results, arm)
        curves = np.array([run["success"] for run in runs])
        for curve in curves:
            axes.plot(runs[0]["episodes"], curve, color=COLORS[arm], alpha=0.3, linewidth=1)
        mean = curves.mean(0)
        axes.plot(runs[0]["episodes"], mean, color=COLORS[arm], linewidth=2.4, label=arm)
    axes.set(xlabel="episodes played", ylabel="right, at temperature 1", ylim=(0, 1))
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0, decimals=0))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    axes.set_title(
        f"{results['model']}, GRPO on sums, differences and products up to 10, held out; "
        f"{len(of(results, next(iter(ARMS))))} seeds",
        fontsize=10,
        loc="left",
    )
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
