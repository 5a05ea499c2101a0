"""What a suite is: which tasks an evaluation plays, how often, and what it measures."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs.attributes import tasks_of
from onelayer.envs.plugins import make
from onelayer.errors import UnknownName
from onelayer.evals.figures import PART, find_metric, majority_k, metric_names, pass_k
from onelayer.evals.task_digests import identify
from onelayer.settings import did_you_mean

METRICS = ("success", "return", "steps", "valid_actions")
"""the metrics that every environment has, which are the default"""
AGENT_FIELDS = ("history", "show_admissible", "thinking", "temperature", "top_p", "response_limit")
"""options of ``onelayer eval`` that say how a model plays"""
_FIRST_SEED = 1_000_000_000
"""in an environment without task ids, tasks are seeds from this number on, far from those of training"""


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
    """how many tasks to draw with ``seed`` (all, if the split has fewer), or their ids"""
    attempts: int = 1
    """episodes of each task"""
    seed: int = 0
    """seed of the drawn tasks and of the agents' random numbers"""
    metrics: tuple[str, ...] = METRICS
    description: str = ""
    version: int = 1
    """increased when the tasks or what counts as solved change; figures of two versions are not compared"""
    agent: Mapping[str, Any] = field(default_factory=dict)
    """how a model plays, unless a flag or the run's training says otherwise; see ``AGENT_FIELDS``"""
    whole: bool = False
    """the suite means a whole split, and ``tasks`` is its size; fewer tasks in the data are reported"""
    kinds: tuple[str, ...] = ()
    """play tasks of these kinds only; empty: of all kinds"""
    limit: int | None = None
    """play only this many of the tasks, the first ones"""
    shuffle: bool = False
    """shuffle the tasks with ``seed`` before ``limit`` is applied"""

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
        self._require(
            self.limit is None or self.limit >= 1, "limit", f"is {self.limit}, not 1 or more"
        )
        self._require(self.version >= 1, "version", f"must be at least 1, got {self.version}")
        for name in self.agent:
            self._require(
                name in AGENT_FIELDS,
                "agent",
                f"holds {name!r}; there are {', '.join(AGENT_FIELDS)}",
            )
        self._require(self.metrics, "metrics", "is an empty list")
        for metric in self.metrics:
            self._check_metric(metric)

    @property
    def parts(self) -> tuple["Suite", ...]:
        """The suites of one environment that it consists of: only itself."""
        return (self,)

    def make_env(self) -> gym.Env[str, str]:
        """Make one environment of the suite.

        Raises:
            ValueError: an argument names an environment variable (``$ALFWORLD_DATA``) that is not set.
        """
        split = {} if self.split is None else {"split": self.split}
        arguments = {name: self._expanded(name, value) for name, value in self.env_args.items()}
        return make(self.env, **{**arguments, **split})

    def choose_tasks(self, env: gym.Env[str, str]) -> list[str | int]:
        """Return the tasks to play: ids, or seeds where the environment has no ids.

        Raises:
            UnknownName: the split is empty, lacks a task named in ``tasks``, or has none of ``kinds``.
        """
        tasks = self._drawn_tasks(env)
        if self.kinds:
            kind_of = {task: identify(env, task).kind for task in tasks}
            found = dict.fromkeys(kind_of.values())
            for kind in self.kinds:
                if kind not in found:
                    listed = ", ".join(sorted(found)) if any(found) else "no kinds here"
                    raise UnknownName(
                        f"suite {self.name}: no task of kind {kind!r}; there are {listed}"
                    )
            tasks = [task for task in tasks if kind_of[task] in self.kinds]
        if self.shuffle:
            order = np.random.default_rng(self.seed).permutation(len(tasks))
            tasks = [tasks[int(i)] for i in order]
        return tasks[: self.limit]

    def _drawn_tasks(self, env: gym.Env[str, str]) -> list[str | int]:
        available = tasks_of(env)
        if not isinstance(self.tasks, int):
            for task in self.tasks:
                if available is not None and task not in available:
                    hint = did_you_mean(task, _some(available), otherwise="")
                    raise UnknownName(f"suite {self.name}: {self.env} has no task {task!r}{hint}")
            return list(self.tasks)
        if available is None:
            first = _FIRST_SEED + self.seed * 1_000_000
            return list(range(first, first + self.tasks))
        if not len(available):
            raise UnknownName(f"suite {self.name}: {self.env} has no tasks in split {self.split!r}")
        if len(available) <= self.tasks:
            return list(available)
        drawn = np.random.default_rng(self.seed).choice(
            len(available), self.tasks, replace=False, shuffle=False
        )
        return [available[int(i)] for i in sorted(drawn)]

    def with_env_args(self, env_args: Mapping[str, Any]) -> "Suite":
        """Return the suite with these arguments of the environment, which override its own."""
        split = env_args.get("split", self.split)
        others = {name: value for name, value in env_args.items() if name != "split"}
        return replace(self, split=split, env_args={**self.env_args, **others})

    def identity(self) -> dict[str, Any]:
        """Return the fields that decide the episodes."""
        always = ("env", "split", "env_args", "tasks", "attempts", "seed")
        chosen = {
            "version": 1,
            "kinds": [],
            "limit": None,
            "shuffle": False,
        }  # only in the identity where they differ from the default
        values = self.as_dict()
        return {name: values[name] for name in always} | {
            name: values[name] for name, usual in chosen.items() if values[name] != usual
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON and YAML hold them."""
        values = asdict(self)
        values["env_args"], values["agent"] = dict(self.env_args), dict(self.agent)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def _check_kinds(self) -> None:
        for name, (possible, spoken) in _KINDS.items():
            value = getattr(self, name)
            right = isinstance(value, possible) and (
                bool in possible or not isinstance(value, bool)
            )
            if isinstance(value, tuple):
                right = right and all(isinstance(item, str) for item in value)
            self._require(right, name, f"is {value!r}, not {spoken}")

    def _check_metric(self, metric: str) -> None:
        k = pass_k(metric) or majority_k(metric)
        if k is not None and 1 <= k <= self.attempts:
            return
        try:
            if k is None and not metric.endswith("@0"):
                find_metric(metric)
                return
        except LookupError as error:
            if ":" in metric:
                raise ValueError(f"suite {self.name}: metrics: {error}") from error
        known = ", ".join(metric_names())
        raise ValueError(
            f"suite {self.name}: metrics holds {metric!r}; there are {known}, {PART}PART, module:NAME, and "
            f"pass@K and maj@K up to the attempts ({self.attempts})"
        )

    def _expanded(self, name: str, value: Any) -> Any:
        """Return an argument with an environment variable in it replaced by its value."""
        if not (isinstance(value, str) and value.startswith("$")):
            return value
        variable = value[1:]
        if not os.environ.get(variable):
            raise ValueError(
                f"suite {self.name} reads its {name} from ${variable}, which is not set: set it to where "
                f"they are, or give --games PATH or --env-args '{{{name}: PATH}}'"
            )
        return os.environ[variable]

    def _require(self, condition: object, name: str, problem: str) -> None:
        if not condition:
            raise ValueError(f"suite {self.name}: {name} {problem}")


@dataclass(frozen=True, slots=True)
class Collection:
    """A suite of several environments; its total is the unweighted mean of its parts.

    Raises:
        ValueError: it has no parts, or two with the same name.
    """

    name: str
    parts: tuple[Suite, ...]
    description: str = ""
    version: int = 1
    agent: Mapping[str, Any] = field(default_factory=dict)
    """see ``Suite``; one agent plays all parts, so their own ``agent`` is ignored"""

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError(f"suite {self.name}: parts is an empty list")
        names = [part.name for part in self.parts]
        if len(set(names)) < len(names):
            raise ValueError(
                f"suite {self.name}: two parts have one name; they are {', '.join(names)}"
            )

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that all parts have."""
        shared = [
            name for name in self.parts[0].metrics if all(name in p.metrics for p in self.parts)
        ]
        return tuple(shared)

    @property
    def seed(self) -> int:
        """The seed of the first part."""
        return self.parts[0].seed

    @property
    def env(self) -> str:
        """The environments' ids."""
        return ", ".join(dict.fromkeys(part.env for part in self.parts))

    def identity(self) -> dict[str, Any]:
        """Return what decides the episodes, part by part."""
        return {part.name: part.identity() for part in self.parts}

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON and YAML hold them."""
        return {
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "agent": dict(self.agent),
            "parts": [part.as_dict() for part in self.parts],
        }


AnySuite = Suite | Collection


def _some(tasks: Sequence[str]) -> list[str]:
    """Return some task ids to suggest from; a lazy sequence may have very many."""
    return [tasks[i] for i in range(min(len(tasks), 2000))]


_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "name": ((str,), "text"),
    "env": ((str,), "the id of an environment"),
    "split": ((str, type(None)), "the name of a split"),
    "env_args": ((Mapping,), "a mapping"),
    "tasks": ((int, tuple), "a number or a list of task ids"),
    "attempts": ((int,), "a whole number"),
    "seed": ((int,), "a whole number"),
    "metrics": ((tuple,), "a list of names"),
    "description": ((str,), "text"),
    "version": ((int,), "a whole number"),
    "agent": ((Mapping,), "a mapping"),
    "kinds": ((tuple,), "a list of kinds of tasks"),
    "limit": ((int, type(None)), "a whole number"),
    "whole": ((bool,), "true or false"),
    "shuffle": ((bool,), "true or false"),
}
