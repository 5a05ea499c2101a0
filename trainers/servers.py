"""Playing on vLLM servers, which get the learned weights before every rollout.

Only the first process of a run sends weights; all of them play.
"""

import logging
import uuid
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from accelerate import Accelerator
from transformers import PreTrainedTokenizerBase

from onelayer.agents.engine import MakeEngine
from onelayer.agents.vllm_engine import VLLMEngine, VLLMServers
from onelayer.agents.vllm_server import WeightsNotTaken
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.processes import everyones, largest, wait_for_all
from onelayer.trainers.server_check import require_ours, require_same_numbers
from onelayer.trainers.server_weights import Sender
from onelayer.trainers.update import Learner

logger = logging.getLogger(__name__)

T = TypeVar("T")

_TRIES = 3
"""how often a rollout is played, at most, where a server restarts during each"""


class OnServers:
    """Servers play; see ``Engines``.

    Raises:
        ValueError: a server cannot be reached, lacks our extension, or has another model, dtype or tokenizer;
            nothing was played, and the message says what to start.
    """

    def __init__(
        self,
        config: TrainConfig,
        learner: Learner,
        tokenizer: PreTrainedTokenizerBase,
        accelerator: Accelerator,
    ):
        self.config, self.learner, self.accelerator = config, learner, accelerator
        self.servers = VLLMServers.at(config.server)
        self._run = everyones(accelerator, [uuid.uuid4().hex[:8]])[0]
        described = [server.describe() for server in self.servers.servers]
        for server, served in zip(self.servers.servers, described, strict=True):
            require_ours(server, served, config, learner.model, tokenizer)
        self.context = min(served.context for served in described)
        self.sender = Sender(self.servers, config, learner, self._run)
        if accelerator.is_main_process:
            require_same_numbers(self.sender, self.context)
        wait_for_all(accelerator)

    def at_once(self, episodes: int) -> int:
        """Return ``config.parallel``, or all: the servers make room for them, or let them wait."""
        return min(self.config.parallel or episodes, episodes)

    def maker(self, learning: bool) -> MakeEngine:
        """Return a function that makes an engine; no states are kept, since the servers have them."""
        number = self.accelerator.process_index
        return partial(VLLMEngine, self.servers, self.context, number=number)

    def take(self, iteration: int) -> bool:
        """Send the weights that learn to all servers, once for an iteration.

        Raises:
            WeightsNotTaken: a server did not take it.
            OSError: the file cannot be written.
        """
        version = f"{self._run}-{iteration}"
        if self.servers.version == version:
            return False
        if self.accelerator.is_main_process:
            self.sender.send(self.sender.learned(), version)
        self.servers.version = version
        wait_for_all(self.accelerator)
        return True

    def playing(self, play: Callable[[], T]) -> T:
        """Play with the right weights; play again if a server restarted meanwhile.

        Raises:
            WeightsNotTaken: a server holds the weights of another run, or restarted too often.
        """
        for _ in range(_TRIES):
            if self.accelerator.is_main_process:
                self._mend()
            wait_for_all(self.accelerator)
            played = play()
            lost = bool(self.servers.that_lost_the_weights())
            if not largest(self.accelerator, float(lost)):
                return played
            logger.warning(
                "a server was started again while it played, and wrote with the weights of its start: "
                "all is played again"
            )
        raise WeightsNotTaken(
            f"servers were started again in {_TRIES} rollouts running; see their own messages, and go on "
            "with --resume"
        )

    def close(self) -> None:
        """Drop the connections."""
        self.servers.close()

    def _mend(self) -> None:
        """Give servers that restarted the weights that they are to play with."""
        if lost := self.servers.that_lost_the_weights():
            for server in lost:
                logger.warning(
                    "the server at %s was started again: it gets the trained weights again",
                    server.url,
                )
            self.sender.send(self.sender.learned(), self.servers.version, lost)
