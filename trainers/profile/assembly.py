"""From the scores of runs to the record of a profile. Does not import torch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from onelayer.evals.contribution.record import BaseModel, Budget, Profile, Run
from onelayer.evals.suite import Suite
from onelayer.settings import parse_mapping
from onelayer.trainers.profile.halving import Halving
from onelayer.trainers.profile.planned_runs import PlannedRun
from onelayer.trainers.profile.profile_config import ProfileConfig
from onelayer.trainers.profile.profile_folder import Selection
from onelayer.trainers.profile.task_scores import TaskScores

_VERSIONS = ("onelayer", "torch", "transformers", "numpy", "gymnasium")


def assemble(
    config: ProfileConfig,
    model: BaseModel,
    suite: Suite,
    base: Sequence[TaskScores],
    runs: Sequence[tuple[PlannedRun, TaskScores]],
    *,
    rounds: Mapping[str, TaskScores],
    selection: Selection | None = None,
    halving: Halving | None = None,
) -> Profile:
    """Return the record, without statistics.

    Args:
        config: of the profile.
        model: the base.
        suite: what was played.
        base: the evaluations of the base, at least one.
        runs: the runs of the whole budget that have scores.
        rounds: all scores by name, those of the shorter rounds of halving among them.
        selection: how controls were chosen.
        halving: what it found.
    """
    train = config.train
    chosen = {} if selection is None else {"selection": asdict(selection)}
    return Profile(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=model,
        env=train.env,
        env_args=parse_mapping(train.env_args, "--env-args"),
        algorithm=f"{train.algorithm} {train.algorithm_args}".strip(),
        budget=Budget(
            iterations=train.iterations,
            episodes_per_run=train.iterations * train.tasks_per_iteration * train.group_size,
            lr_full=config.full_rate,
            lr_layer=config.layer_rate,
        ),
        tasks=base[0].tasks,
        base=tuple(scores.scores for scores in base),
        dev_tasks=base[0].dev_tasks,
        dev_base=tuple(scores.dev_scores for scores in base if scores.dev_scores),
        runs=tuple(
            _run(planned, scores, model.num_layers, _rounds(planned, rounds, halving))
            for planned, scores in runs
        ),
        versions={name: version(name) for name in _VERSIONS},
        config=config.flags | {"suite_played": suite.as_dict()} | chosen,
        halving=None if halving is None else halving.as_record() | _dropped(runs, rounds),
    )


def _run(
    planned: PlannedRun, scores: TaskScores, num_layers: int, rounds: list[dict[str, Any]] | None
) -> Run:
    changed = planned.changed(num_layers)
    norms = dict(zip(changed, scores.update_norm, strict=True)) if scores.update_norm else {}
    return Run(
        name=planned.name,
        role=planned.role,
        layers=planned.layers,
        seed=planned.config.seed,
        learning_rate=planned.config.learning_rate,
        scores=scores.scores,
        control=planned.control,
        trained_parameters=scores.trained_parameters,
        episodes=scores.episodes,
        seconds=scores.seconds,
        cpu_seconds=scores.cpu_seconds,
        tokens=scores.tokens,
        dev_scores=scores.dev_scores,
        failed=scores.failed,
        rounds=rounds,
        update_norm=tuple(norms[layer] for layer in planned.layers) if norms else None,
    )


def _dropped(
    runs: Sequence[tuple[PlannedRun, TaskScores]], scores: Mapping[str, TaskScores]
) -> dict[str, dict[str, str]]:
    """Return why runs failed that halving did not take to the end; they are none of ``runs``."""
    to_the_end = {planned.name for planned, _ in runs}
    failed = {
        name.partition("-after-")[0]: found.failed
        for name, found in scores.items()
        if found.failed is not None
    }
    return {"failed": {name: why for name, why in failed.items() if name not in to_the_end}}


def _rounds(
    planned: PlannedRun, scores: Mapping[str, TaskScores], halving: Halving | None
) -> list[dict[str, Any]] | None:
    """Return how a run that came through all rounds of halving scored in each shorter one."""
    if planned.role != "layer" or halving is None:
        return None
    names = {r.iterations: f"{planned.name}-after-{r.iterations}" for r in halving.rounds[:-1]}
    return [
        {"iterations": iterations, "score": scores[name].mean}
        for iterations, name in names.items()
        if name in scores
    ]
