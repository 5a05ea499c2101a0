"""The second study: which layer of a chat model of thirty is worth training, across tasks and algorithms.

    ../shared/tools/get-smollm2 ~/models/smollm2
    python benchmarks/study2.py tune --model ~/models/smollm2            # rates, on dev, with another seed
    python benchmarks/study2.py run --model ~/models/smollm2 --hours 2   # what is missing, for two hours
    python benchmarks/study2.py cost --model ~/models/smollm2            # tokens, CPU seconds, peak memory
    python benchmarks/study2.py page                                  # docs/study-smollm2.md of what there is
    python benchmarks/study2.py left                                     # what is missing, how long it takes

The raw scores of every run are in docs/results/study2/*.jsonl. A run that is there is not made again, on this
machine or another: the same command goes on where the last session stopped, seed by seed, so that whole seeds
are there first. Every run is an ordinary one of ``onelayer profile``.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RESULTS = HERE.parent / "docs" / "results" / "study2"
LAYERS = "0,3,6,9,12,15,18,21,25,29"
"""ten of thirty, over the whole depth; the last one is the control `last layer only`, 15 is `mid`"""
SEEDS = (1, 2, 3)
TUNING_SEED = 99
CONTROLS = "random:1:2,lora,mask,transplant"

MATH: Mapping[str, Any] = {
    "env": "onelayer/Math-v0",
    "tasks_per_iteration": 8,
    "group_size": 8,
    "response_limit": 16,
    "iterations": 16,
    "eval_tasks": 150,
    "dev_tasks": 100,
}
SUMS = {
    "families": "basic_arithmetic",
    # no division: without parentheses reasoning-gym's answers to it are wrong
    "family_config": {
        "min_terms": 2,
        "max_terms": 2,
        "min_digits": 1,
        "max_digits": 2,
        "allow_parentheses": False,
        "allow_negation": False,
        "operators": ["+", "-", "*"],
    },
    "answer_format": "phrase",
    "count": 1000,
}
LETTERS = {
    "families": "letter_counting",
    "family_config": {"min_words": 2, "max_words": 4},
    "answer_format": "phrase",
    "count": 1000,
}
MAZE: Mapping[str, Any] = {
    "env": "study_worlds:study/Maze-v0",
    "env_args": "{size: 3, max_steps: 8}",
    "show_admissible": False,
    "tasks_per_iteration": 4,
    "group_size": 8,
    "response_limit": 6,
    "iterations": 16,
    "history": "0",
    "eval_tasks": 150,
    "dev_tasks": 100,
}
SHARED: Mapping[str, Any] = {
    "model": "smollm2",
    "temperature": 1.0,
    "eval_temperature": 1.0,
    "invalid_penalty": 0.0,
    "beta": 0.0,
    "dtype": "bfloat16",
    "layer_list": LAYERS,
    "base_evaluations": 2,
    "parallel": 64,
}


def _text(arguments: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(arguments), default_flow_style=True, width=10_000).strip()


SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "sums-grpo": {**MATH, "env_args": _text(SUMS), "algorithm": "grpo", "controls": CONTROLS},
    "letters-grpo": {**MATH, "env_args": _text(LETTERS), "algorithm": "grpo", "controls": CONTROLS},
    "sums-dr-grpo": {**MATH, "env_args": _text(SUMS), "algorithm": "dr_grpo"},
    "maze-gigpo": {**MAZE, "algorithm": "gigpo", "controls": CONTROLS},
    "maze-grpo": {**MAZE, "algorithm": "grpo"},
}
"""by name, in the order in which they are measured"""
READY = tuple(name for name in SETTINGS if not name.startswith("maze"))
"""what is measured where nothing is named: the untouched model wins no maze, and so learns nothing there"""
RATES = {"sums": (5e-5, 1e-3), "letters": (5e-5, 1e-3), "maze": (5e-5, 1e-3)}
"""learning rate of full training and of a layer, by task; LoRA has the layer's"""
TRIED = {"full": (2e-5, 5e-5, 1e-4), "layer": (3e-4, 1e-3, 3e-3)}
"""what ``tune`` compares, as many for full training as for a layer"""
MINUTES = {"sums": 4.0, "letters": 4.0, "maze": 8.0}
"""of a run and its evaluation on a quiet core, roughly: for ``left``"""


