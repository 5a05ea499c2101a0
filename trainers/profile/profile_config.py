"""What a profile measures: the flags of `onelayer profile`. Does not import torch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Any

from onelayer.settings import (
    as_mapping,
    known_fields,
    option,
    parse_mapping,
    require,
    run_folder,
    world_of,
)
from onelayer.trainers.config import LARGEST_RATE, TrainConfig
from onelayer.trainers.layer_spec import mask_seed
from onelayer.trainers.profile.controls import parse_controls

_SET_FOR_EACH_RUN = {
    "layers": "a profile trains each layer of --layer-list by itself",
    "boost_layers": "a profile boosts what it finds: --controls boost:2",
    "eval_every": "a profile evaluates a run when it is finished",
    "log_with": "a profile's runs log to their folders",
    "resume": "a profile always goes on from what is in its folder",
}
"""fields of ``TrainConfig`` that are no flags of a profile, and what there is instead"""
_OUTDATED = {"layers": "", "boost_layers": "", "eval_every": 0, "log_with": "", "resume": False}
"""what ``profile.yaml`` held for them in 0.1"""
_CHECKPOINT_EVERY = 1
MAPPINGS = ("env_args", "algorithm_args")
"""fields that hold a YAML mapping as text, which may be written in several ways"""


def _usual_run() -> TrainConfig:
    return TrainConfig(eval_every=0, checkpoint_every=_CHECKPOINT_EVERY)


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """One profile: how every run is trained, which runs there are, and how they are compared.

    Raises:
        ValueError: a number or a list cannot work.
    """

    train: TrainConfig = field(default_factory=_usual_run)
    """settings of every run; folder, layers, seed, learning rate and adapters are set for each run"""
    out: str = option("", "folder of the profile; default: runs/profile-<env>-<algorithm>")
    seed: int = option(0, "draws the held-out tasks and the sampling of evaluations")
    lora_rank: int = option(0, "of the control `lora`; 0: about as many parameters as one layer")
    layer_list: str = option("all", "layers to measure, each trained alone: 0-5 or 0,3,10-14")
    seeds: str = option("1,2,3", "training seeds; each layer and full training once with each")
    lr_full: float | None = option(None, "learning rate of full training")
    lr_layer: float | None = option(None, "learning rate of single layers and of few layers")
    lr_lora: float | None = option(None, "learning rate of LoRA; default: as of a layer")
    suite: str = option("", "held-out suite; default: eval_tasks tasks of eval_split")
    dev_tasks: int | None = option(
        None,
        "held-out tasks beside those, which choices are made by and nothing is reported of; 0: none; "
        "unset: as many as the others, where the split has them",
    )
    base_evaluations: int = option(1, "evaluations of the base, whose noise is in every C(k)")
    controls: str = option(
        "",
        "further runs: random:2:3 (2 layers, 3 draws), mid:2, worst:2, best:2, boost:2, lora, mask, "
        "transplant, lr",
    )
    ranking_from: str = option("", "profile that says what is best and worst; default: this one")
    halving: bool = option(False, "short runs of all layers, and longer ones of the better half")
    halving_rounds: int = option(2, "times that the layers are halved and the runs doubled")
    jobs: int = option(0, "runs at a time, each on one core; 0: as many as there are cores")
    together: int = option(
        1, "single-layer runs that play in one batch: pays on a GPU; 1: each plays alone"
    )
    parallel: int = option(32, "episodes that run at once in an evaluation")
    max_hours: float = option(0.0, "stop after this time and keep what is there; 0: do not")

    def __post_init__(self) -> None:
        require(self, "lr_full", "lr_layer", "lr_lora", above=0, at_most=LARGEST_RATE)
        require(self, "base_evaluations", "halving_rounds", "together", "parallel", at_least=1)
        require(self, "seed", "lora_rank", "dev_tasks", "jobs", "max_hours", at_least=0)
        require(self.train, "eval_tasks", at_least=1)
        if not _bare(self.layer_list):
            raise ValueError("layer_list is empty: name at least one layer, such as 0-5, or all")
        if mask_seed(self.layer_spec) is not None:
            raise ValueError(
                f"layer_list {self.layer_spec} names numbers of all layers, and no layers; a run of these is "
                "--controls mask"
            )
        if self.halving and self.train.iterations.bit_length() <= self.halving_rounds:
            raise ValueError(
                f"{self.train.iterations} iterations cannot be halved {self.halving_rounds} times; "
                f"lower halving_rounds, or give at least 2^{self.halving_rounds} iterations"
            )
        if not self.seed_list:
            raise ValueError("seeds is empty: name at least one, such as 1,2,3")
        parse_controls(self.controls)

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> "ProfileConfig":
        """Return the configuration of ``ProfileFlags``, by name; fields of other versions are ignored.

        Raises:
            ValueError: a value cannot work, or is of a field that a profile sets for each run.
        """
        for name, instead in _SET_FOR_EACH_RUN.items():
            if flags.get(name):
                raise ValueError(f"{name}={flags[name]} is not for a profile: {instead}")
        own = known_fields(cls, flags)
        usual = {"eval_every": 0, "checkpoint_every": _CHECKPOINT_EVERY}
        shared = known_fields(TrainConfig, flags)
        train = {n: v for n, v in shared.items() if n not in {*own, *_SET_FOR_EACH_RUN}}
        return cls(TrainConfig(**usual | train), **own)

    @property
    def flags(self) -> dict[str, Any]:
        """All settings by name, as ``ProfileFlags`` has them."""
        own = {name: value for name, value in as_mapping(self).items() if name != "train"}
        shared = as_mapping(self.train)
        return {n: v for n, v in shared.items() if n not in _SET_FOR_EACH_RUN} | own

    @property
    def folder(self) -> Path:
        """The folder of the profile: ``out``, or one named after what is profiled."""
        return run_folder(self.out, "profile", world_of(self.train.env), self.train.algorithm_name)

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The training seeds, as they are written.

        Raises:
            ValueError: the text is no list of whole numbers and rising ranges, or names one twice.
        """
        seeds: list[int] = []
        for part in filter(None, (part.strip() for part in _bare(self.seeds).split(","))):
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
            these = range(int(match[1]), int(match[2] or match[1]) + 1) if match else ()
            if not these:
                raise ValueError(
                    f"seeds must be whole numbers such as 1,2,3 or rising ranges such as 1-3, got "
                    f"{self.seeds!r}"
                )
            seeds += these
        for seed in seeds:
            if seeds.count(seed) > 1:
                raise ValueError(f"seeds names {seed} twice: the same run twice says nothing new")
        return tuple(seeds)

    @property
    def layer_spec(self) -> str:
        """``layer_list`` as ``parse_layers`` takes it."""
        return _bare(self.layer_list)

    @property
    def full_rate(self) -> float:
        """The learning rate of full training."""
        return self.train.learning_rate if self.lr_full is None else self.lr_full

    @property
    def layer_rate(self) -> float:
        """The learning rate of single layers."""
        return self.train.learning_rate if self.lr_layer is None else self.lr_layer

    @property
    def lora_rate(self) -> float:
        """The learning rate of LoRA adapters."""
        return self.layer_rate if self.lr_lora is None else self.lr_lora

    def run(self, name: str, layers: str, seed: int, rate: float, **changes: Any) -> TrainConfig:
        """Return the configuration of one run, as `onelayer train` would be given it."""
        own: dict[str, Any] = {
            "layers": layers,
            "seed": seed,
            "learning_rate": rate,
            "parallel": self.parallel,
        }
        own["out"] = str(self.folder / "runs" / name)
        return replace(self.train, **own | changes)

    def resume_key(self) -> dict[str, Any]:
        """Return the fields that all calls on one folder must share.

        Layers, seeds, controls and evaluations of the base may be added later. With halving, which chooses
        among layers by their scores over seeds, layers and seeds may not.
        """
        ours = {"halving", "suite", "dev_tasks", "seed", "parallel"}
        ours |= {"layer_list", "seeds", "halving_rounds"} if self.halving else set()
        varied = {"layers", "learning_rate", "eval_every", "boost_layers", "boost", "lora_rank"}
        free = {"out", "resume", "checkpoint_every", "log_with"}
        free |= {"tokens_per_forward", "gradient_checkpointing"}
        shared = as_mapping(self.train)
        values = {name: shared[name] for name in shared if name not in varied | free}
        values |= {name: getattr(self, name) for name in sorted(ours)}
        for name in MAPPINGS:
            flag = f"--{name}".replace("_", "-")
            values[name] = parse_mapping(getattr(self.train, name), flag)
        return values | {"lr_full": self.full_rate, "lr_layer": self.layer_rate}


