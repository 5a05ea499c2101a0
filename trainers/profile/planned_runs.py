"""Which runs a profile is made of: every one is an ordinary run of `onelayer train`. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from onelayer.evals.contribution.record import Role
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import parse_layers
from onelayer.trainers.profile.controls import Arm, arms, parse_controls
from onelayer.trainers.profile.profile_config import ProfileConfig


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run, before or after it was made."""

    name: str
    role: Role
    layers: tuple[int, ...]
    config: TrainConfig
    control: str | None = None


def profiled_layers(config: ProfileConfig, num_layers: int) -> list[int]:
    """Return the layers to measure, sorted.

    Raises:
        ValueError: the list is not understood, or names a layer that the model lacks.
    """
    try:
        return parse_layers(config.layer_spec, num_layers)
    except ValueError as error:
        raise ValueError(f"--layer-list: {error}") from None


def full_runs(config: ProfileConfig, num_layers: int) -> list[PlannedRun]:
    """Return full-parameter training with each seed."""
    every = tuple(range(num_layers))
    names = {f"full-seed-{seed}": seed for seed in config.seed_list}
    return [
        PlannedRun(name, "full", every, config.run(name, "all", seed, config.full_rate))
        for name, seed in names.items()
    ]


def layer_runs(config: ProfileConfig, layers: Sequence[int]) -> list[PlannedRun]:
    """Return the training of each layer alone with each seed."""
    return [layer_run(config, layer, seed) for seed in config.seed_list for layer in layers]


def layer_run(config: ProfileConfig, layer: int, seed: int) -> PlannedRun:
    """Return the training of one layer alone."""
    name = f"layer-{layer:02d}-seed-{seed}"
    made = config.run(name, str(layer), seed, config.layer_rate)
    return PlannedRun(name, "layer", (layer,), made)


def control_runs(
    config: ProfileConfig,
    num_layers: int,
    *,
    ranking: Sequence[int] | None = None,
    lora_rank: int = 0,
) -> list[PlannedRun]:
    """Return the controls, seed by seed.

    Args:
        config: names them.
        num_layers: of the model.
        ranking: layers from the best to the worst; with None the controls that need none are returned, and
            with one the others.
        lora_rank: of the control ``lora``.
    """
    wanted = [
        c for c in parse_controls(config.controls) if c.needs_ranking == (ranking is not None)
    ]
    found = [arm for control in wanted for arm in arms(control, num_layers, ranking or ())]
    return [
        _control_run(config, arm, seed, lora_rank) for seed in config.seed_list for arm in found
    ]


def transplant_runs(
    config: ProfileConfig, layers: Sequence[int], num_layers: int
) -> list[PlannedRun]:
    """Return each layer of each full training put into the base, where that is among the controls.

    Their configuration is that of the full training, which they take the layer from.
    """
    if all(control.kind != "transplant" for control in parse_controls(config.controls)):
        return []
    return [
        PlannedRun(
            f"transplant-{layer:02d}-seed-{full.config.seed}", "transplant", (layer,), full.config
        )
        for full in full_runs(config, num_layers)
        for layer in layers
    ]


def by_seed(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Return the runs seed by seed, so that stopping early leaves whole seeds; full training first."""
    seeds = list(dict.fromkeys(run.config.seed for run in runs))
    return sorted(runs, key=lambda run: (seeds.index(run.config.seed), run.role != "full"))


def _control_run(config: ProfileConfig, arm: Arm, seed: int, lora_rank: int) -> PlannedRun:
    name = f"{arm.name}-seed-{seed}"
    listed = ",".join(map(str, arm.layers))
    if arm.kind == "boost":
        made = config.run(name, "all", seed, config.full_rate, boost_layers=listed)
    elif arm.kind == "lora":
        made = config.run(name, "all", seed, config.lora_rate, lora_rank=lora_rank)
    elif arm.kind == "mask":  # another mask with each seed
        made = config.run(name, f"mask:seed{seed}", seed, config.layer_rate)
    else:
        made = config.run(name, listed, seed, config.layer_rate * arm.factor)
    return PlannedRun(name, "control", arm.layers, made, arm.control)
