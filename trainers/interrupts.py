"""Ctrl-C at a moment when it can be obeyed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Hold a Ctrl-C back until the block is over, then let it do what it would have done.

    That is, raise ``KeyboardInterrupt``, unless the program ignores Ctrl-C, as one in the background does, or
    answers it in its own way. Outside the main thread, which alone receives signals, the block just runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def remember(_: int, __: FrameType | None) -> None:
        nonlocal came
        came = True

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)
