"""Which runs a profile is made of: every one is an ordinary run of `onelayer train`. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from onelayer.evals.contribution.record import Role
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import parse_layers
from onelayer.trainers.profile.controls import Arm, arms, parse_controls
from onelayer.trainers.profile.halving import budgets
from onelayer.trainers.profile.profile_config import ProfileConfig


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run, before or after it was made."""

    name: str
    role: Role
    layers: tuple[int, ...]
    config: TrainConfig
    control: str | None = None

    def changed(self, num_layers: int) -> Sequence[int]:
        """Return the layers whose weights the run changes; where ``layers`` are boosted, all."""
        if self.role == "transplant":
            return self.layers
        return parse_layers(self.config.layers, num_layers)


class Plan:
    """All runs of a profile.

    Args:
        config: what to measure.
        num_layers: of the model.
        lora_rank: of the control ``lora``.

    Attributes:
        layers: those to measure, sorted.
    """

    def __init__(self, config: ProfileConfig, num_layers: int, lora_rank: int):
        self.config, self.num_layers, self._lora_rank = config, num_layers, lora_rank
        self.layers = profiled_layers(config, num_layers)

    def full(self) -> list[PlannedRun]:
        """Return full training with each seed."""
        return full_runs(self.config, self.num_layers)

    def each_layer(self) -> list[PlannedRun]:
        """Return the training of each layer alone with each seed."""
        return layer_runs(self.config, self.layers)

    def round(self, layers: Sequence[int], iterations: int) -> list[PlannedRun]:
        """Return the runs of one round of halving; the last round's are those of the profile."""
        runs = layer_runs(self.config, layers)
        if iterations == self.config.train.iterations:
            return runs
        return [
            replace(
                run,
                name=f"{run.name}-after-{iterations}",
                config=replace(run.config, iterations=iterations),
            )
            for run in runs
        ]

    def free_controls(self) -> list[PlannedRun]:
        """Return the controls that need no ranking."""
        return control_runs(self.config, self.num_layers, lora_rank=self._lora_rank)

    def ranked_controls(self, ranking: Sequence[int]) -> list[PlannedRun]:
        """Return the controls that need a ranking, best layer first."""
        return control_runs(self.config, self.num_layers, ranking=ranking)

    def transplants(self) -> list[PlannedRun]:
        """Return the runs that put one layer of full training into the base, for each layer."""
        return transplant_runs(self.config, self.layers, self.num_layers)

    def first(self) -> list[PlannedRun]:
        """Return what is trained before anything is ranked."""
        iterations = self.config.train.iterations
        if self.config.halving:
            iterations = budgets(iterations, self.config.halving_rounds)[0]
        return [*self.full(), *self.round(self.layers, iterations), *self.free_controls()]

    def everything(self, ranking: Sequence[int] | None) -> list[PlannedRun]:
        """Return all runs of the whole budget, in the order of the record."""
        return [
            *self.full(),
            *(layer_run(self.config, k, s) for k in self.layers for s in self.config.seed_list),
            *self.free_controls(),
            *([] if ranking is None else self.ranked_controls(ranking)),
            *self.transplants(),
        ]

    def iterations(self, ranking: Sequence[int]) -> int:
        """Return the iterations of all runs; any ranking gives the same number."""
        config, seeds = self.config, len(self.config.seed_list)
        whole = [*self.full(), *self.free_controls(), *self.ranked_controls(ranking)]
        if not config.halving:
            return (len(whole) + len(self.layers) * seeds) * config.train.iterations
        layers, before, total = len(self.layers), 0, 0
        for budget in budgets(config.train.iterations, config.halving_rounds):
            total += layers * seeds * (budget - before)
            layers, before = -(-layers // 2), budget
        return total + len(whole) * config.train.iterations


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
        ranking: layers from the best to the worst. With None, the controls that need no ranking are returned,
            else those that need one.
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
    """Return the runs that put one layer of a full training into the base, if that is among the controls.

    Their configuration is that of the full training that they take the layer from.
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
