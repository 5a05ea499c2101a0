"""Who plays in an evaluation: the trained model, its base, a random agent, an expert."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from onelayer.agents.play import Play
from onelayer.agents.weight_files import TRAINED
from onelayer.commands.announce import announce
from onelayer.commands.evaluation_options import Config
from onelayer.envs.attributes import attribute, tasks_of
from onelayer.settings import known_fields, parse_mapping, read_settings
from onelayer.trainers.config import TrainConfig

if TYPE_CHECKING:
    from onelayer.agents.base import Agent

Player = Callable[[gym.Env[str, str]], tuple["Agent", dict[str, Any]]]
"""from an environment to the agent that plays it, and the settings that decide how it plays"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated: a run, or a model without one."""

    model: str
    """what the base is loaded as"""
    folder: Path | None = None
    """the run folder, which holds the trained layer; None for a model without a run"""
    trained: TrainConfig = field(default_factory=TrainConfig)
    """how the run was trained; its defaults where there is no run"""

    unfinished: bool = False
    """play the newest checkpoint of the run, not its final layer"""

    @classmethod
    def of(cls, name: str, *, unfinished: bool = False) -> "Subject":
        """Return the run of a folder with a ``config.yaml``, else the model of that name.

        Args:
            name: of a run folder, or of a model.
            unfinished: the run is to be played as its newest checkpoint.

        Raises:
            ValueError: the name is empty, or the run's configuration can't be read.
            FileNotFoundError: the run has no trained layer yet.
        """
        if not name:
            raise ValueError("name a run folder, a model (an id or a folder), `tiny` or `small`")
        folder = Path(name)
        if not folder.exists() and _means_a_folder(folder):
            raise ValueError(f"there is no run folder {name}")
        if not (folder / "config.yaml").is_file():
            if folder.is_dir() and not (folder / "config.json").is_file():
                raise ValueError(
                    f"{name} is neither a run (it has no config.yaml) nor a model (no config.json)"
                )
            if unfinished:
                raise ValueError(f"--checkpoint is of a run, and {name} is a model")
            return cls(name, trained=TrainConfig(model=name))
        if not unfinished and not any((folder / name).is_file() for name in TRAINED):
            raise FileNotFoundError(
                f"{name} holds no trained layer yet; finish it with `onelayer train --config "
                f"{shlex.quote(f'{name}/config.yaml')} --resume`, or play its newest checkpoint with "
                "--checkpoint"
            )
        config = _read(folder / "config.yaml")
        return cls(config.model, folder, config, unfinished)

    @property
    def env_args(self) -> dict[str, Any]:
        """The arguments of the environment that the run was trained in, without the split."""
        given = parse_mapping(self.trained.env_args, f"{self.folder}/config.yaml: env_args")
        return {name: value for name, value in given.items() if name != "split"}


def _means_a_folder(path: Path) -> bool:
    """Return whether a name that is no existing path was meant as a path, and not as the id of a model."""
    return len(path.parts) > 1 and (path.parts[0] == "runs" or path.parent.is_dir())


def models(subject: Subject, config: Config) -> Iterator[tuple[str, Player]]:
    """Yield the base, then the trained model; without a run, the one model.

    They are one model in memory, so let each play before you ask for the next.

    Raises:
        ValueError: there is no such model or device, or the trained layer is of another base.
    """
    from onelayer.trainers.lora import load_trained

    if subject.folder is not None and subject.unfinished:
        yield from _checkpoint(subject, subject.folder, config)
        return
    if subject.folder is None:
        model, tokenizer = _load(subject.model, config.dtype, config.device)
        yield "model", partial(_policy, model, tokenizer, subject, config)
        return
    trained = load_trained(subject.folder)
    _require_finished(subject, subject.folder, trained.config)
    model, tokenizer = _load(subject.model, trained.dtype, config.device)
    if config.base:
        yield "base", partial(_policy, model, tokenizer, subject, config)
    trained.apply(model)
    yield "trained", partial(_policy, model, tokenizer, subject, config)


def _require_finished(subject: Subject, folder: Path, config: Mapping[str, Any]) -> None:
    """Raise if the saved layer is older than the run, because this was extended and then stopped."""
    saved_at, asked = config.get("iterations"), subject.trained.iterations
    if isinstance(saved_at, int) and saved_at < asked:
        config_file = shlex.quote(f"{folder}/config.yaml")
        raise ValueError(
            f"the layer of {folder} is that of iteration {saved_at}, and the run goes to {asked}: finish "
            f"it with `onelayer train --config {config_file} --resume`, or play its newest checkpoint "
            "with --checkpoint"
        )


