"""Replaces what a program expects and the jail lacks.

There is no ``/proc``, so ``/dev/stdin`` leads nowhere. The address space is limited, so a thread's stack
can't be as large as programs with deep recursion ask for. And the program is in no file.
"""

import builtins
import io
import os
import threading
from typing import Any

STREAMS = {
    **{f"/dev/{name}": fd for fd, name in enumerate(("stdin", "stdout", "stderr"))},
    **{f"{folder}/{fd}": fd for folder in ("/dev/fd", "/proc/self/fd") for fd in range(3)},
}
LARGEST_STACK = 256 << 20
"""bytes; Python's own recursion needs none of it"""

_open, _stack_size, _dup = io.open, threading.stack_size, os.dup


def prepare(source: str, namespace: dict[str, Any]) -> None:
    """Provide what the text of a program mentions, before it runs.

    Args:
        source: the program.
        namespace: the namespace of its module.
    """
    if "/dev/" in source or "/fd/" in source:
        builtins.open = io.open = _open_stream
    if "stack_size" in source:
        threading.stack_size = _bounded_stack_size
    if "__file__" in source:
        namespace["__file__"] = os.path.join(os.getcwd(), "program.py")
        with _open(namespace["__file__"], "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(source)


def _open_stream(file: Any, mode: str = "r", *arguments: Any, **keywords: Any) -> Any:
    """Open a file; for the name of a standard stream, return that stream, which is open already."""
    name = os.fspath(file) if isinstance(file, os.PathLike) else file
    if isinstance(name, str) and name in STREAMS:
        file = _dup(STREAMS[name])
    return _open(file, mode, *arguments, **keywords)


def _bounded_stack_size(size: int = 0) -> int:
    """Like ``threading.stack_size``, but no larger than the address space allows."""
    return _stack_size(min(size, LARGEST_STACK))