def main() -> None:
    """Do what the first word says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["tune", "run", "cost", "page", "left"])
    parser.add_argument("--model", type=Path, help="folder of SmolLM2-135M-Instruct")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(READY))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--hours", type=float, default=0.0, help="then stop; 0: when all is there")
    parser.add_argument("--jobs", type=int, default=0, help="runs at a time; 0: one a core")
    parser.add_argument("--work", type=Path, default=Path("runs/study2"), help="folder of the runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument(
        "--set", nargs="*", default=[], help="NAME=VALUE over a setting: for a trial"
    )
    options = parser.parse_args()
    options.results = options.results.absolute()
    if options.what == "page":
        from study2_page import build

        build(options.results, HERE.parent / "docs" / "study-smollm2.md")
        return
    if options.what == "left":
        print(what_is_left(options.results, options.seeds))
        return
    if options.model is None:
        parser.error("--model names the folder of the model")
    enter(options.work, options.model.absolute())
    started = time.monotonic()
    {"tune": tune, "run": run, "cost": cost}[options.what](options, started)


def enter(work: Path, model: Path) -> None:
    """Go to the folder of the runs, where the model has one name on every machine."""
    work.mkdir(parents=True, exist_ok=True)
    os.chdir(work)
    link = Path(str(SHARED["model"]))
    if not link.exists():
        link.symlink_to(model)
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))  # for processes of its own


def settings_of(name: str, changes: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return the flags of a profile."""
    full, layer = RATES[name.partition("-")[0]]
    given = dict(part.split("=", 1) for part in changes)
    fixed = {**SHARED, **SETTINGS[name], "lr_full": full, "lr_layer": layer, **more}
    return fixed | {key: yaml.safe_load(value) for key, value in given.items()}


def run(options: argparse.Namespace, started: float) -> None:
    """Measure what is missing, a seed of every setting before the next seed."""
    from study2_data import keep, restore

    from onelayer.trainers.profile.profile_config import ProfileConfig
    from onelayer.trainers.profile.profiler import Profiler

    for last in range(1, len(options.seeds) + 1):
        for name in options.settings:
            seeds = ",".join(map(str, options.seeds[:last]))
            path = options.results / f"{name}.jsonl"
            changes = settings_of(
                name, options.set, seeds=seeds, jobs=options.jobs, out=f"profiles/{name}"
            )
            if options.hours:
                left = options.hours - (time.monotonic() - started) / 3600
                if left <= 0:
                    return
                changes["max_hours"] = left
            restore(path, Path(changes["out"]))

            profiler = Profiler(ProfileConfig.of(changes), tell=partial(tell, name))
            try:
                profiler.measure()
            finally:
                keep(profiler, path)


def tell(setting: str, kind: str, job: str, details: Any) -> None:
    """Print a line for each run that ends."""
    if kind in ("scored", "failed", "died"):
        shown = f"{details.mean:.1%}" if kind == "scored" else details
        print(f"{time.strftime('%H:%M:%S')} {setting}: {job} {kind} {shown}", flush=True)


def tune(options: argparse.Namespace, _: float) -> None:
    """Try learning rates with a seed of their own; note what they score on dev, and nothing else."""
    from onelayer.trainers.profile.profile_config import ProfileConfig
    from onelayer.trainers.profile.profiler import Profiler

    path = options.results / "tuning.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    known = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    done = {(line["task"], line["arm"], line["rate"]) for line in known}
    tasks = {name.partition("-")[0]: name for name in reversed(options.settings)}
    for task, name in tasks.items():
        for full, layer in zip(TRIED["full"], TRIED["layer"], strict=True):
            if {(task, "full", full), (task, "layer", layer)} <= done:
                continue
            out = f"tuning/{task}-{layer:g}"
            changes = settings_of(
                name, options.set, seeds=str(TUNING_SEED), layer_list="15", jobs=options.jobs
            )
            changes |= {"controls": "", "lr_full": full, "lr_layer": layer, "out": out}
            profiler = Profiler(ProfileConfig.of(changes), tell=lambda *_: None)
            profiler.measure()
            arms = {"full": (f"full-seed-{TUNING_SEED}", full)}
            arms["layer"] = (f"layer-15-seed-{TUNING_SEED}", layer)
            with open(path, "a", encoding="utf-8") as file:
                for arm, (run_name, rate) in arms.items():
                    scores = profiler.scores[run_name]
                    line = {"task": task, "arm": arm, "rate": rate, "dev": scores.choosing}
                    line |= {"base": profiler.scores["base-0"].choosing, "failed": scores.failed}
                    line |= {"n": len(scores.dev_scores or scores.scores), "seed": TUNING_SEED}
                    file.write(json.dumps(line) + "\n")
                    print(line, flush=True)


