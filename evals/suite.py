"""A suite: which tasks an evaluation plays, how often, and what it measures.

Suites are YAML files. Those that ship are named (``alfworld``), others are given by their path.
"""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import yaml

from onelayer.envs.attributes import tasks_of
from onelayer.envs.plugins import make

METRICS = ("success", "return", "steps", "valid_actions")
"""those of every environment, and the default"""
ANSWER_METRICS = ("unparsable", "response_tokens", "response_characters")
"""share of episodes without an answer that could be read; length of replies"""
PART = "reward/"
"""``reward/format`` is the mean of that part of the reward, as ``info["reward_parts"]`` names it"""
_FIRST_SEED = 1_000_000_000
"""the tasks of an environment without task ids are seeds from here on, far from those of training"""


@dataclass(frozen=True, slots=True)
class Suite:
    """What is played and what is measured.

    Raises:
        ValueError: a field holds something that cannot work; the message names suite and field.
    """

    name: str
    env: str
    """id of the environment, or ``module:id``"""
    split: str | None = None
    """the environment's ``split`` argument; None leaves it out"""
    env_args: Mapping[str, Any] = field(default_factory=dict)
    """further arguments of the environment"""
    tasks: int | tuple[str, ...] = 100
    """how many tasks, drawn with ``seed``, or their ids; all of the split where it has fewer"""
    attempts: int = 1
    """episodes of each task"""
    seed: int = 0
    """draws the tasks and the agents' random numbers"""
    metrics: tuple[str, ...] = METRICS
    description: str = ""

    def __post_init__(self) -> None:
        self._check_kinds()
        for name in ("name", "env"):
            self._require(getattr(self, name), name, "is empty")
        if isinstance(self.tasks, int):
            self._require(self.tasks >= 1, "tasks", f"must be at least 1, got {self.tasks}")
        else:
            self._require(self.tasks, "tasks", "is an empty list")
            self._require(len(set(self.tasks)) == len(self.tasks), "tasks", "names one task twice")
        self._require(self.attempts >= 1, "attempts", f"must be at least 1, got {self.attempts}")
        self._require(self.seed >= 0, "seed", f"must be at least 0, got {self.seed}")
        self._require("split" not in self.env_args, "env_args", "holds split, a field of its own")
        self._require(self.metrics, "metrics", "is an empty list")
        for metric in self.metrics:
            k = pass_k(metric) or majority_k(metric)
            possible = (
                metric in (*METRICS, *ANSWER_METRICS)
                or (metric.startswith(PART) and metric != PART)
                or (k is not None and 1 <= k <= self.attempts)
            )
            known = (
                f"{', '.join((*METRICS, *ANSWER_METRICS))}, {PART}PART, and pass@K and maj@K up to the "
                f"attempts ({self.attempts})"
            )
            self._require(possible, "metrics", f"holds {metric!r}; there are {known}")

    def make_env(self) -> gym.Env[str, str]:
        """Make one environment of the suite."""
        split = {} if self.split is None else {"split": self.split}
        return make(self.env, **{**self.env_args, **split})

    def choose_tasks(self, env: gym.Env[str, str]) -> list[str | int]:
        """Return the tasks to play: ids, or seeds where the environment has no ids.

        Raises:
            LookupError: the split is empty, or lacks a task that is named.
        """
        available = tasks_of(env)
        if not isinstance(self.tasks, int):
            for task in self.tasks:
                if available is not None and task not in available:
                    raise LookupError(f"suite {self.name}: {self.env} has no task {task!r}")
            return list(self.tasks)
        if available is None:
            first = _FIRST_SEED + self.seed * 1_000_000
            return list(range(first, first + self.tasks))
        if not len(available):
            raise LookupError(f"suite {self.name}: {self.env} has no tasks in split {self.split!r}")
        if len(available) <= self.tasks:
            return list(available)
        drawn = np.random.default_rng(self.seed).choice(
            len(available), self.tasks, replace=False, shuffle=False
        )
        return [available[int(i)] for i in sorted(drawn)]

    def with_env_args(self, env_args: Mapping[str, Any]) -> "Suite":
        """Return the suite with these arguments of the environment over its own."""
        split = env_args.get("split", self.split)
        others = {name: value for name, value in env_args.items() if name != "split"}
        return replace(self, split=split, env_args={**self.env_args, **others})

    def what_is_played(self) -> dict[str, Any]:
        """Return the fields that decide the episodes."""
        names = ("env", "split", "env_args", "tasks", "attempts", "seed")
        return {name: value for name, value in self.as_dict().items() if name in names}

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON and YAML hold them."""
        values = asdict(self)
        values["env_args"] = dict(self.env_args)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def _check_kinds(self) -> None:
        kinds: dict[str, tuple[type, ...]] = {
            "name": (str,),
            "env": (str,),
            "split": (str, type(None)),
            "env_args": (Mapping,),
            "tasks": (int, tuple),
            "attempts": (int,),
            "seed": (int,),
            "metrics": (tuple,),
            "description": (str,),
        }
        for name, possible in kinds.items():
            value = getattr(self, name)
            right = isinstance(value, possible) and not isinstance(value, bool)
            if isinstance(value, tuple):
                right = right and all(isinstance(item, str) for item in value)
            self._require(right, name, f"is {value!r}, not {_SPOKEN[name]}")

    def _require(self, condition: object, name: str, problem: str) -> None:
        if not condition:
            raise ValueError(f"suite {self.name}: {name} {problem}")


_SPOKEN = {
    "name": "text",
    "env": "the id of an environment",
    "split": "the name of a split",
    "env_args": "a mapping",
    "tasks": "a number or a list of task ids",
    "attempts": "a whole number",
    "seed": "a whole number",
    "metrics": "a list of names",
    "description": "text",
}


def load_suite(name: str) -> Suite:
    """Return a shipped suite by its name, or a suite of a YAML file by its path.

    Raises:
        LookupError: there is no such suite or file; the message names the nearest.
        ValueError: the file holds something that cannot work.
    """
    shipped = shipped_suites()
    if name in shipped:
        return _parse(shipped[name].read_text(encoding="utf-8"), name)
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise LookupError(f"there is no suite file {name}")
        return _parse(path.read_text(encoding="utf-8"), path.stem)
    close = difflib.get_close_matches(name, shipped, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(shipped)}"
    raise LookupError(f"there is no suite {name!r}; {hint} (or give the path of a .yaml file)")


def shipped_suites() -> dict[str, Traversable]:
    """Return the files of the suites that ship, by name."""
    folder = files("onelayer.evals.suites")
    found = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    return {file.name.removesuffix(".yaml"): file for file in sorted(found, key=lambda f: f.name)}


def suite_of(values: Mapping[str, Any], name: str = "") -> Suite:
    """Return the suite of a mapping as a YAML file or ``Suite.as_dict`` holds it.

    Raises:
        ValueError: a key is unknown or missing, or a value cannot work.
    """
    values = {"name": name, **values}
    known = [f.name for f in fields(Suite)]
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}"
            raise ValueError(f"suite {values['name']}: unknown key {str(key)!r}; {hint}")
    if "env" not in values:
        raise ValueError(f"suite {values['name']}: env is missing")
    lists = {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    return Suite(**{**values, **lists})


def pass_k(metric: str) -> int | None:
    """Return K of ``pass@K``, None for another metric."""
    return _k_of(metric, "pass")


def majority_k(metric: str) -> int | None:
    """Return K of ``maj@K``, None for another metric."""
    return _k_of(metric, "maj")


def _k_of(metric: str, name: str) -> int | None:
    found, _, k = metric.partition("@")
    return int(k) if found == name and k.isdecimal() else None


def _parse(text: str, name: str) -> Suite:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"suite {name} is not a YAML file: {error}") from error
    if not isinstance(values, Mapping):
        raise ValueError(f"suite {name} must hold a YAML mapping")
    return suite_of(values, name)
