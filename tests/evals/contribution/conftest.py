"""Profiles of learners whose true scores are known."""

import numpy as np
import pytest

from onelayer.evals.contribution.record import BaseModel, Budget, Profile, Run


@pytest.fixture(scope="session")
def make_profile():
    """Return ``make_profile(base, full, layers, controls=None, ...) -> Profile``."""
    return build


@pytest.fixture(scope="session")
def draw_profile():
    """Return ``draw_profile(rng, base=, full=, layers=, seeds=3, ...) -> Profile``."""
    return draw


def build(base, full, layers, *, controls=None, num_layers=None, tasks=None, **changes):
    """Build a profile from scores: ``base`` a list of lists, ``full`` too, ``layers`` by index."""
    depth = num_layers or max(layers, default=0) + 1
    tasks = tasks or [f"task {i}" for i in range(len(base[0]))]
    runs = [
        _run(f"full-seed-{s}", "full", range(depth), s, scores) for s, scores in enumerate(full)
    ]
    for layer, seeds in layers.items():
        runs += [
            _run(f"layer-{layer:02}-seed-{s}", "layer", [layer], s, scores)
            for s, scores in enumerate(seeds)
        ]
    for control, (trained, seeds) in (controls or {}).items():
        runs += [
            _run(f"{control}-seed-{s}", "control", trained, s, scores, control=control)
            for s, scores in enumerate(seeds)
        ]
    fields = {
        "created": "2026-11-22T00:00:00+00:00",
        "model": BaseModel("tiny", "abc", depth, "qwen3", 1000),
        "env": "onelayer/ALFWorld-v0",
        "algorithm": "gigpo",
        "budget": Budget(20, 2560, 3e-4, 2e-3),
    }
    return Profile(
        **fields | changes,
        tasks=tuple(tasks),
        base=tuple(tuple(scores) for scores in base),
        runs=tuple(runs),
    )


def draw(rng, *, base, full, layers, seeds=3, tasks=480, seed_sd=0.02, task_sd=0.2, **more):
    """Draw 0/1 scores: a task's difficulty and a run's luck shift the chance of success."""
    shift_T = rng.normal(0, task_sd, tasks)

    def play(mean, number, sd=seed_sd):
        luck_S1 = rng.normal(0, sd, (number, 1))
        chance_ST = np.clip(mean + luck_S1 + shift_T, 0, 1)
        return (rng.random((number, tasks)) < chance_ST).astype(float).tolist()

    return build(
        play(base, 1, sd=0.0),
        play(full, seeds),
        {layer: play(mean, seeds) for layer, mean in layers.items()},
        **more,
    )


def _run(name, role, layers, seed, scores, control=None):
    return Run(name, role, tuple(layers), seed, 2e-3, tuple(scores), control=control)