def _flags() -> Any:
    helps = {
        "learning_rate": "of all runs whose kind has no rate of its own below",
        "checkpoint_every": "iterations between checkpoints, which a killed run loses",
    }
    sections, section = {}, ""  # of `--help`; a field without one is in that of the field before it
    for f in fields(TrainConfig):
        sections[f.name] = section = f.metadata.get("section", section)
    own = {f.name: f for f in fields(ProfileConfig) if f.name != "train"}
    of_runs = [f for f in fields(TrainConfig) if f.name not in {*_SET_FOR_EACH_RUN, *own}]
    made = []
    for f in (*of_runs, *own.values()):
        default = _CHECKPOINT_EVERY if f.name == "checkpoint_every" else f.default
        about = helps.get(f.name, f.metadata["help"])
        section = sections.get(f.name, "profile")
        kind: Any = f.type
        kind = kind if default is not None else kind | None  # None: what fits the model
        made.append((f.name, kind, option(default, about, section=section)))
    outdated = {"OUTDATED": _OUTDATED}
    return make_dataclass("ProfileFlags", made, frozen=True, slots=True, namespace=outdated)


ProfileFlags = _flags()
"""a dataclass of the flags of `onelayer profile`: those of a run that a profile leaves open, and its own"""


def _bare(text: str) -> str:
    """Return a list without the brackets that YAML writes around it."""
    return str(text).strip().removeprefix("[").removesuffix("]").strip()
