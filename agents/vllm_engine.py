"""The engine that plays on vLLM servers: each episode on one of them, an update of the weights on all."""

import logging
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
"""after which ``step`` returns with nothing, so that whoever plays can look at the environments"""


class VLLMServers:
    """Servers that hold the same weights.

    Attributes:
        version: what they call the weights that they are to play with.

    Args:
        servers: at least one.
    """

    def __init__(self, servers: Sequence[VLLMServer]):
        self.servers = list(servers)
        self.version = FIRST_VERSION
        self._path: Path | None = None

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

    def take(self, path: Path, version: str) -> None:
        """Let all servers play with the weights of a file; see ``VLLMServer.take``.

        The file has to stay: a server that starts again gets it again.
        """
        self._path, self.version = path, version
        for future in [in_thread(server.take, path, version) for server in self.servers]:
            future.result()

    def hold_the_weights(self) -> bool:
        """Return whether all servers hold the weights that they are to play with."""
        return all(server.version() == self.version for server in self.servers)

    def mend(self) -> None:
        """Give servers that were started again the weights that they are to play with.

        Raises:
            WeightsNotTaken: a server holds what another run gave it.
        """
        for server in self.servers:
            held = server.version()
            if held == self.version:
                continue
            if held != FIRST_VERSION or self._path is None:
                raise WeightsNotTaken(
                    f"the server at {server.url} holds weights {held!r} instead of {self.version!r}: another "
                    "run uses it; give each run servers of its own, and go on with --resume"
                )
            logger.warning(
                "the server at %s was started again: it gets the trained weights again", server.url
            )
            server.take(self._path, self.version)


class VLLMEngine:
    """Writes replies on servers; an ``Engine``.

    A request that fails is sent again for some minutes. An episode is drawn with seeds of its own, but what
    runs beside it on the server decides the last digits of its numbers.

    Args:
        servers: where; a slot keeps its server, which has read its earlier turns already.
        context: tokens that a prompt and its reply may have together.
        stop_ids: tokens that end a reply; they belong to it.
        sampling: temperature, top-p, limit.
        number: of the process, so that the first slots of several begin at different servers.
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
        ended = [future for future in self._asked if future in done]
        return [(self._asked.pop(future), future.result()) for future in ended]

    def release(self, slots: Sequence[int]) -> None:
        """End these episodes; nobody waits for a reply that is still written."""
        self._asked = {future: slot for future, slot in self._asked.items() if slot not in slots}
        for slot in slots:
            self._turns.pop(slot, None)

    def forget(self) -> None:
        """End all episodes."""
        self._asked, self._turns = {}, {}