def _checkpoint(subject: Subject, folder: Path, config: Config) -> Iterator[tuple[str, Player]]:
    """Yield the base and the newest checkpoint of a run that need not be finished."""
    from onelayer.trainers.run_folder import RunFolder

    if subject.trained.lora_rank:
        raise ValueError(
            f"{folder} trains adapters; --checkpoint plays runs that train whole layers"
        )
    checkpoint = RunFolder(folder).last()
    model, tokenizer = _load(subject.model, subject.trained.dtype, config.device)
    unknown = sorted(set(checkpoint.weights) - set(model.state_dict()))
    if unknown:
        raise ValueError(f"the checkpoint of {folder} is of another model: it has {unknown[0]}")
    if config.base:
        yield "base", partial(_policy, model, tokenizer, subject, config)
    model.load_state_dict(dict(checkpoint.weights), strict=False)
    policy = partial(_policy, model, tokenizer, subject, config)

    def player(env: gym.Env[str, str]) -> tuple["Agent", dict[str, Any]]:
        agent, settings = policy(env)
        return agent, {**settings, "checkpoint": checkpoint.iteration}

    yield "trained", player


def _load(model: str, dtype: str, device: str) -> tuple[Any, Any]:
    announce(f"loading the model {model}, and comparing how it is played with how it runs itself")
    import torch

    from onelayer.agents.model_check import check_model
    from onelayer.agents.models import load_model

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"--device {device}: {str(error).splitlines()[0]}") from error
    loaded, tokenizer = load_model(model, dtype, device)
    check_model(loaded)
    return loaded, tokenizer


def _policy(
    model: Any, tokenizer: Any, subject: Subject, config: Config, env: gym.Env[str, str]
) -> tuple["Agent", dict[str, Any]]:
    """Return the agent that plays with a model, and the settings that decide how it plays."""
    from onelayer.trainers.fingerprint import base_fingerprint

    play = how_to_play(subject.trained, config)
    settings = {
        "model": subject.model,
        **play.settings,
        "dtype": str(model.dtype),
        "weights": base_fingerprint(model),
    }
    return play.agent(model, tokenizer, env), settings


def how_to_play(run: TrainConfig, config: Config) -> Play:
    """Return what the flags say, else how the run was evaluated while it was trained.

    Raises:
        ValueError: the history is neither "all" nor a number.
    """
    flags = {field.name: getattr(config, field.name) for field in fields(Play)}
    given = {name: value for name, value in flags.items() if value is not None}
    return Play.of({**run.eval_play.settings, **given})


def expert(env: gym.Env[str, str], seed: int) -> tuple["Agent", dict[str, Any]]:
    """Return the searching expert of ALFWorld, or the agent that knows the solution.

    Raises:
        ValueError: the environment has neither.
    """
    from onelayer.agents.scripted import OracleAgent
    from onelayer.agents.searcher import SearchingAgent
    from onelayer.envs.alfworld.environment import ALFWorldEnv

    if isinstance(env.unwrapped, ALFWorldEnv):
        return SearchingAgent.informed(seed), {"agent": "SearchingAgent.informed", "seed": seed}
    solution, tasks = attribute(env, "solution"), tasks_of(env)
    if solution is None or not tasks or solution(tasks[0]) is None:
        raise ValueError("the environment has no solution() that an expert could play")
    return OracleAgent(env), {"agent": "OracleAgent"}


def chance(env: gym.Env[str, str], seed: int) -> tuple["Agent", dict[str, Any]]:
    """Return the random agent.

    Raises:
        ValueError: the environment does not list its admissible actions.
    """
    from onelayer.agents.scripted import RandomAgent

    _, info = env.reset(seed=seed)
    if not info.get("admissible"):
        raise ValueError("the environment does not list its admissible actions")
    return RandomAgent(seed), {"agent": "RandomAgent", "seed": seed}


def _read(path: Path) -> TrainConfig:
    """Read a run's configuration; keys of other versions are left out."""
    values = read_settings(path)
    if "model" not in values or "env" not in values:
        raise ValueError(f"{path} is not the configuration of a training run")
    return TrainConfig(**known_fields(TrainConfig, values))
