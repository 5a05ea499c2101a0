"""The engine that plays on vLLM servers: an episode stays on one server, new weights go to all of them."""

import logging
import math
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

import numpy as np

from onelayer.agents.calls import in_thread
from onelayer.agents.engine import Ids, Sampled
from onelayer.agents.sampling import Sampling
from onelayer.agents.vllm_server import FIRST_VERSION, VLLMServer, WeightsNotTaken

logger = logging.getLogger(__name__)

_LONGEST_STEP_S = 0.5
"""seconds after which ``step`` returns no reply, so that the caller can attend to the environments"""
_SILENCE_S = 60.0
"""seconds without a reply after which a warning says so"""


class VLLMServers:
    """Servers that hold the same weights.

    Attributes:
        version: the name of the weights that they are to hold.

    Args:
        servers: at least one.
    """

    def __init__(self, servers: Sequence[VLLMServer]):
        self.servers = list(servers)
        self.version = FIRST_VERSION

    @classmethod
    def at(cls, urls: str) -> "VLLMServers":
        """Return the servers at some URLs with commas between them.

        Raises:
            ValueError: one is no URL, or named twice.
        """
        servers = [VLLMServer(url.strip()) for url in urls.split(",") if url.strip()]
        if len({server.url for server in servers}) < len(servers):
            raise ValueError(f"--server names a server twice: {urls}")
        return cls(servers)

    def close(self) -> None:
        """Drop all connections."""
        for server in self.servers:
            server.close()

    def take(self, path: Path, version: str, servers: Sequence[VLLMServer] | None = None) -> None:
        """Let servers play with the weights of a file, from now on; see ``VLLMServer.take``.

        Args:
            path: the file.
            version: what the servers call them.
            servers: those that lost them; None: all.
        """
        self.version = version
        taking = [
            in_thread(server.take, path, version)
            for server in (self.servers if servers is None else servers)
        ]
        for future in taking:
            future.result()

    def that_lost_the_weights(self) -> list[VLLMServer]:
        """Return the servers that hold the weights they were started with, not those they were given.

        Raises:
            WeightsNotTaken: a server holds what another run gave it.
        """
        lost = []
        for server in self.servers:
            held = server.version()
            if held not in (self.version, FIRST_VERSION):
                raise WeightsNotTaken(
                    f"the server at {server.url} holds weights {held!r} instead of {self.version!r}: another "
                    "run uses it; give each run servers of its own, and go on with --resume"
                )
            if held != self.version:
                lost.append(server)
        return lost


class VLLMEngine:
    """Writes replies on servers; an ``Engine``.

    A request that fails is sent again for some minutes. An episode has seeds of its own, but rounding depends
    on what else runs on its server.

    Args:
        servers: the servers; a slot stays on one of them, which has read its earlier turns already.
        context: tokens that a prompt and its reply may have together.
        stop_ids: tokens that end a reply; they belong to it.
        sampling: temperature, top-p, limit.
        number: of the process; the first slots of different processes begin at different servers.
    """

    answers_alone = True

    def __init__(
        self,
        servers: VLLMServers,
        context: int | None,
        stop_ids: Sequence[int],
        sampling: Sampling,
        number: int = 0,
    ):
        self.servers, self.context, self.sampling = servers, context, sampling
        self._stop, self._number = list(stop_ids), number
        self._asked: dict[Future[Sampled], int] = {}
        self._turns: dict[int, tuple[tuple[int, ...], int]] = {}
        """slot: the key of its episode, and how many replies were asked for"""
        self._silent_since = time.monotonic()

    def submit(self, slot: int, prompt_ids: Sequence[int] | Ids, key: Sequence[int]) -> None:
        """Ask for a reply; the request starts at once. See ``Engine``.

        Raises:
            ValueError: the prompt is empty, or the slot's last reply is still awaited.
        """
        if len(prompt_ids) == 0:
            raise ValueError("a prompt needs at least one token")
        if slot in self._asked.values():
            raise ValueError(f"slot {slot} already waits for a reply")
        key, turn = self._turns.get(slot, (tuple(key), 0))
        self._turns[slot] = (key, turn + 1)
        if not self._asked:
            self._silent_since = time.monotonic()
        server = self.servers.servers[(slot + self._number) % len(self.servers.servers)]
        future = in_thread(
            server.write,
            np.asarray(prompt_ids, dtype=np.int64),
            self._stop,
            self.sampling,
            zlib.crc32(",".join(map(str, (*key, turn))).encode()),
            self.servers.version,
        )
        self._asked[future] = slot

    def step(self) -> list[tuple[int, Sampled]]:
        """Wait for the next reply; return those that are there.

        Raises:
            RequestFailed: a server does not answer any more.
        """
        done, _ = wait(self._asked, timeout=_LONGEST_STEP_S, return_when=FIRST_COMPLETED)
        self._warn_of_silence(bool(done) or not self._asked)
        ended = [future for future in self._asked if future in done]
        return [(self._asked.pop(future), future.result()) for future in ended]

    def _warn_of_silence(self, answered: bool) -> None:
        """Warn once when no reply has come for a while: a server out of reach is asked again for minutes."""
        now = time.monotonic()
        if answered:
            self._silent_since = now
        elif now - self._silent_since > _SILENCE_S:
            self._silent_since = math.inf
            logger.warning(
                "no reply has come for %.0f s; servers that cannot be reached are asked for some minutes",
                _SILENCE_S,
            )

    def release(self, slots: Sequence[int]) -> None:
        """End these episodes; nobody waits for a reply that is still written."""
        self._asked = {future: slot for future, slot in self._asked.items() if slot not in slots}
        for slot in slots:
            self._turns.pop(slot, None)

    def forget(self) -> None:
        """End all episodes."""
        self._asked, self._turns = {}, {}
