"""What an arm of the second study costs: tokens, CPU seconds and peak memory of one iteration."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from study2_data import read
from study2_settings import settings_of

PROGRAM = str(Path(__file__).resolve())


def cost(options: argparse.Namespace, _: float) -> None:
    """Measure a few iterations of each arm, each in a process of its own: its memory is nobody else's."""
    path = options.results / "cost.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    for name in options.settings:
        for arm, layers in arms_of(options.results / f"{name}.jsonl").items():
            changes = settings_of(name, options.set, iterations=4)
            command = [sys.executable, PROGRAM, json.dumps(changes), layers]
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(done.stderr)
            line = {"setting": name, "arm": arm, **json.loads(done.stdout.splitlines()[-1])}
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)


def arms_of(path: Path) -> dict[str, str]:
    """Return what is measured of a setting, by name: ``--layers``, or ``lora``.

    These are the first, the middle, the last and the best layer, and what a layer is compared with.
    """
    from onelayer.evals.contribution.contributions import measured

    profile = measured(read(path))
    depth, best = profile.model.num_layers, profile.best
    layers = {0, depth // 2, depth - 1} | ({best.layer} if best is not None else set())
    others = {"lora": "lora", "mask": "mask:seed1", "full": "all"}
    return {f"layer {k}": str(k) for k in sorted(layers)} | others


def one_arm(changes: Mapping[str, Any], layers: str) -> None:
    """Train an arm for its iterations in this process; print what one that learned took."""
    from onelayer.agents.models import load_model
    from onelayer.trainers.lora import rank_like_one_layer
    from onelayer.trainers.profile.held_out import training_env
    from onelayer.trainers.profile.profile_config import ProfileConfig
    from onelayer.trainers.trainer import Trainer

    profile = ProfileConfig.of(changes)
    model, tokenizer = load_model(profile.train.model, profile.train.dtype, "cpu")
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
    # the first one loads and warms up; one whose groups all did alike costs no update
    learned = max(logged[1:], key=lambda metrics: metrics["seconds/update"])
    parameters = sum(p.numel() for p in trainer.learner.parameters.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {name: learned[name] for name in ("tokens", "cpu_seconds")}
    found |= {
        name.replace("/", "_"): learned[name] for name in ("seconds/rollout", "seconds/update")
    }
    print(json.dumps({**found, "peak_mib": round(peak), "parameters": parameters}))


if __name__ == "__main__":
    one_arm(json.loads(sys.argv[1]), sys.argv[2])
