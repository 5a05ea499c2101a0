"""Running source text in a process of its own, and saying what it raised."""

import builtins
import contextlib
import linecache
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any

from onelayer.envs.sandbox import surroundings

CHANNEL_FD, PEER_FD = 3, 4
"""open files of a run: to the trainer, and to the other side of a judged run"""
PROGRAM_FILE = "<program>"

EXIT_ERROR, EXIT_MEMORY, EXIT_LOCKDOWN = 1, 97, 98

# Bound early: a program may replace it.
_print_exception = traceback.print_exception


def new_module(name: str) -> dict[str, Any]:
    """Return the namespace of a new module; pickle and dataclasses need it to be in ``sys.modules``."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    module.__dict__["__builtins__"] = builtins
    return module.__dict__


def execute(source: str, namespace: dict[str, Any], file: str = PROGRAM_FILE) -> None:
    """Run source text, showing its lines in tracebacks."""
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    if file == PROGRAM_FILE:
        surroundings.prepare(source, namespace)
    exec(compile(source, file, "exec", dont_inherit=True), namespace)


def find_function(namespace: Mapping[str, Any], name: str) -> Callable[..., Any]:
    """Return the function of a name: ``f``, ``Class.method``, or a method of ``Solution``.

    Raises:
        NameError: the program does not define it.
    """
    first, *rest = name.split(".")
    if first in namespace:
        found = namespace[first]
        for attribute in rest:
            found = getattr(found() if isinstance(found, type) else found, attribute)
        return found  # type: ignore[no-any-return]
    solution = namespace.get("Solution")
    if solution is not None and not rest and hasattr(solution, first):
        return getattr(solution(), first)  # type: ignore[no-any-return]
    raise NameError(f"the program does not define {name!r}")


def describe(error: BaseException) -> str:
    """Return the type and the message of an exception that a program may have made."""
    try:
        text = str(error)[:500]
    except BaseException:
        text = "?"
    try:
        return f"{type(error).__name__}: {text}"[:500]
    except BaseException:  # its metaclass may define __name__
        return f"an exception: {text}"[:500]


def exit_code(error: SystemExit) -> int:
    """Return the exit code that an interpreter would have: 0, or ``EXIT_ERROR`` and the message printed."""
    code = error.code
    if code is None or (isinstance(code, int) and int.__and__(code, 0xFF) == 0):
        return 0
    if not isinstance(code, int):
        with contextlib.suppress(BaseException):
            print(code, file=sys.stderr)
    return EXIT_ERROR


def report(error: BaseException) -> int:
    """Print a traceback that begins in the program; return the exit code."""
    trace = error.__traceback__
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename != PROGRAM_FILE:
        first = first.tb_next
    with contextlib.suppress(BaseException):
        _print_exception(type(error), error, first or None, file=sys.stderr)
        sys.stderr.flush()
    return EXIT_MEMORY if isinstance(error, MemoryError) else EXIT_ERROR
