"""A run on disk: what was configured, what happened, and where to go on.

``config.yaml`` (``--config`` of it repeats the run), ``metrics.jsonl`` (one line an iteration),
``episodes.jsonl`` (a group of each of the last iterations, and of fewer and fewer before),
``layer.safetensors`` (the trained layer), ``checkpoints/<iteration>/``.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from onelayer.agents.episodes import Episode, as_record
from onelayer.agents.weight_files import TRAINED
from onelayer.json_lines import append_records, keep_records, read_records
from onelayer.lock import alone_in
from onelayer.settings import write_settings
from onelayer.trainers.checkpoints import Checkpoint, Checkpoints, reason
from onelayer.trainers.config import TrainConfig

logger = logging.getLogger(__name__)

RECENT = 100
"""iterations of which every logged episode is kept"""


class RunFolder:
    """Reads and writes the files of one run."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.metrics = self.path / "metrics.jsonl"
        self.episodes = self.path / "episodes.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.saved = Checkpoints(self.checkpoints)

    def require_for(self, config: TrainConfig) -> None:
        """Do as ``require_run`` does where the run is to go on, else as ``require_new``."""
        if config.resume:
            self.require_run(config.resume_key())
        else:
            self.require_new()

    def require_new(self) -> None:
        """Raise ValueError where the folder holds a run already, OSError where it can't be written.

        A run that was killed before its first checkpoint was complete does not count.
        """
        if self.metrics.exists() or self.saved:
            raise ValueError(
                f"{self.path} holds a run; add --resume to go on, or name another --out"
            )
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file; name another --out")
        self._require_writable()

    def require_run(self, config: Mapping[str, Any]) -> None:
        """Raise ValueError where there is no checkpoint, or one of a run with other settings.

        Args:
            config: what decides what is learned, as in ``Checkpoint``.

        Raises:
            OSError: the folder can't be written.
        """
        before = self.saved.config()
        # A field that was added to onelayer after the run had its default then.
        defaults = {f.name: f.default for f in fields(TrainConfig) if f.name in config}
        for name, value in (defaults | dict(before)).items():
            if config.get(name) != value:
                raise ValueError(
                    f"{self.path} was trained with {name}={value!r}, not {config.get(name)!r}; "
                    "resume with the run's own config.yaml"
                )
        self._require_writable()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from training in the folder; see ``alone_in``."""
        with alone_in(self.path):
            yield

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint; see ``Checkpoints.save``."""
        self.saved.save(checkpoint)

    def last(self) -> Checkpoint:
        """Return the newest undamaged checkpoint; see ``Checkpoints.newest``."""
        return self.saved.newest()

    def write_config(self, config: TrainConfig) -> None:
        """Write ``config.yaml``."""
        written = replace(config, out=str(config.folder), resume=False)
        write_settings(written, self.path / "config.yaml")

    def take_back(self, iteration: int) -> None:
        """Drop what was logged of this iteration and later ones; warn of damaged lines."""
        for log in (self.metrics, self.episodes):
            damaged = keep_records(log, lambda record: record["iteration"] < iteration)
            if damaged:
                logger.warning("%s: damaged lines are left out: %d", log, damaged)

    def set_weights_aside(self) -> None:
        """Rename the weights of a finished run that is now extended.

        Under the old name they would pass for the newest ones until the extended run is finished.
        """
        for path in (self.path / name for name in TRAINED):
            if path.exists():
                number = f"{self.saved.last_iteration:06d}"
                os.replace(path, path.with_name(f"{path.stem}-{number}{path.suffix}"))

    def log(self, metrics: Mapping[str, Any]) -> None:
        """Append one line of metrics.

        Raises:
            OSError: it can't be written.
        """
        _append(self.metrics, [metrics])

    def history(self) -> list[Mapping[str, Any]]:
        """Return the metrics that were logged, without damaged lines."""
        return [record for record in read_records(self.metrics) if record is not None]

    def log_episodes(
        self, iteration: int, episodes: Sequence[Episode], advantages_N: NDArray[Any]
    ) -> None:
        """Append episodes as a reader wants them: texts, rewards, advantages, no tokens.

        Raises:
            OSError: they can't be written.
        """
        lines, start = [], 0
        for episode in episodes:
            values = advantages_N[start : start + len(episode.steps)]
            start += len(episode.steps)
            record = as_record(episode)
            for step, advantage in zip(record["steps"], values, strict=True):
                step["advantage"] = round(float(advantage), 6)
            lines.append({"iteration": iteration, **record})
        _append(self.episodes, lines)
        if iteration and iteration % RECENT == 0:
            keep_records(self.episodes, lambda record: is_kept(record["iteration"], iteration))

    def _require_writable(self) -> None:
        """Raise OSError where nothing can be written, before anything is loaded or played."""
        there = next(p for p in (self.path, *self.path.absolute().parents) if p.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            raise OSError(f"{self.path} cannot be written; name another --out")


def is_kept(iteration: int, now: int) -> bool:
    """Return whether the episodes of an iteration are still kept at iteration ``now``.

    The last 100 iterations are kept. Of the 100 before, every second one is kept; of the 200 before those,
    every fourth; and so on, some 50 for each doubling of age. An iteration that is dropped is never needed
    again later, so a run that was killed and resumed ends with the same file.
    """
    stride = 1
    while now - iteration > RECENT * stride:
        stride *= 2
    return iteration % stride == 0


def _append(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    try:
        append_records(path, lines)
    except OSError as error:
        raise OSError(
            f"{path} cannot be written: {reason(error)}; when it can, go on with --resume"
        ) from error
