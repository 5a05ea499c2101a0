"""Stopping a run by Ctrl-C or another signal, at moments where it can be saved.

SIGTERM (``kill``, a batch system, a container that is shut down) and SIGHUP (a closed terminal) act like
Ctrl-C: they raise a ``KeyboardInterrupt``, and the run is saved. A signal that the program ignores stays
ignored, such as SIGHUP under ``nohup``.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupted(KeyboardInterrupt):
    """A signal asked to stop.

    Attributes:
        number: of the signal; the program's exit status is 128 more.
    """

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise ``Interrupted`` in the block, as Ctrl-C raises ``KeyboardInterrupt``."""
    with answered_by(_interrupt):
        yield


class StopRequests:
    """Stops all processes of a run at the same place as soon as one of them is told to stop.

    If one process stopped alone, the others would wait for it for ever.

    Args:
        highest: a function that all processes call together; it returns the highest of their numbers.
    """

    def __init__(self, highest: Callable[[int], int]):
        self._highest = highest
        self._number = 0
        self._at_once = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Note signals in the block instead of ending the process; a second Ctrl-C does not wait."""
        with answered_by(self._answer):
            yield

    def at_once(self, work: Callable[[], T], instead: T) -> T:
        """Return the result of ``work``, or ``instead`` if a signal ends it; call ``obey`` afterwards.

        ``work`` must not wait for other processes.
        """
        try:
            self._at_once = True
            return instead if self._number else work()
        except KeyboardInterrupt:
            self._number = self._number or signal.SIGINT
            return instead
        finally:
            self._at_once = False

    def obey(self) -> None:
        """Raise ``Interrupted`` in all processes if one of them was told to stop."""
        number = self._highest(self._number)
        if number:
            raise Interrupted(number)

    def _answer(self, number: int, _: FrameType | None) -> None:
        again = self._number == number == signal.SIGINT
        self._number = number
        if self._at_once or again:
            raise Interrupted(number)


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Hold back signals to stop until the block is over; then the first has its usual effect.

    It raises ``KeyboardInterrupt``, unless the program ignores Ctrl-C (as in the background) or handles it in
    its own way. Only the main thread receives signals, so in other threads the block just runs.
    """
    came: list[int] = []
    with answered_by(lambda number, _: came.append(number), handled_too=True):
        yield
    if came:
        signal.raise_signal(came[0])


@contextmanager
def answered_by(
    answer: Callable[[int, FrameType | None], None], *, handled_too: bool = False
) -> Iterator[None]:
    """Let ``answer`` handle the signals that stop a run while the block runs.

    Only the main thread receives signals, so in other threads the block just runs. Signals that the program
    ignores or handles in its own way stay so, unless ``handled_too``.
    """
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                before = signal.getsignal(number)
                untouched = before in (signal.SIG_DFL, signal.default_int_handler, _interrupt)
                # None: a handler that is not Python's, which could not be put back
                if untouched or (handled_too and before is not None):
                    signal.signal(number, answer)
                    stack.callback(signal.signal, number, before)
        yield


def _interrupt(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)
