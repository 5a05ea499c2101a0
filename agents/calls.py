"""Calls that may never return: with a time limit, and many at once.

They run in daemon threads. A thread of ``concurrent.futures`` that hangs would hold up Ctrl-C and the end of
the program; a daemon thread does not.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class TookTooLong(TimeoutError):
    """A call did not come back within its time."""


def limited(call: Callable[[], T], seconds: float | None) -> T:
    """Return what ``call()`` returns, or raise what it raises.

    Raises:
        TookTooLong: it takes longer; its thread is left to itself.
    """
    if seconds is None:
        return call()
    future = in_thread(call)
    if not _ended(future, seconds):
        raise TookTooLong(f"no answer within {seconds:g} s")
    return future.result()


def in_thread(call: Callable[..., T], *args: Any) -> "Future[T]":
    """Start ``call(*args)`` in a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = call(*args)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, daemon=True).start()
    return future


def _ended(future: "Future[Any]", seconds: float) -> bool:
    """Wait for a call; return whether it came to its end in time."""
    over = threading.Event()
    future.add_done_callback(lambda _: over.set())
    return over.wait(seconds)
