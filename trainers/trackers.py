"""Telling others of a run: tensorboard, wandb or trackio. Whatever goes wrong there, the run goes on."""

import importlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from accelerate import Accelerator
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode

logger = logging.getLogger(__name__)

COLUMNS = ("task", "step", "observation", "reply", "reward", "advantage", "success")
EPISODES = "episodes"
"""what a tracker calls the table of sample episodes"""

_LONGEST = 2000
"""characters of a text in a table; the whole is in the run's ``episodes.jsonl``"""


class Trackers:
    """The trackers of a run, which the first process tells for all.

    Args:
        accelerator: made with ``log_with``.
        name: of the tracker; empty for none.
        run: what it calls the run.
    """

    def __init__(self, accelerator: Accelerator, name: str, run: str):
        self._accelerator, self.name, self.run = accelerator, name, run

    def begin(self, config: Mapping[str, Any]) -> None:
        """Tell of the run's configuration."""
        if self.name:
            with warned(f"{self.name} did not start, and is told nothing"):
                options = {
                    "wandb": {"name": self.run},
                    "trackio": {"name": self.run, "resume": "allow"},
                }
                self._accelerator.init_trackers("onelayer", dict(config), options)

    def log(self, metrics: Mapping[str, Any]) -> None:
        """Tell an iteration's metrics."""
        if self._accelerator.trackers:
            with warned(f"{self.name} did not take iteration {metrics['iteration']}"):
                self._accelerator.log(dict(metrics), step=metrics["iteration"])

    def log_episodes(
        self, iteration: int, episodes: Sequence[Episode], advantages_N: NDArray[Any]
    ) -> None:
        """Tell some episodes, with the advantage of each of their steps, where the tracker has tables."""
        if not self._accelerator.trackers or self.name not in ("wandb", "trackio"):
            return
        with warned(f"{self.name} did not take the episodes of iteration {iteration}"):
            kind = importlib.import_module(self.name).Table
            table = kind(columns=list(COLUMNS), data=_rows(episodes, advantages_N))
            self._accelerator.log({EPISODES: table}, step=iteration)

    def finish(self) -> None:
        """Let them send what they have kept."""
        for tracker in self._accelerator.trackers:
            with warned("a tracker did not finish"):
                tracker.finish()


@contextmanager
def warned(what: str) -> Iterator[None]:
    """Say what went wrong in the block, and go on."""
    try:
        yield
    except Exception as error:
        logger.warning("%s: %r", what, error)


def _rows(episodes: Sequence[Episode], advantages_N: NDArray[Any]) -> list[list[Any]]:
    steps = [(episode, n, step) for episode in episodes for n, step in enumerate(episode.steps)]
    return [
        [
            episode.task,
            n,
            _shortened(step.observation),
            _shortened(step.reply),
            float(step.reward),
            round(float(advantage), 6),
            bool(episode.success),
        ]
        for (episode, n, step), advantage in zip(steps, advantages_N, strict=True)
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
