"""Calls of environments, directly or in threads, and when a rollout takes up their answers."""

from collections import deque
from collections.abc import Callable, Iterator, Set
from concurrent.futures import FIRST_COMPLETED, Future, wait
from threading import Semaphore

from onelayer.agents.boundary import Answer, Failure, View
from onelayer.agents.calls import in_thread

WAITING_STEPS = 32
"""how many environments that wait for other processes (``TextEnv.waits``) are reset or stepped at once"""
_TAKEN_UP_AFTER = 32
"""in a reproducible rollout, an answer is taken up this many steps of the agent after the call"""

Result = View | Answer | Failure
"""of a reset or a step"""


class EnvCalls:
    """Calls to environments, each for the slot of an episode, and the answers to take up.

    Args:
        in_threads: call each environment in a thread, since it waits for other processes.
        reproducible: take up an answer a fixed number of the agent's steps after the call.
    """

    def __init__(self, in_threads: bool, reproducible: bool):
        self._in_threads, self._reproducible = in_threads, reproducible
        self._ready: deque[tuple[int, Result]] = deque()
        self._waiting: deque[tuple[int, int, Future[Result]]] = deque()
        """calls in threads, oldest first: the tick at which to take each one up, its slot, its result"""
        self._ticks = 0
        self._gate = Semaphore(WAITING_STEPS)

    def ask(self, slot: int, call: Callable[[], Result]) -> None:
        """Call a slot's environment."""
        if self._in_threads:
            future = in_thread(self._gated, call)
            self._waiting.append((self._ticks + _TAKEN_UP_AFTER, slot, future))
        else:
            self._ready.append((slot, call()))

    def put(self, slot: int, result: Result) -> None:
        """Answer instead of the environment."""
        self._ready.append((slot, result))

    def tick(self) -> None:
        """Count a step of the agent."""
        self._ticks += 1

    def take(self, thinking: Set[int]) -> Iterator[tuple[int, Result]]:
        """Yield the answers to take up now, with their slots; wait for one if no slot awaits an action.

        Args:
            thinking: the slots that await an action; may change while the answers are yielded.
        """
        while self._ready:
            yield self._ready.popleft()
        idle = not thinking
        if self._reproducible:
            while self._waiting and (idle or self._waiting[0][0] <= self._ticks):
                _, slot, future = self._waiting.popleft()
                yield slot, future.result()
            return
        if idle and self._waiting:
            wait([future for _, _, future in self._waiting], return_when=FIRST_COMPLETED)
        done = [entry for entry in self._waiting if entry[2].done()]
        for entry in done:
            self._waiting.remove(entry)
            yield entry[1], entry[2].result()

    def _gated(self, call: Callable[[], Result]) -> Result:
        with self._gate:
            return call()
