"""The second study: which layer of a chat model of thirty is worth training, across tasks and algorithms.

    ../shared/tools/get-smollm2 ~/models/smollm2
    python benchmarks/study2.py tune --model ~/models/smollm2            # rates, on dev, with another seed
    python benchmarks/study2.py run --model ~/models/smollm2 --hours 2   # what is missing, for two hours
    python benchmarks/study2.py cost --model ~/models/smollm2            # tokens, CPU seconds, peak memory
    python benchmarks/study2.py page                                  # docs/study-smollm2.md of what there is
    python benchmarks/study2.py left                                     # what is missing, how long it takes

The raw scores of every run are in docs/results/study2/*.jsonl. A run that is there is not made again, on this
machine or another: the same command goes on where the last session stopped, seed by seed, so that whole seeds
are there first. Every run is an ordinary one of ``onelayer profile``, from the untouched model. The setting
``alfworld-gigpo`` plays the games of ``$ALFWORLD_DATA``, a folder or a file.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from study2_settings import (
    COMPARISONS,
    MINUTES,
    SEEDS,
    SETTINGS,
    TRIED,
    TUNED,
    TUNING_SEED,
    UNTOUCHED,
    controls_of,
    settings_of,
    task_of,
    wanted_runs,
)
from study_worlds import write_comparisons

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "docs" / "results" / "study2"


def main() -> None:
    """Do what the first word says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["tune", "run", "cost", "page", "left"])
    parser.add_argument("--model", type=Path, help="folder of SmolLM2-135M-Instruct")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
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
        print(what_is_left(options.results, options.seeds) or "nothing is left")
        return
    if options.model is None or not options.model.is_dir():
        parser.error(f"--model names the folder of SmolLM2-135M-Instruct, not {options.model}")
    enter(options.work, options.model.absolute())
    started = time.monotonic()
    from study2_cost import cost

    try:
        {"tune": tune, "run": run, "cost": cost}[options.what](options, started)
    except (ValueError, LookupError, OSError) as error:
        sys.exit(f"study2: error: {error}")


def enter(work: Path, model: Path) -> None:
    """Go to the folder of the runs, where the model has one name on every machine."""
    work.mkdir(parents=True, exist_ok=True)
    os.chdir(work)
    link = Path(UNTOUCHED)
    if not link.exists():
        link.symlink_to(model)
    write_comparisons(Path(COMPARISONS))
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))  # for processes of its own


def run(options: argparse.Namespace, started: float) -> None:
    """Measure what is missing, a seed of every setting before the next seed."""
    from study2_data import keep, restore, share_bases

    from onelayer.trainers.profile.profile_config import ProfileConfig
    from onelayer.trainers.profile.profiler import Profiler

    for last in range(1, len(options.seeds) + 1):
        for name in options.settings:
            seeds = options.seeds[:last]
            path = options.results / f"{name}.jsonl"
            if not missing_runs(path, name, seeds):
                continue
            changes = settings_of(
                name,
                options.set,
                seeds=",".join(map(str, seeds)),
                controls=controls_of(name, seeds),
                jobs=options.jobs,
                out=f"profiles/{name}",
            )
            if options.hours:
                left = options.hours - (time.monotonic() - started) / 3600
                if left <= 0:
                    return
                changes["max_hours"] = left
            restore(path, Path(changes["out"]))
            share_bases(name, Path(changes["out"]))
            profiler = Profiler(ProfileConfig.of(changes), tell=partial(tell, name))
            try:
                profiler.measure()
            finally:
                keep(profiler, path)
                share_bases(name, Path(changes["out"]))


def tell(setting: str, kind: str, job: str, details: Any) -> None:
    """Print a line for each run that ends."""
    if kind in ("scored", "failed", "died"):
        shown = f"{details.mean:.1%}" if kind == "scored" else details
        print(f"{time.strftime('%H:%M:%S')} {setting}: {job} {kind} {shown}", flush=True)


def tune(options: argparse.Namespace, _: float) -> None:
    """Try learning rates with a seed of their own; note what they score on dev, and nothing else."""
    from study2_data import share_bases

    from onelayer.trainers.profile.profile_config import ProfileConfig
    from onelayer.trainers.profile.profiler import Profiler

    path = options.results / "tuning.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    known = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    done = {(line["task"], line["arm"], line["rate"]) for line in known}
    tasks = {task_of(name): name for name in reversed(options.settings) if task_of(name) in TRIED}
    for task, name in tasks.items():
        for full, layer in zip(TRIED[task]["full"], TRIED[task]["layer"], strict=True):
            out = f"tuning/{task}-{layer:g}"
            changes = settings_of(
                name, options.set, seeds=str(TUNING_SEED), layer_list=TUNED[task], jobs=options.jobs
            )
            changes |= {"controls": "", "lr_full": full, "lr_layer": layer, "out": out}
            arms = {"full": (f"full-seed-{TUNING_SEED}", full)}
            for k in str(changes["layer_list"]).split(","):
                arms[f"layer {k}"] = (f"layer-{int(k):02d}-seed-{TUNING_SEED}", layer)
            new = {arm: run for arm, run in arms.items() if (task, arm, run[1]) not in done}
            if not new:
                continue
            share_bases(name, Path(out))
            profiler = Profiler(ProfileConfig.of(changes), tell=partial(tell, out))
            profiler.measure()
            share_bases(name, Path(out))
            with open(path, "a", encoding="utf-8") as file:
                for arm, (run_name, rate) in new.items():
                    scores = profiler.scores[run_name]
                    line = {"task": task, "arm": arm, "rate": rate, "dev": scores.choosing}
                    line |= {"base": profiler.scores["base-0"].choosing, "failed": scores.failed}
                    line |= {"n": len(scores.dev_scores or scores.scores), "seed": TUNING_SEED}
                    file.write(json.dumps(line) + "\n")
                    print(line, flush=True)


def what_is_left(results: Path, seeds: Sequence[int]) -> str:
    """Return how many runs are missing, and about how many hours of a core they take; "" if none is."""
    lines, hours = [], 0.0
    for name in SETTINGS:
        missing = missing_runs(results / f"{name}.jsonl", name, seeds)
        trained = [run for run in missing if not run.startswith(("transplant", "base"))]
        hours += len(trained) * MINUTES[task_of(name)] / 60
        if missing:
            lines.append(f"- {name}: {len(missing)} of {len(wanted_runs(name, seeds))} runs")
    if not lines:
        return ""
    return "\n".join([*lines, f"- in all about {hours:.1f} hours of a quiet core"])


def missing_runs(path: Path, name: str, seeds: Sequence[int]) -> list[str]:
    """Return the names of a setting's runs that its raw results lack."""
    text = path.read_text() if path.is_file() else ""
    there = re.findall(r'^{"name": "([^"]+)"', text, re.M)
    selection = json.loads(text.partition("\n")[0])["selection"] if text else None
    wanted = wanted_runs(name, seeds, selection["ranking"] if selection else ())
    return [run for run in wanted if run not in there]


if __name__ == "__main__":
    main()
