"""What one run, or one evaluation of the base, earned on each held-out task: ``scores/<name>.json``.

The file says how the run was trained and evaluated, so that a profile needs no weights.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onelayer.evals.contribution.record import check_scores
from onelayer.evals.journal import require_same
from onelayer.files import write_atomically
from onelayer.json_files import is_number

FORMAT = "onelayer-score/1"
_COUNTS = ("errors", "iterations", "trained_parameters", "episodes", "tokens")
_TIMES = ("seconds", "cpu_seconds")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was played and how; scores are compared only where this is the same."""

    played: Mapping[str, Any]
    """the suite's ``identity``"""
    settings: Mapping[str, Any]
    fingerprint: str
    """of the base model"""
    dev: Mapping[str, Any] | None = None
    """like ``played``, of the dev tasks; None: there are none"""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON reads it back, with lists for tuples."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content


@dataclass(frozen=True, slots=True)
class TaskScores:
    """The content of one file."""

    name: str
    tasks: tuple[str, ...]
    scores: tuple[float, ...]
    """share of the attempts at each task that solved it"""
    errors: int = 0
    """episodes in which the environment failed; they count as not solved"""
    config: Mapping[str, Any] | None = None
    """``resume_key`` of the run; None for the base"""
    iterations: int = 0
    trained_parameters: int | None = None
    episodes: int | None = None
    """played in training"""
    seconds: float | None = None
    """of training: playing and updating"""
    cpu_seconds: float | None = None
    """processor time of the same"""
    tokens: int | None = None
    """sampled in training and learned from"""
    update_norm: tuple[float, ...] | None = None
    """L2 norm of the change of each trained layer"""
    dev_tasks: tuple[str, ...] = ()
    """the tasks by whose scores choices are made"""
    dev_scores: tuple[float, ...] = ()
    failed: str | None = None
    """why training did not finish, and with which weights the run was scored"""

    @property
    def mean(self) -> float:
        """The score S of this run."""
        return sum(self.scores) / len(self.scores)

    @property
    def choosing(self) -> float:
        """The score that choices are made by: on the dev tasks, where there are any."""
        return sum(self.dev_scores) / len(self.dev_scores) if self.dev_scores else self.mean


def write_scores(path: Path, scores: TaskScores, evaluation: Evaluation) -> None:
    """Write the file, atomically."""
    content = {"format": FORMAT, **asdict(scores), "evaluation": evaluation.as_json()}
    write_atomically(path, json.dumps(content) + "\n")


def read_scores(path: Path, evaluation: Evaluation) -> TaskScores:
    """Read the file.

    Raises:
        ValueError: it is damaged, or was made by another evaluation; the message names the difference.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ValueError("it is of another format")
        found = Evaluation(**content.pop("evaluation"))
        scores = TaskScores(**{k: _frozen(v) for k, v in content.items()})
        _require_usable(scores, found)
        if scores.name != path.stem:
            raise ValueError(f"it is of {scores.name!r}")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{path} holds no scores ({error}); remove it, and the run is evaluated again"
        ) from error
    if found.fingerprint != evaluation.fingerprint:
        raise ValueError(f"{path} was scored on another base model; name another --out")
    wanted = evaluation.as_json()
    require_same(
        {"suite": wanted["played"], "settings": wanted["settings"]},
        {"suite": found.played, "settings": found.settings},
        str(path),
    )
    return scores


def _require_usable(scores: TaskScores, evaluation: Evaluation) -> None:
    """Raise TypeError or ValueError for the first value that no profile can be made of."""
    if not scores.tasks:
        raise ValueError("it has no tasks")
    for tasks, earned in ((scores.tasks, scores.scores), (scores.dev_tasks, scores.dev_scores)):
        check_scores("it", earned, len(tasks))
    for name in (*_COUNTS, *_TIMES):
        value = getattr(scores, name)
        if not (value is None or is_number(value)):
            raise ValueError(f"its {name} is {value!r}, and no number")
    if not all(map(is_number, scores.update_norm or ())):
        raise ValueError(f"its update_norm is {scores.update_norm!r}, and no numbers")
    if not isinstance(scores.failed, str | None):
        raise ValueError(f"its failed is {scores.failed!r}, and no reason")
    for value in (scores.config or {}, evaluation.played, evaluation.settings):
        if not isinstance(value, Mapping):
            raise ValueError(f"it has {value!r} in the place of settings")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
