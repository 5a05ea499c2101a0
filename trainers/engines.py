"""The engines that a run plays through, and how they get the weights that were learned.

Either the model that learns also plays, with the same tensors; or servers play, and are sent the trained
layers before each rollout. Each way to play is one class.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from accelerate import Accelerator
from transformers import PreTrainedTokenizerBase

from onelayer.agents.decoder import Decoder
from onelayer.agents.devices import episodes_at_once
from onelayer.agents.engine import MakeEngine
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.update import Learner

T = TypeVar("T")


class Engines(Protocol):
    """What a trainer plays through."""

    def at_once(self, episodes: int) -> int:
        """Return how many of the episodes of a rollout run at the same time."""
        ...

    def maker(self, learning: bool) -> MakeEngine:
        """Return a function that makes an engine.

        Args:
            learning: its episodes are learned from; then it may keep the states that the update begins with.
        """
        ...

    def take(self, iteration: int) -> bool:
        """Let the engines play with the weights as they are now; return whether any were sent.

        Args:
            iteration: of the next rollout; the weights of an iteration are sent once.
        """
        ...

    def playing(self, play: Callable[[], T]) -> T:
        """Return what ``play`` returns; every reply in it was written with the weights taken last."""
        ...

    def close(self) -> None:
        """Release what the engines hold, such as connections."""


class InThisProcess:
    """The model that learns plays; its engines share its tensors."""

    def __init__(self, config: TrainConfig, learner: Learner):
        self.config, self.learner = config, learner

    def at_once(self, episodes: int) -> int:
        """See ``episodes_at_once``."""
        config = self.config
        return episodes_at_once(
            self.learner.model, episodes, config.response_limit, config.parallel
        )

    def maker(self, learning: bool) -> MakeEngine:
        """See ``Engines``."""
        states = self.learner.captured if learning else None
        return partial(Decoder, self.learner.model, states=states)

    def take(self, iteration: int) -> bool:
        """See ``Engines``."""
        return False

    def playing(self, play: Callable[[], T]) -> T:
        """See ``Engines``."""
        return play()

    def close(self) -> None:
        """See ``Engines``."""


def engines_of(
    config: TrainConfig,
    learner: Learner,
    tokenizer: PreTrainedTokenizerBase,
    accelerator: Accelerator,
) -> Engines:
    """Return the engines that the configuration names, checked.

    Raises:
        ValueError: servers cannot play for this run; see ``OnServers``.
    """
    if config.engine == "vllm":
        from onelayer.trainers.servers import OnServers

        return OnServers(config, learner, tokenizer, accelerator)
    return InThisProcess(config, learner)
