"""What came out of an evaluation: episodes, figures for each kind of task, and the file that holds them.

``results.json``::

    {"format": "onelayer.results.1", "onelayer": "0.1.0",
     "suite": {"name": "alfworld", "env": "onelayer/ALFWorld-v0", ...},
     "agents": {"trained": {
        "settings": {"model": "tiny", "temperature": 0.4, ...},
        "rows": [{"kind": "pick_and_place_simple", "episodes": 40, "tasks": 40, "errors": 0,
                  "metrics": {"success": {"value": 0.5, "low": 0.35, "high": 0.65}, ...}},
                 ..., {"kind": "All", ...}],
        "episodes": [{"task": "...", "kind": "...", "success": true, "truncated": false, "error": null,
                      "total_reward": 1.0, "steps": [{"observation": "...", "action": "...",
                      "reply": "...", "reward": 0.0, "valid": true, "cut": false}, ...]}, ...]}},
     "comparisons": [{"first": "trained", "second": "base", "rows": [...]}]}

A figure that does not exist, such as the share of valid actions where none was taken, is null.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import onelayer
from onelayer.agents.episodes import Episode, as_episode, as_record
from onelayer.evals.comparison import Difference, compare_episodes
from onelayer.evals.statistics import Estimate
from onelayer.evals.suite import Suite, suite_of
from onelayer.files import write_atomically

FORMAT = "onelayer.results.1"
FILE_NAME = "results.json"
ALL = "All"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one kind of task, or of all."""

    kind: str
    episodes: int
    tasks: int
    errors: int
    """episodes in which the environment failed; they count as not solved"""
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True)
class Results:
    """What one agent did in a suite."""

    suite: Suite
    episodes: tuple[Episode, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """what played, as JSON can hold it: a model and its sampling, or an agent's name"""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row for each kind of task, in the order they are played, and ``All`` at the end.

        Environments that name no kinds, or a single one, have the last row only.
        """
        kinds: dict[str, list[Episode]] = {}
        for episode in self.episodes:
            kinds.setdefault(episode.kind, []).append(episode)
        some = sorted(kinds.items()) if len(kinds) > 1 else []
        return tuple(self._row(kind, group) for kind, group in [*some, (ALL, self.episodes)])

    @property
    def overall(self) -> Row:
        """The row of all tasks."""
        return self.rows[-1]

    def _row(self, kind: str, episodes: Sequence[Episode]) -> Row:
        from onelayer.evals.metrics import measure  # imports evaluate, and with it torch

        return Row(
            kind=kind or "(none)",
            episodes=len(episodes),
            tasks=len({episode.task for episode in episodes}),
            errors=sum(episode.error is not None for episode in episodes),
            metrics={name: measure(name, episodes) for name in self.suite.metrics},
        )


def compare(first: Results, second: Results) -> list[Difference]:
    """Return how much more ``first`` earns than ``second`` on the tasks that both played.

    Raises:
        ValueError: they played different environments, or no task in common.
    """
    for name in ("env", "split", "env_args"):
        one, other = getattr(first.suite, name), getattr(second.suite, name)
        if one != other:
            raise ValueError(
                f"results of different tasks cannot be paired: {name} is {one!r} and {other!r}"
            )
    return compare_episodes(first.episodes, second.episodes)


def write_results(
    path: Path | str, by_agent: Mapping[str, Results], first: str | None = None
) -> None:
    """Write the results of one suite, atomically.

    Args:
        path: the file.
        by_agent: one agent or more.
        first: the agent whose paired difference from every other one is written too; by default the
            first of ``by_agent``.
    """
    first = next(iter(by_agent)) if first is None else first
    content = {
        "format": FORMAT,
        "onelayer": onelayer.__version__,
        "suite": by_agent[first].suite.as_dict(),
        "agents": {
            # Figures are indented for people, and an episode is one line: see below.
            name: {**_agent_record(results), "episodes": _place_of(name)}
            for name, results in by_agent.items()
        },
        "comparisons": [
            {
                "first": first,
                "second": second,
                "rows": [d.as_dict() for d in compare(by_agent[first], by_agent[second])],
            }
            for second in by_agent
            if second != first
        ],
    }
    text = json.dumps(_finite(content), indent=1, allow_nan=False)
    for name, results in by_agent.items():
        lines = (json.dumps(_finite(as_record(e)), allow_nan=False) for e in results.episodes)
        text = text.replace(json.dumps(_place_of(name)), "[\n" + ",\n".join(lines) + "]", 1)
    write_atomically(path, text + "\n")


def read_results(path: Path | str) -> dict[str, Results]:
    """Read the results of every agent from a ``results.json`` or from the folder that holds it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is something else, or of another version.
    """
    path = Path(path)
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(f"there are no results at {path}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"{path} holds {content['format']!r}, not {FORMAT!r}")
        suite = suite_of(content["suite"])
        return {
            name: Results(suite, tuple(map(as_episode, agent["episodes"])), agent["settings"])
            for name, agent in content["agents"].items()
        }
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no results of an evaluation: {error!r}") from error


def _agent_record(results: Results) -> dict[str, Any]:
    return {
        "settings": dict(results.settings),
        "rows": [
            {
                "kind": row.kind,
                "episodes": row.episodes,
                "tasks": row.tasks,
                "errors": row.errors,
                "metrics": {name: estimate._asdict() for name, estimate in row.metrics.items()},
            }
            for row in results.rows
        ],
    }


def _place_of(name: str) -> str:
    return f"the episodes of {name} go here"


def _finite(value: Any) -> Any:
    """Replace what JSON has no number for by None."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
