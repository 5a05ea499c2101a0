"""What there is to do for a profile: a run to train and to score, several at once, or the base to score."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.evals.suite import Suite
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.profile.task_scores import Evaluation

Tell = Callable[[str, str, Any], None]
"""called with what happened (iteration, episode, trained, failed, scored), to which job, and the details"""


class Stopped(Exception):
    """The work was asked to stop, and is saved."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to train and to score, or one evaluation of the base."""

    name: str
    """of the file of scores"""
    path: Path
    """of the file of scores"""
    suite: Suite
    evaluation: Evaluation
    dev: Suite | None = None
    """the dev tasks, by which choices are made; None: there are none"""
    config: TrainConfig | None = None
    """None for the base"""
    transplant: int | None = None
    """put only this layer of the finished run into the base; None: train the run, and put in all of it"""
    goes_on: bool = False
    """a longer run will go on from this one, so its checkpoints stay"""
    sampling: int = 0
    """0: random numbers of the suite's seed; another number gives others"""
    parallel: int = 32


@dataclass(frozen=True, slots=True)
class Together:
    """Several runs that are trained in one batch, and then scored one after the other."""

    jobs: tuple[Job, ...]

    @property
    def name(self) -> str:
        """Of the first of them."""
        return self.jobs[0].name


@dataclass(frozen=True, slots=True)
class Workshop:
    """What jobs are carried out with."""

    model: PreTrainedModel
    """the base; it is the base again after each job"""
    tokenizer: PreTrainedTokenizerBase
    tell: Tell
    should_stop: Callable[[], bool]
