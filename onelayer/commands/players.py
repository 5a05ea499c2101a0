"""Who plays in an evaluation: the trained model, its base, a random agent, an expert."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import yaml

from onelayer.agents.play import Play
from onelayer.commands.configuration import parse_mapping
from onelayer.envs.attributes import attribute, tasks_of
from onelayer.trainers.config import TrainConfig

if TYPE_CHECKING:
    from onelayer.agents.base import Agent
    from onelayer.commands.evaluate import Config


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated: a run, or a model without one."""

    model: str
    """what the base is loaded as"""
    folder: Path | None = None
    """the run folder, which holds the trained layer; None for a model without a run"""
    trained: TrainConfig = field(default_factory=TrainConfig)
    """how the run was trained; its defaults where there is no run"""

    @classmethod
    def of(cls, name: str) -> "Subject":
        """Return the run of a folder with a ``config.yaml``, else the model of that name.

        Raises:
            ValueError: the name is empty, or the run's configuration can't be read.
            FileNotFoundError: the run has no trained layer yet.
        """
        if not name:
            raise ValueError("name a run folder, a model (an id or a folder), or `tiny`")
        folder = Path(name)
        if not folder.exists() and _means_a_folder(folder):
            raise ValueError(f"there is no run folder {name}")
        if not (folder / "config.yaml").is_file():
            if folder.is_dir() and not (folder / "config.json").is_file():
                raise ValueError(
                    f"{name} is neither a run (it has no config.yaml) nor a model (no config.json)"
                )
            return cls(name, trained=TrainConfig(model=name))
        weights = ("layer.safetensors", "adapter_model.safetensors")
        if not any((folder / name).is_file() for name in weights):
            raise FileNotFoundError(
                f"{name} holds no trained layer yet; finish it with "
                f"`onelayer train --config {name}/config.yaml --resume`"
            )
        config = _read(folder / "config.yaml")
        return cls(config.model, folder, config)

    @property
    def env_args(self) -> dict[str, Any]:
        """The arguments of the environment that the run was trained in, without the split."""
        given = parse_mapping(self.trained.env_args, f"{self.folder}/config.yaml: env_args")
        return {name: value for name, value in given.items() if name != "split"}


def _means_a_folder(path: Path) -> bool:
    """Return whether a path that does not exist was meant as one, and not as the id of a model."""
    return len(path.parts) > 1 and (path.parts[0] == "runs" or path.parent.is_dir())


def models(
    subject: Subject, config: "Config", env: gym.Env[str, str]
) -> Iterator[tuple[str, "Agent", dict[str, Any]]]:
    """Yield name, agent and settings of the base, then of the trained model; or of the one model.

    They share their weights: an agent must have played before the next one is asked for.

    Raises:
        ValueError: there is no such model or device, or the trained layer is of another base.
    """
    from onelayer.trainers.lora import load_trained

    if subject.folder is None:
        model, tokenizer = _load(subject.model, config.dtype, config.device)
        yield "model", *_policy(model, tokenizer, env, subject, config)
        return
    trained = load_trained(subject.folder)
    model, tokenizer = _load(subject.model, trained.dtype, config.device)
    if config.base:
        yield "base", *_policy(model, tokenizer, env, subject, config)
    trained.apply(model)
    yield "trained", *_policy(model, tokenizer, env, subject, config)


def _load(model: str, dtype: str, device: str) -> tuple[Any, Any]:
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
    model: Any, tokenizer: Any, env: gym.Env[str, str], subject: Subject, config: "Config"
) -> tuple["Agent", dict[str, Any]]:
    """Return the agent that plays with a model, and what decides how it plays."""
    from onelayer.trainers.fingerprint import base_fingerprint

    flags = {field.name: getattr(config, field.name) for field in fields(Play)}
    given = {name: value for name, value in flags.items() if value is not None}
    play = Play.of({**subject.trained.eval_play.settings, **given})
    settings = {
        "model": subject.model,
        **play.settings,
        "dtype": str(model.dtype),
        "weights": base_fingerprint(model),
    }
    return play.agent(model, tokenizer, env), settings


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
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not a YAML file") from error
    if not isinstance(values, Mapping) or "model" not in values or "env" not in values:
        raise ValueError(f"{path} is not the configuration of a training run")
    known = {f.name for f in fields(TrainConfig)}
    return TrainConfig(**{name: value for name, value in values.items() if name in known})
