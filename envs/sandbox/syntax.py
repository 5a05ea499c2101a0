"""Parsing of Python source where several threads do it at once."""

import ast
import threading

_LOCK = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return the tree of ``source``, one thread at a time.

    Python 3.11 and 3.12 keep one recursion counter for the trees of all threads, and raise ``SystemError``
    where two threads parse at once (python/cpython#106905).

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``ast.parse``.
    """
    with _LOCK:
        return ast.parse(source)
