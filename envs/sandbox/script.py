"""A whole program that reads standard input and prints: run as an interpreter would run a file."""

import atexit
import gc
import io
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

from onelayer.envs.sandbox.execution import CHANNEL_FD, execute, exit_code, new_module, report


def run_script(task: Mapping[str, Any]) -> int:
    """Run the program to its end and return its exit code."""
    os.close(CHANNEL_FD)
    _reopen("stdout", 1)
    _reopen("stderr", 2)
    namespace = new_module("__main__")
    code = 0
    try:
        execute(task["code"], namespace)
    except SystemExit as error:
        code = exit_code(error)
    except BaseException as error:
        code = report(error)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    code = _flush() or code
    _finalise(namespace)
    return _flush() or code


def _reopen(name: str, fd: int) -> None:
    """Open a stream again: the server's own object assumes that its file is seekable."""
    old = getattr(sys, name)
    raw = io.FileIO(fd, "w", closefd=False)
    raw.name = f"<{name}>"
    stream = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=old.encoding,
        errors=old.errors,
        newline="\n",
        line_buffering=old.line_buffering,
    )
    stream.mode = "w"  # type: ignore[misc]
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _flush() -> int:
    """Flush what was printed, unless the program replaced the stream; return an exit code."""
    try:
        out = sys.stdout
        if out is None or out.closed:
            return 0
        out.flush()
    except AttributeError:  # the program deleted or replaced the stream
        return 0
    except BaseException as error:
        return report(error)
    return 0


def _finalise(namespace: dict[str, Any]) -> None:
    """Release the program's objects as an interpreter does at its end, because some print in ``__del__``."""
    for name in list(namespace):
        if name != "__builtins__":
            namespace[name] = None
    gc.collect()
