"""Looks at what a run's folder holds already: nothing, part of the planned run, all of it, or another run.

A run that `onelayer train` has made in the folder where a profile looks for it is adopted: it is not trained
again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from onelayer.agents.weight_files import ADAPTER_FILE, LAYER_FILE, read_about
from onelayer.settings import parse_mapping
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import mask_seed, parse_layers, trains_everything
from onelayer.trainers.profile.failure import failure_in
from onelayer.trainers.profile.profile_config import MAPPINGS
from onelayer.trainers.run_folder import RunFolder

_DEFAULTS = TrainConfig().resume_key()


@dataclass(frozen=True, slots=True)
class Found:
    """What a run folder holds."""

    finished: int
    """iterations of the trained weights in it; 0: there are none"""
    whole: bool
    """nothing is left to train: all iterations are done, or it diverged"""
    config: TrainConfig
    """the configuration to go on with, written as in the run's checkpoints"""


def find(planned: TrainConfig, num_layers: int) -> Found:
    """Look into the folder of ``planned``.

    Raises:
        ValueError: it holds another run than the planned one, a longer one, a damaged one, or a part of a
            run from which nothing can go on.
    """
    folder = RunFolder(planned.folder)
    written, finished = _weights_config(planned)
    failure = failure_in(folder.path)
    if failure is not None and failure.weights_of and not finished:
        raise ValueError(
            f"{folder.path} lost the weights that its run had when it failed; move the folder away, and it "
            "is trained again"
        )
    newest = folder.saved.config() if folder.saved else None
    for config in filter(None, (written, newest)):
        if difference := differs(planned, config, num_layers):
            raise ValueError(
                f"{folder.path} holds another run: {difference}; move it away, or name another --out"
            )
    if finished > planned.iterations:
        raise ValueError(
            f"{folder.path} was trained for {finished} iterations, more than the {planned.iterations} "
            "of this profile; move it away, or name another --out"
        )
    whole = finished == planned.iterations or failure is not None
    if newest is None and not whole and folder.metrics.exists():
        raise ValueError(
            f"{folder.path} holds a run without a checkpoint to go on from; move it away, and the run is "
            "trained again"
        )
    if newest is None:
        return Found(finished, whole, planned)
    # The run goes on with its own spelling, since a mapping may be written in two ways. How it was evaluated
    # while training does not matter here.
    words = {*MAPPINGS, "layers", "boost_layers", *(name for name in newest if _is_eval(name))}
    kept = {name: newest[name] for name in words if name in newest}
    return Found(finished, whole, replace(planned, **kept, resume=True))


def differs(planned: TrainConfig, found: Mapping[str, Any], num_layers: int) -> str:
    """Return the first setting in which a run was trained otherwise, in words; empty if there is none."""
    wanted = planned.resume_key()
    before = {name: found.get(name, default) for name, default in _DEFAULTS.items()}
    for name, value in wanted.items():
        if _is_eval(name):
            continue
        if not _same(name, value, before[name], num_layers):
            return f"it was trained with {name}={before[name]!r}, not {value!r}"
    return ""


def _is_eval(name: str) -> bool:
    return name.startswith("eval_")


def _same(name: str, planned: Any, found: Any, num_layers: int) -> bool:
    try:
        return bool(_meaning(name, planned, num_layers) == _meaning(name, found, num_layers))
    except (AttributeError, TypeError, ValueError):  # a damaged value means nothing
        return False


def _meaning(name: str, value: Any, num_layers: int) -> Any:
    """Return a setting in a form that is equal for two ways to write it."""
    if name in MAPPINGS:
        return parse_mapping(value, f"--{name}".replace("_", "-"))
    if name == "layers":
        return trains_everything(value), mask_seed(value), parse_layers(value, num_layers)
    if name == "boost_layers":
        return parse_layers(value, num_layers) if value else []
    return value


def _weights_config(planned: TrainConfig) -> tuple[Mapping[str, Any] | None, int]:
    """Return how the trained weights were made, and in how many iterations."""
    name, about = (ADAPTER_FILE, "adapters") if planned.lora_rank else (LAYER_FILE, "delta")
    path = planned.folder / name
    if not path.is_file():
        return None, 0
    try:
        config = read_about(path, about)[0]["config"]
        return config, int(config["iterations"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged or no trained layer; remove it: {error!r}") from error
