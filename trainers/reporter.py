"""Who is told what of a run while it goes on: its folder's logs, warnings, a tracker, and the caller."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from accelerate import Accelerator
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode
from onelayer.trainers.alarms import alarms
from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.first_signs import first_signs
from onelayer.trainers.processes import FirstProcessLogger
from onelayer.trainers.rising import Rising
from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.trackers import Trackers

logger = FirstProcessLogger(logging.getLogger(__name__))

Shown = tuple[Sequence[Episode], NDArray[Any]]
"""episodes to look at, and the advantage of each of their steps"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an iteration is: ``done`` of ``total`` episodes of a phase are over."""

    iteration: int
    phase: str
    """`play`, `play again`, `evaluate`, or `learn`, which has no episodes"""
    done: int = 0
    total: int = 0


class Reporter:
    """Tells of a run; with several processes only the first does.

    Args:
        config: the run.
        folder: where its logs are.
        accelerator: the run's, made with ``log_with``.
        unknown_id: the id of words that the tokenizer does not know; None: it knows all.
        on_iteration: called with each iteration's metrics.
        on_progress: called when a phase begins, and with each of its episodes that ends.
    """

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        accelerator: Accelerator,
        unknown_id: int | None,
        on_iteration: Callable[[Mapping[str, Any]], None] | None,
        on_progress: Callable[[Progress], None] | None,
    ):
        self.config, self.folder, self.accelerator = config, folder, accelerator
        self.unknown_id = unknown_id
        self.on_iteration, self.on_progress = on_iteration, on_progress
        self.trackers = Trackers(accelerator, config.log_with, config.folder.name)
        self._rising = Rising()

    def begin(self) -> None:
        """Write the run's configuration; if the run is resumed, read what it has logged."""
        if self.accelerator.is_main_process:
            for metrics in self.folder.history() if self.config.resume else ():
                self._rising.add(metrics)
            self.folder.write_config(self.config)
        self.trackers.begin(asdict(self.config))

    def phase(self, iteration: int, name: str, total: int) -> Callable[[Episode], None] | None:
        """Tell that a phase begins; return a function to call with each of its episodes, or None."""
        tell, done = self.on_progress, count(1)
        if tell is None or not self.accelerator.is_main_process:
            return None
        tell(Progress(iteration, name, 0, total))
        return lambda _: tell(Progress(iteration, name, next(done), total))

    def warn_of_first(self, episodes: Sequence[Episode]) -> None:
        """Warn where the first iteration's episodes say that the run will hardly learn."""
        if self.accelerator.is_main_process:
            for sign in first_signs(episodes, self.unknown_id, self.config.response_limit):
                logger.warning("%s", sign)

    def log(self, metrics: Mapping[str, Any], shown: Shown | None = None) -> None:
        """Warn of what looks wrong, and write to the folder's logs.

        Raises:
            Diverged: a number is not finite; it is not logged.
            OSError: nothing can be written.
        """
        if shown is not None and self.accelerator.is_main_process:
            self.folder.log_episodes(metrics["iteration"], *shown)
        for sentence in alarms(metrics, self.config):
            logger.warning("%s", sentence)
        for sentence in self._rising.add(metrics):
            logger.warning("iteration %d: %s", metrics["iteration"], sentence)
        numbers = {name: value for name, value in metrics.items() if isinstance(value, float)}
        bad = [f"{name} is {value}" for name, value in numbers.items() if not math.isfinite(value)]
        if bad:
            raise Diverged(", ".join(bad))
        if self.accelerator.is_main_process:
            self.folder.log(metrics)

    def tell(self, metrics: Mapping[str, Any], shown: Shown | None = None) -> None:
        """Tell others of what is in the log already; a tracker that cannot be reached stops no run."""
        if shown is not None and metrics["iteration"] % self.config.checkpoint_every == 0:
            self.trackers.log_episodes(metrics["iteration"], *shown)
        self.trackers.log(metrics)
        if self.accelerator.is_main_process and self.on_iteration is not None:
            self.on_iteration(metrics)
