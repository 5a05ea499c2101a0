"""Noticing a process of a run that is alive but hangs.

A process that dies breaks its connections, and the others end at once. One that was stopped, or hangs inside
a library, would leave them waiting for half an hour. So every process says every few seconds that it lives,
from a thread of its own, and ends where another has been silent for too long.

A process whose environment hangs in a call that releases the GIL is alive by this measure. It looks like a
slow one: the others say whom they wait for, and ``--step-timeout`` ends the step.
"""

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from accelerate import Accelerator
from torch.distributed import DistError, TCPStore  # type: ignore[attr-defined]

from onelayer.trainers.processes import everyones

logger = logging.getLogger(__name__)

EVERY = 3.0
"""seconds between two signs of life"""
SILENCE = 45.0
"""seconds of silence after which a process counts as hung"""
PATIENCE = 60.0
"""seconds of waiting for another process after which a warning says so"""


class Heartbeat:
    """The signs of life of the processes of a run.

    Attributes:
        doing: what this process does, which the others may have to wait for: ``rollout``, ``waiting``, ...
    """

    def __init__(self, accelerator: Accelerator):
        self._accelerator = accelerator
        self._number, self._count = accelerator.process_index, accelerator.num_processes
        self._ended = threading.Event()
        self._heard: dict[int, tuple[bytes, float]] = {}
        """what each process said last, and when that was new"""
        self.doing = ""

    @contextmanager
    def beating(self, last_words: Callable[[], None]) -> Iterator[None]:
        """Give signs of life in the block; all processes enter it together.

        Args:
            last_words: called before this process ends because another is silent.
        """
        if self._count == 1:
            yield
            return
        self._heard = dict.fromkeys(range(self._count), (b"", time.monotonic()))
        store = self._store()
        for work in (partial(self._beat, store), partial(self._watch, last_words)):
            threading.Thread(target=work, daemon=True).start()
        try:
            yield
        finally:
            self._ended.set()

    def _store(self) -> TCPStore:
        """Return a store that the first process keeps, and all can reach."""
        host = os.environ.get("MASTER_ADDR", socket.gethostname())
        patience = timedelta(seconds=SILENCE)
        if self._number == 0:
            kept = TCPStore(host, 0, None, True, patience, wait_for_workers=False)
            everyones(self._accelerator, [kept.port])
            return kept
        port = everyones(self._accelerator, [0])[0]
        return TCPStore(host, port, None, False, patience, wait_for_workers=False)

    def _beat(self, store: TCPStore) -> None:
        """Say that this process lives, and hear of the others.

        If the process that keeps the store was stopped, calls to the store block: then nothing is heard, not
        even of oneself.
        """
        while not self._ended.wait(EVERY):
            try:
                store.set(str(self._number), f"{time.monotonic()} {self.doing}")
                for number, (before, _) in self._heard.items():
                    said = store.get(str(number)) if store.check([str(number)]) else b""
                    if said != before:
                        self._heard[number] = (said, time.monotonic())
            except (DistError, RuntimeError):
                self._ended.set()  # the first process is gone, which ends the others anyway

    def _watch(self, last_words: Callable[[], None]) -> None:
        """End the process if another is silent; warn if it has waited for another for long."""
        doing, since, before = self.doing, time.monotonic(), time.monotonic()
        while not self._ended.wait(EVERY):
            now = time.monotonic()
            if now - before > EVERY + SILENCE / 2:  # this process itself was stopped
                self._heard.update({k: (said, now) for k, (said, _) in self._heard.items()})
            before = now
            silent = [k for k, (_, last) in self._heard.items() if now - last > SILENCE]
            if silent:
                self._end(0 if self._number in silent else silent[0], last_words)
            if self.doing != doing:
                doing, since = self.doing, now
            if doing == "waiting" and now - since > PATIENCE:
                since = math.inf  # once is enough
                self._tell_of_waiting()

    def _tell_of_waiting(self) -> None:
        slow = [str(k) for k, (said, _) in self._heard.items() if said.endswith(b" rollout")]
        if slow:
            logger.warning(
                "process %d has waited %.0f seconds for process %s, which still plays; where an environment "
                "hangs, --step-timeout ends its step",
                self._number,
                PATIENCE,
                ", ".join(slow),
            )

    def _end(self, silent: int, last_words: Callable[[], None]) -> None:
        """End the process from its thread: the main one waits inside the network."""
        logger.error(
            "process %d of %d has heard nothing of process %d for %.0f seconds: it hangs or was stopped. "
            "The run ends here; go on from its last checkpoint with --resume",
            self._number,
            self._count,
            silent,
            SILENCE,
        )
        try:
            last_words()
        finally:
            os._exit(1)
