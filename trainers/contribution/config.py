"""What a profile measures: the flags of `onelayer profile`. Does not import torch."""

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from onelayer.settings import parse_mapping, run_folder, world_of
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.contribution.controls import parse_controls

MAPPINGS = ("env_args", "algorithm_args")
"""fields that hold a YAML mapping as text, which may be written in several ways"""
_OF_THE_PROFILE = {
    "layers": "a profile trains each layer of --layer-list by itself",
    "boost_layers": "a profile boosts what it finds: --controls boost:2",
    "eval_every": "a profile evaluates a run when it is finished",
}
"""fields of `onelayer train` that a profile sets for each run, and what to write instead"""


def _option(default: Any, help: str) -> Any:  # noqa: A002  (the word that argparse uses)
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class ProfileConfig(TrainConfig):
    """One profile: every run is trained with the fields of ``TrainConfig``, but for those named here."""

    out: str = _option("", "folder of the profile; default: runs/profile-<env>-<algorithm>")
    seed: int = _option(0, "draws the held-out tasks and the sampling of evaluations")
    layers: str = _option("", "not of a profile; see layer_list")
    boost_layers: str = _option("", "not of a profile; see controls")
    lora_rank: int = _option(0, "of the control `lora`; 0: about as many parameters as one layer")
    learning_rate: float = _option(1e-5, "of all runs whose kind has no rate of its own below")
    eval_every: int = _option(0, "not of a profile: a run is evaluated when it is finished")
    checkpoint_every: int = _option(1, "iterations between checkpoints, which a killed run loses")
    resume: bool = _option(False, "needless: a profile always goes on from what is in `out`")

    layer_list: str = field(
        default="all",
        metadata={
            "help": "layers to measure, each trained alone: 0-5 or 0,3,10-14",
            "section": "profile",
        },
    )
    seeds: str = _option("1,2,3", "training seeds; each layer and full training once with each")
    lr_full: float | None = _option(None, "learning rate of full training")
    lr_layer: float | None = _option(None, "learning rate of single layers and of few layers")
    lr_lora: float | None = _option(None, "learning rate of LoRA; default: as of a layer")
    suite: str = _option("", "held-out suite; default: eval_tasks tasks of eval_split")
    base_evaluations: int = _option(1, "evaluations of the base, whose noise is in every C(k)")
    controls: str = _option(
        "",
        "further runs: random:2:3 (2 layers, 3 draws), mid:2, worst:2, best:2, boost:2, lora, lr",
    )
    ranking_from: str = _option("", "profile that says what is best and worst; default: this one")
    halving: bool = _option(False, "short runs of all layers, and longer ones of the better half")
    halving_rounds: int = _option(2, "times that the layers are halved and the runs doubled")
    jobs: int = _option(0, "runs at a time, each on one core; 0: as many as there are cores")
    parallel: int = _option(32, "episodes that run at once in an evaluation")
    max_hours: float = _option(0.0, "stop after this time and keep what is there; 0: do not")

    def __post_init__(self) -> None:
        for name, instead in _OF_THE_PROFILE.items():
            if getattr(self, name):
                raise ValueError(f"{name}={getattr(self, name)} is not for a profile: {instead}")
        TrainConfig.__post_init__(self)  # super() is that of the class without slots
        for name in ("lr_full", "lr_layer", "lr_lora"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        for name in ("eval_tasks", "base_evaluations", "halving_rounds", "parallel"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("jobs", "max_hours"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not _bare(self.layer_list):
            raise ValueError("layer_list is empty: name at least one layer, such as 0-5, or all")
        if self.halving and self.iterations < 2**self.halving_rounds:
            raise ValueError(
                f"{self.iterations} iterations cannot be halved {self.halving_rounds} times; "
                f"lower halving_rounds, or give at least {2**self.halving_rounds} iterations"
            )
        if not len(self.seed_list) >= 0 or not self.seed_list:
            raise ValueError("seeds is empty: name at least one, such as 1,2,3")
        parse_controls(self.controls)
        if self.log_with:
            raise ValueError("a profile's runs log to their folders; leave log_with out")

    @property
    def folder(self) -> Path:
        """The folder of the profile: ``out``, or one named after what is profiled."""
        return run_folder(self.out, "profile", world_of(self.env), self.algorithm_name)

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The training seeds, as they are written.

        Raises:
            ValueError: the text is no list of whole numbers, or names one twice.
        """
        seeds: list[int] = []
        for part in filter(None, (part.strip() for part in _bare(self.seeds).split(","))):
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
            if not match:
                raise ValueError(f"seeds must be whole numbers such as 1,2,3, got {self.seeds!r}")
            seeds += range(int(match[1]), int(match[2] or match[1]) + 1)
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
        return self.learning_rate if self.lr_full is None else self.lr_full

    @property
    def layer_rate(self) -> float:
        """The learning rate of single layers."""
        return self.learning_rate if self.lr_layer is None else self.lr_layer

    @property
    def lora_rate(self) -> float:
        """The learning rate of LoRA adapters."""
        return self.layer_rate if self.lr_lora is None else self.lr_lora

    def run(self, name: str, layers: str, seed: int, rate: float, **changes: Any) -> TrainConfig:
        """Return the configuration of one run, as `onelayer train` would be given it."""
        shared = {f.name: getattr(self, f.name) for f in fields(TrainConfig)}
        shared |= {"layers": layers, "seed": seed, "learning_rate": rate, "lora_rank": 0}
        shared |= {"out": str(self.folder / "runs" / name), "resume": False}
        return replace(TrainConfig(**shared), **changes)

    def what_is_measured(self) -> dict[str, Any]:
        """Return the fields that all calls on one folder must share.

        Layers, seeds, controls and evaluations of the base may be added later, except that halving
        chooses among them.
        """
        ours = {"halving", "suite", "iterations"}
        ours |= {"layer_list", "seeds", "halving_rounds"} if self.halving else set()
        varied = {"layers", "learning_rate", "eval_every", "boost_layers", "boost", "lora_rank"}
        # Named, because a subclass's `fields` would bring ours along.
        shared = {f.name for f in fields(TrainConfig)} - varied
        shared -= {"out", "resume", "checkpoint_every", "log_with"}
        shared -= {"tokens_per_forward", "gradient_checkpointing"}
        values = {name: getattr(self, name) for name in sorted(shared | ours)}
        for name in MAPPINGS:
            flag = f"--{name}".replace("_", "-")
            values[name] = parse_mapping(getattr(self, name), flag)
        return values | {"lr_full": self.full_rate, "lr_layer": self.layer_rate}


def _bare(text: str) -> str:
    """Return a list without the brackets that YAML writes around it."""
    return str(text).strip().removeprefix("[").removesuffix("]").strip()
