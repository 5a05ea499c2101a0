"""The files of a run's folder, read without torch. Files may be missing.

Reports are made of runs that finished, stopped or still go on, and of runs of older versions, so only
``metrics.jsonl`` is required.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onelayer.agents.episodes import Episode, as_episode
from onelayer.agents.weight_files import ADAPTER_FILE, LAYER_FILE, read_about
from onelayer.evals.definition import Suite
from onelayer.evals.result_rows import Results, numbered
from onelayer.settings import read_settings

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrainedLayer:
    """The metadata of ``layer.safetensors`` or ``adapter_model.safetensors``."""

    base_id: str
    layers: tuple[int, ...]
    num_layers: int
    everything: bool
    parameters: int
    """number of trained parameters"""
    rank: int | None = None
    """rank of the LoRA adapters, if adapters were trained instead of the layers"""


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """One run: its configuration, its metrics at each iteration, and some episodes."""

    path: Path
    config: Record
    metrics: tuple[Record, ...]
    episodes: tuple[Record, ...]
    """the episodes of the first and the last iteration of which any were kept"""
    layer: TrainedLayer | None
    """None while the run goes on"""
    evaluations: tuple[Record, ...]
    """every ``results.json`` below ``eval/``"""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.resolve().name

    @property
    def keys(self) -> list[str]:
        """Every number that was logged, in the order of first appearance."""
        seen = {key: None for entry in self.metrics for key in entry if _is_number(entry[key])}
        return [key for key in seen if key != "iteration"]

    def series(self, key: str) -> tuple[list[float], list[float]]:
        """Return the iterations that logged ``key``, and its values there."""
        points = [
            (float(entry.get("iteration", position)), float(entry[key]))
            for position, entry in enumerate(self.metrics)
            if _is_number(entry.get(key))
        ]
        return [x for x, _ in points], [y for _, y in points]


def read_run(path: Path | str) -> RunRecord:
    """Read a run folder.

    Raises:
        ValueError: ``path`` is no run folder.
    """
    path = Path(path)
    if not (path / "metrics.jsonl").is_file():
        raise ValueError(f"{path} is no run folder: it holds no metrics.jsonl")
    return RunRecord(
        path=path,
        config=_config(path / "config.yaml"),
        metrics=tuple(_lines(path / "metrics.jsonl")),
        episodes=_first_and_last(path / "episodes.jsonl"),
        layer=_trained(path / LAYER_FILE, "delta") or _trained(path / ADAPTER_FILE, "adapters"),
        evaluations=tuple(_evaluations(path / "eval")),
    )


def training_results(path: Path | str) -> dict[str, Results]:
    """Return the episodes that a run kept of its training, an agent for each iteration."""
    path = Path(path)
    suite = Suite("training", str(_config(path / "config.yaml").get("env") or "unknown"))
    of_iteration: dict[str, list[Episode]] = {}
    for record in _lines(path / "episodes.jsonl"):
        try:
            episode = as_episode(record)
        except ValueError:
            continue
        of_iteration.setdefault(f"iteration {record.get('iteration', '?')}", []).append(episode)
    return {name: Results(suite, numbered(episodes)) for name, episodes in of_iteration.items()}


def _config(path: Path) -> Record:
    if not path.is_file():
        return {}
    try:
        return read_settings(path)
    except ValueError:
        return {}


def _lines(path: Path) -> Iterator[Record]:
    """Yield the objects of a JSON-lines file; the last line of a running or killed run may be incomplete."""
    if not path.is_file():
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(record, Mapping):
                yield record


def _first_and_last(path: Path) -> tuple[Record, ...]:
    """Return the episodes of the first and the last iteration, without holding the whole file in memory."""
    first: list[Record] = []
    last: list[Record] = []
    for episode in _lines(path):
        if not first or episode.get("iteration") == first[0].get("iteration"):
            first.append(episode)
        elif last and episode.get("iteration") == last[0].get("iteration"):
            last.append(episode)
        else:
            last = [episode]
    return (*first, *last)


def _trained(path: Path, kind: str) -> TrainedLayer | None:
    if not path.is_file():
        return None
    try:
        about, parameters = read_about(path, kind)
        return TrainedLayer(
            base_id=about["base_id"],
            layers=tuple(about["layers"]),
            num_layers=about["num_layers"],
            everything=about.get("everything", False),
            parameters=parameters,
            rank=about.get("rank"),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _evaluations(folder: Path) -> Iterator[Record]:
    for path in sorted(folder.rglob("results.json")):
        try:
            results = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            continue
        if isinstance(results, Mapping):
            yield results


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
