"""The results of an evaluation: episodes, figures for each kind of task, and the file that holds them.

``results.json``::

    {"format": "onelayer.results.2", "onelayer": "0.2.0",
     "suite": {"name": "alfworld", "version": 1, "env": "onelayer/ALFWorld-v0", ...},
     "errors": "left out",
     "agents": {"trained": {
        "settings": {"model": "tiny", "temperature": 0.4, ...},
        "data": {"": {"TASK": "0f3c...", ...}},
        "rows": [{"kind": "pick_and_place_simple", "episodes": 40, "tasks": 40, "errors": 0,
                  "metrics": {"success": {"value": 0.5, "low": 0.35, "high": 0.65}, ...}},
                 ..., {"kind": "All", ...}],
        "episodes": [{"task": "...", "kind": "...", "success": true, "truncated": false, "error": null,
                      "total_reward": 1.0, "steps": [{"observation": "...", "action": "...",
                      "reply": "...", "reward": 0.0, "valid": true, "cut": false}, ...]}, ...]}},
     "comparisons": [{"first": "trained", "second": "base", "rows": [...]}]}

An undefined figure, such as the share of valid actions where no action was taken, is null. Files of the
previous format, ``onelayer.results.1``, are read too.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onelayer
from onelayer.agents.episodes import as_episode, as_record
from onelayer.evals.definition import Collection
from onelayer.evals.paired import Difference, compare_episodes
from onelayer.evals.result_rows import ALL, Results, Row, numbered
from onelayer.evals.suite import suite_of
from onelayer.evals.task_digests import changed_task
from onelayer.json_files import OneLine, write_json

__all__ = [
    "ALL",
    "FILE_NAME",
    "LoadedResults",
    "Results",
    "Row",
    "compare",
    "load_results",
    "read_results",
    "require_comparable",
    "write_results",
]

FORMAT = "onelayer.results.2"
_FORMATS = ("onelayer.results.1", FORMAT)
FILE_NAME = "results.json"
_RULES = {False: "left out", True: "not solved"}
"""how an episode with an error counts"""


def compare(first: Results, second: Results) -> list[Difference]:
    """Return how much more ``first`` earns than ``second`` on the tasks that both played.

    Episodes that ended in an error are left out or count as not solved, by ``Results.count_errors``.

    Raises:
        ValueError: they played different environments, versions or data, or have no task in common.
    """
    require_comparable(first, second)
    return compare_episodes(first.counted, second.counted)


def require_comparable(first: Results, second: Results) -> None:
    """Raise a ValueError where two results are not of the same tasks."""
    ours = {
        part.name if isinstance(first.suite, Collection) else "": part for part in first.suite.parts
    }
    theirs = {
        part.name if isinstance(second.suite, Collection) else "": part
        for part in second.suite.parts
    }
    if ours.keys() != theirs.keys():
        raise ValueError(
            f"results of different suites cannot be paired: {first.suite.name} and {second.suite.name}"
        )
    for label, one in ours.items():
        other = theirs[label]
        for name in ("env", "split", "env_args", "version"):
            if getattr(one, name) != getattr(other, name):
                raise ValueError(
                    f"results of different tasks cannot be paired: {name} is {getattr(one, name)!r} and "
                    f"{getattr(other, name)!r}"
                )
    if first.count_errors != second.count_errors:
        raise ValueError(
            "results with two rules cannot be paired: in one an episode with an error is left out, in the "
            "other it counts as not solved; rescore one of them"
        )
    task = changed_task(first.data, second.data)
    if task is not None:
        raise ValueError(
            f"results of different data cannot be paired: task {task} began otherwise, or had another "
            "solution"
        )


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
        "errors": _RULES[by_agent[first].count_errors],
        "agents": {
            name: {
                **_agent_record(results),
                "episodes": [OneLine(as_record(episode)) for episode in results.episodes],
            }
            for name, results in by_agent.items()
        },
        "comparisons": [
            {"first": first, "second": second, "rows": [row.as_dict() for row in rows]}
            for second in by_agent
            if second != first and (rows := _differences(by_agent[first], by_agent[second]))
        ],
    }
    write_json(path, content)


class LoadedResults(dict[str, Results]):
    """The results of each agent, by its name; see ``Results``."""

    def records(self) -> list[dict[str, Any]]:
        """Return a flat mapping for each episode of every agent, with ``agent`` as its first key."""
        return [{"agent": name, **record} for name, r in self.items() for record in r.records()]

    def frame(self) -> Any:
        """Return ``records`` as a pandas ``DataFrame``.

        Raises:
            ValueError: pandas is not installed; ``records`` needs none.
        """
        try:
            import pandas
        except ImportError as error:
            raise ValueError(
                "frame() needs pandas: pip install pandas; records() does not"
            ) from error
        return pandas.DataFrame.from_records(self.records())


def load_results(path: Path | str) -> LoadedResults:
    """Read the results of every agent from a ``results.json`` or from the folder that holds it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the file is not of this format, or of another version.
    """
    path = Path(path)
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(f"there are no results at {path}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] not in _FORMATS:
            raise ValueError(f"{path} holds {content['format']!r}, not {FORMAT!r}")
        suite = suite_of(content["suite"])
        # In 0.1 an episode with an error counted as not solved.
        count_errors = content.get("errors", _RULES[True]) == _RULES[True]
        return LoadedResults(
            {
                name: Results(
                    suite,
                    numbered(tuple(map(as_episode, agent["episodes"]))),
                    agent["settings"],
                    count_errors=count_errors,
                    data=agent.get("data", {}),
                    prices=agent.get("prices", {}),
                )
                for name, agent in content["agents"].items()
            }
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} holds no results of an evaluation: {error!r}") from error


read_results = load_results
"""the name of ``load_results`` in 0.1"""


def _differences(first: Results, second: Results) -> list[Difference]:
    """Return the paired differences; none where errors left no task in common."""
    if not {(e.part, e.task) for e in first.counted} & {(e.part, e.task) for e in second.counted}:
        return []
    return compare(first, second)


def _agent_record(results: Results) -> dict[str, Any]:
    return {
        "settings": dict(results.settings),
        "data": dict(results.data),
        "prices": dict(results.prices),
        "usage": results.usage,
        "rows": [
            {
                "kind": row.kind,
                "episodes": row.episodes,
                "tasks": row.tasks,
                "errors": row.errors,
                "counted": row.counted,
                "metrics": {name: estimate._asdict() for name, estimate in row.metrics.items()},
            }
            for row in results.rows
        ],
    }
