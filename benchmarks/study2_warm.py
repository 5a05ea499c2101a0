"""Warm starts of the second study: a world whose format the untouched model does not play is taught it first.

A few demonstrations, so that the model answers in the format and still has much to learn. The recipe is a
first guess: what it comes to is not measured yet. It is kept with its result in
``docs/results/study2/warm-<task>.json``; weights are made again from it, and runs from other weights are
refused by their fingerprint.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECIPES: Mapping[str, Mapping[str, Any]] = {
    "maze": {
        "demonstrations": 24,
        "steps": 6,
        "batch": 4,
        "learning_rate": 1e-4,
        "warmup": 2,
        "seed": 0,
    }
}
"""of ``onelayer warmstart``, by task; other tasks start from the untouched model"""
PLAYED = 150
"""training mazes that are played before and after, at temperature 1"""


def warm(task: str, untouched: str, setting: Mapping[str, Any], results: Path) -> None:
    """Make the model that the runs of a task start from, unless it is there.

    Args:
        task: one of ``RECIPES``.
        untouched: the model to teach.
        setting: of the study; its ``model`` is the folder to write.
        results: folder of what is kept of it.

    Raises:
        ValueError: the results rest on another model than the recipe makes here.
    """
    out, kept = Path(setting["model"]), results / f"warm-{task}.json"
    made = out / "warmstart.json"
    if not made.exists():
        _teach(task, untouched, setting, out)
    found = {**json.loads(made.read_text(encoding="utf-8")), "fingerprint": _fingerprint(setting)}
    if kept.exists():
        _require_same(json.loads(kept.read_text(encoding="utf-8")), found, kept)
        return
    from onelayer.json_files import write_json

    results.mkdir(parents=True, exist_ok=True)
    write_json(kept, found)
    before, after = (found[when]["success"] for when in ("before", "after"))
    print(f"{task}: warm start, {before:.1%} -> {after:.1%} of {PLAYED} training tasks", flush=True)


def _teach(task: str, untouched: str, setting: Mapping[str, Any], out: Path) -> None:
    import torch

    from onelayer.commands.warmstart_chat import ChatConfig, run_chat

    torch.set_num_threads(1)  # the same sums in the same order on any number of cores
    world = {name: setting[name] for name in ("env", "env_args", "show_admissible")}
    measured = {
        "eval_split": "train",  # the other split is for what is reported
        "eval_episodes": PLAYED,
        "eval_temperature": setting["temperature"],
        "eval_response_limit": setting["response_limit"],
    }
    run_chat(ChatConfig(out=str(out), model=untouched, **world, **measured, **RECIPES[task]))


def _fingerprint(setting: Mapping[str, Any]) -> str:
    from onelayer.agents.models import load_model
    from onelayer.trainers.fingerprint import base_fingerprint

    model, _ = load_model(setting["model"], setting["dtype"])
    return base_fingerprint(model)


def _require_same(kept: Mapping[str, Any], found: Mapping[str, Any], path: Path) -> None:
    if kept["fingerprint"] != found["fingerprint"]:
        raise ValueError(
            f"the warm start here has the fingerprint {found['fingerprint']:.12}, and {path} is of "
            f"{kept['fingerprint']:.12}: their runs cannot be compared; name other --results, or bring the "
            "folder of the runs (--work) from the machine that made them"
        )
