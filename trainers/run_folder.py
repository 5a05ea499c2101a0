"""A run on disk: what was configured, what happened, and where to go on.

``config.yaml``, ``metrics.jsonl`` (one line an iteration), ``episodes.jsonl`` (a group of each iteration),
``layer.safetensors`` (the trained layer), ``checkpoints/<iteration>/``. A checkpoint is written to a draft
folder and renamed, so that it is whole or not there.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode, as_record
from onelayer.files import write_atomically
from onelayer.trainers.config import TrainConfig

KEPT_CHECKPOINTS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything a run needs to go on, beside its base model."""

    iteration: int
    """the next one"""
    config: Mapping[str, Any]
    """what decides what is learned; a run that goes on must agree"""
    weights: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, Any]


class RunFolder:
    """Reads and writes the files of one run."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.metrics = self.path / "metrics.jsonl"
        self.episodes = self.path / "episodes.jsonl"
        self.checkpoints = self.path / "checkpoints"

    def require_new(self) -> None:
        """Raise ValueError where the folder holds a run already."""
        if self.metrics.exists() or self.checkpoints.exists():
            raise ValueError(
                f"{self.path} holds a run; add --resume to go on, or name another --out"
            )
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file; name another --out")

    def require_run(self, config: Mapping[str, Any]) -> None:
        """Raise ValueError where there is no checkpoint, or one of a run with other settings.

        Args:
            config: what decides what is learned, as in ``Checkpoint``.
        """
        about = json.loads((self._newest() / "about.json").read_text())
        # A field that is younger than the run had its default then.
        defaults = {f.name: f.default for f in fields(TrainConfig) if f.name in config}
        for name, value in (defaults | about["config"]).items():
            if config.get(name) != value:
                raise ValueError(
                    f"{self.path} was trained with {name}={value!r}, not {config.get(name)!r}; "
                    "resume with the run's own config.yaml"
                )

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint and drop the oldest ones, and what a crash left of others."""
        folder = self.checkpoints / f"{checkpoint.iteration:06d}"
        if folder.exists():
            return
        for left in self.checkpoints.glob(".draft-*"):
            shutil.rmtree(left)
        draft = self.checkpoints / f".draft-{os.getpid()}"
        draft.mkdir(parents=True)
        with open(draft / "state.pt", "wb") as file:
            state = {"weights": dict(checkpoint.weights), "optimizer": dict(checkpoint.optimizer)}
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        about = {"iteration": checkpoint.iteration, "config": dict(checkpoint.config)}
        write_atomically(draft / "about.json", json.dumps(about, indent=1))
        os.replace(draft, folder)
        for old in self._saved()[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(old)

    def last(self) -> Checkpoint:
        """Return the newest checkpoint, its tensors on the CPU.

        Raises:
            ValueError: there is none.
        """
        folder = self._newest()
        about = json.loads((folder / "about.json").read_text())
        state = torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
        return Checkpoint(about["iteration"], about["config"], state["weights"], state["optimizer"])

    def take_back(self, iteration: int) -> None:
        """Drop what was logged of this iteration and later ones."""
        for log in (self.metrics, self.episodes):
            _keep_before(log, iteration)

    def log(self, metrics: Mapping[str, Any]) -> None:
        """Append one line of metrics."""
        _append(self.metrics, [metrics])

    def log_episodes(
        self, iteration: int, episodes: Sequence[Episode], advantages_N: NDArray[Any]
    ) -> None:
        """Append episodes as a reader wants them: texts, rewards, advantages, no tokens."""
        lines, start = [], 0
        for episode in episodes:
            values = advantages_N[start : start + len(episode.steps)]
            start += len(episode.steps)
            record = as_record(episode)
            for step, advantage in zip(record["steps"], values, strict=True):
                step["advantage"] = round(float(advantage), 6)
            lines.append({"iteration": iteration, **record})
        _append(self.episodes, lines)

    def _newest(self) -> Path:
        saved = self._saved()
        if not saved:
            raise ValueError(f"{self.path} holds no checkpoint to resume from")
        return saved[-1]

    def _saved(self) -> list[Path]:
        return sorted(folder for folder in self.checkpoints.glob("[0-9]*") if folder.is_dir())


def _append(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def _keep_before(path: Path, iteration: int) -> None:
    """Drop the lines of this iteration and later ones, and one that was torn by a crash."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["iteration"] < iteration:
                kept.append(line + "\n")
        except json.JSONDecodeError:
            break
    write_atomically(path, "".join(kept))