def cost(options: argparse.Namespace, _: float) -> None:
    """Measure two iterations of each arm, each in a process of its own: its memory is nobody else's."""
    arms = {"layer 0": "0", "layer 15": "15", "layer 29": "29", "LoRA": "lora", "everything": "all"}
    path = options.results / "cost.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    for name in options.settings:
        for arm, layers in arms.items():
            changes = settings_of(name, options.set, iterations=2)
            program = "import sys; sys.path.insert(0, sys.argv[1]); import study2; study2.one_arm()"
            command = [sys.executable, "-c", program, str(HERE), json.dumps(changes), layers]
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(done.stderr)
            line = {"setting": name, "arm": arm, **json.loads(done.stdout.splitlines()[-1])}
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)


def one_arm() -> None:
    """Train an arm for its iterations in this process; print what the later ones took."""
    import tempfile

    from onelayer.agents.models import load_model
    from onelayer.trainers.lora import rank_like_one_layer
    from onelayer.trainers.profile.held_out import training_env
    from onelayer.trainers.profile.profile_config import ProfileConfig
    from onelayer.trainers.trainer import Trainer

    changes, layers = json.loads(sys.argv[2]), sys.argv[3]
    profile = ProfileConfig.of(changes)
    model, tokenizer = load_model(profile.model, profile.dtype, "cpu")
    rank = rank_like_one_layer(model) if layers == "lora" else 0
    spec = "all" if layers == "lora" else layers
    config = profile.run("cost", spec, 1, 1e-5, lora_rank=rank, out=f"{tempfile.mkdtemp()}/run")
    logged: list[Mapping[str, Any]] = []
    trainer = Trainer(
        model,
        tokenizer,
        lambda: training_env(config.env, config.env_args),
        config,
        on_iteration=logged.append,
    )
    trainer.train()
    last = logged[-1]
    parameters = sum(p.numel() for p in trainer.learner.parameters.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {name: last[name] for name in ("tokens", "cpu_seconds")}
    found |= {name.replace("/", "_"): last[name] for name in ("seconds/rollout", "seconds/update")}
    print(json.dumps({**found, "peak_mib": round(peak), "parameters": parameters}))


def what_is_left(results: Path, seeds: Sequence[int]) -> str:
    """Return how many runs are there and missing, and about how many hours of a core those take."""
    lines, hours = [], 0.0
    for name, setting in SETTINGS.items():
        wanted = wanted_runs(str(setting.get("controls", "")), seeds)
        path = results / f"{name}.jsonl"
        there = re.findall(r'^{"name": "([^"]+)"', path.read_text(), re.M) if path.is_file() else []
        missing = [run for run in wanted if run not in there]
        trained = [run for run in missing if not run.startswith(("transplant", "base"))]
        hours += len(trained) * MINUTES[name.partition("-")[0]] / 60
        lines.append(f"{name}: {len(wanted) - len(missing)} of {len(wanted)} runs are there")
    return "\n".join([*lines, f"about {hours:.0f} hours of a quiet core are left"])


def wanted_runs(controls: str, seeds: Sequence[int]) -> list[str]:
    """Return the names of the runs of a setting."""
    layers = [int(k) for k in LAYERS.split(",")]
    arms = ["full", *(f"layer-{k:02d}" for k in layers)]
    if controls:
        arms += ["random-1-draw-0", "random-1-draw-1", "lora", "mask"]
        arms += [f"transplant-{k:02d}" for k in layers]
    return ["base-0", "base-1", *(f"{arm}-seed-{seed}" for arm in arms for seed in seeds)]


if __name__ == "__main__":
    main()
