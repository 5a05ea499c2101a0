"""What the second study measures: the model, the tasks, the arms of every setting, the rates."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from onelayer.trainers.profile.controls import arms, parse_controls

DEPTH = 30
LAYERS = "0,3,6,9,12,15,18,21,25,29"
"""ten of thirty, over the whole depth; the last one is the control `last layer only`"""
SEEDS = (1, 2, 3)
TUNING_SEED = 99
CONTROLS = "random:1:2,lora,mask,transplant"
RANKED = "best:3,worst:3,boost:3,mid:3,lr"
"""controls that come last: their layers are those that all SEEDS ranked, on dev"""

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
COMPARISONS = "comparisons.jsonl"
"""file of problems, in the folder of the runs"""
COMPARE = {
    "dataset": COMPARISONS,
    "answer_format": "phrase",
    "allow_contamination": True,  # problems differ in their numbers alone
}
MAZE: Mapping[str, Any] = {
    "env": "study_worlds:study/Maze-v0",
    "env_args": "{size: 5, max_steps: 4, near: 1, far: 3}",
    "show_admissible": False,
    # many tasks of few episodes: with four of eight the model settled on always naming the same way
    "tasks_per_iteration": 16,
    "group_size": 4,
    "response_limit": 4,
    # a reply that names no open way costs a tenth of what the goal earns; without that, the untouched model,
    # which wins 3 in 100, had too little to learn from
    "invalid_penalty": 0.1,
    "iterations": 18,
    "eval_tasks": 150,
    "dev_tasks": 60,
}
ALFWORLD: Mapping[str, Any] = {
    "model": "small",
    "dtype": "float32",
    "layer_list": "0,1,2,3,4,5,6,7",
    "env": "onelayer/ALFWorld-v0",
    "env_args": '{games: "$ALFWORLD_DATA", max_steps: 50}',
    "tasks_per_iteration": 16,
    "group_size": 8,
    "minibatches": 4,
    "divide_by_std": True,
    "invalid_penalty": 0.01,
    "beta": 0.01,
    "response_limit": 12,
    "iterations": 10,
    "decay": 10,
    "eval_split": "valid_seen",
    "eval_tasks": 100,
    "dev_tasks": 40,
}
"""the settings of ``examples/alfworld.yaml``, with half of its episodes"""
UNTOUCHED = "smollm2"
"""the folder of the model, in the folder of the runs"""
SHARED: Mapping[str, Any] = {
    "model": UNTOUCHED,
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
    "compare-grpo": {**MATH, "env_args": _text(COMPARE), "algorithm": "grpo", "controls": CONTROLS},
    "sums-dr-grpo": {**MATH, "env_args": _text(SUMS), "algorithm": "dr_grpo"},
    "maze-gigpo": {**MAZE, "algorithm": "gigpo", "controls": "lora,mask"},
    "maze-grpo": {**MAZE, "algorithm": "grpo", "ranked_controls": RANKED},
    "alfworld-gigpo": {**ALFWORLD, "algorithm": "gigpo"},
}
"""by name, in the order in which they are measured"""
LABELS = {
    "sums-grpo": "sums, GRPO",
    "sums-dr-grpo": "sums, Dr. GRPO",
    "compare-grpo": "comparisons, GRPO",
    "maze-grpo": "maze, GRPO",
    "maze-gigpo": "maze, GiGPO",
    "alfworld-gigpo": "ALFWorld, GiGPO",
}
RATES = {
    "sums": (5e-5, 3e-4),
    "compare": (5e-5, 1e-3),
    "maze": (5e-5, 1e-3),
    "alfworld": (5e-4, 5e-3),
}
"""learning rate of full training and of a layer, by task; LoRA has the layer's

Chosen by ``tuning.jsonl``: the highest on dev, or a lower rate within 5 points of it. Those of mazes were
chosen with runs of 12 iterations, at whose end full training was still rising, those of ALFWorld with runs of
other lengths: docs/small-model.md.
"""
TRIED = {
    "sums": {"full": (2e-5, 5e-5, 1e-4, 2e-4, 1e-5), "layer": (3e-4, 1e-3, 3e-3, 2e-3, 1e-4)},
    "compare": {"full": (2e-5, 5e-5, 1e-4, 2e-4, 1e-5), "layer": (3e-4, 1e-3, 3e-3, 2e-3, 1e-4)},
    "maze": {"full": (1e-4, 5e-5, 2e-4, 2e-5), "layer": (1e-3, 5e-4, 2e-3, 3e-4)},
}
"""what ``tune`` compares by task, as many for full training as for a layer"""
TUNED = {"sums": "15", "compare": "15", "maze": "3,15,25"}
"""the layers whose common learning rate is tuned, by task"""
MINUTES = {"sums": 1.5, "compare": 1.5, "maze": 3.5, "alfworld": 4.0}
"""of a run and its evaluation on a quiet core, roughly: for ``left``"""


def task_of(name: str) -> str:
    """Return the task of a setting: ``sums`` of ``sums-dr-grpo``."""
    return name.partition("-")[0]


def settings_of(name: str, changes: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return the flags of a profile."""
    full, layer = RATES[task_of(name)]
    given = dict(part.split("=", 1) for part in changes)
    fixed = {**SHARED, **SETTINGS[name], "lr_full": full, "lr_layer": layer, **more}
    fixed.pop("ranked_controls", None)
    return fixed | {key: yaml.safe_load(value) for key, value in given.items()}


def layers_of(name: str) -> list[int]:
    """Return the layers that a setting trains alone."""
    return [int(k) for k in {**SHARED, **SETTINGS[name]}["layer_list"].split(",")]


def controls_of(name: str, seeds: Sequence[int]) -> str:
    """Return the controls of a setting; those that need a ranking only where it is by all ``SEEDS``."""
    setting = SETTINGS[name]
    kinds = ["controls", "ranked_controls"] if set(SEEDS) <= set(seeds) else ["controls"]
    return ",".join(setting[kind] for kind in kinds if kind in setting)


def wanted_runs(name: str, seeds: Sequence[int], ranking: Sequence[int] = ()) -> list[str]:
    """Return the names of the runs of a setting.

    Args:
        name: of the setting.
        seeds: of training.
        ranking: of the layers, best first; before it is known, any stands for it.
    """
    layers = layers_of(name)
    names = ["full", *(f"layer-{k:02d}" for k in layers)]
    for control in parse_controls(controls_of(name, seeds)):
        names += [arm.name for arm in arms(control, DEPTH, ranking or layers)]
        names += [f"transplant-{k:02d}" for k in layers if control.kind == "transplant"]
    return ["base-0", "base-1", *(f"{arm}-seed-{seed}" for arm in names for seed in seeds)]
