"""The tests' side of a judged run: executes test code in a sandbox of its own.

The program is in another process; here its functions and objects are handles. No code of the program ever
runs here, so the trainer can believe what this process reports. An exception of the program is an ordinary
failure of the call that raised it, see ``bench``.
"""

import builtins
import os
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from onelayer.envs.sandbox import frames
from onelayer.envs.sandbox.bench import Bench, ProgramGone
from onelayer.envs.sandbox.bound_names import bind_names, rebind_names
from onelayer.envs.sandbox.execution import CHANNEL_FD, PEER_FD, describe, execute, new_module
from onelayer.envs.sandbox.handles import TESTS_FILE, HandleType, mark_as_named
from onelayer.envs.sandbox.loops import guard_loops
from onelayer.envs.sandbox.vacuous import refuse_empty_arrays

DEEP = 10_000
"""Python frames; values may be nested a few thousand levels deep"""


def judge(task: Mapping[str, Any]) -> int:
    """Run the pieces of a test in order and report each case; see ``test_kinds.plan``."""
    sys.setrecursionlimit(DEEP)
    bench = Bench()
    namespace = new_module("__main__")
    namespace["__builtins__"] = builtins
    try:
        offered = bench.names()
        found = {n: bench.decode(offered[n], made=True) for n in task["names"] if n in offered}
        for name, value in found.items():
            if isinstance(value, HandleType) and name[:1].isupper():
                mark_as_named(value)
        bind_names(namespace, found, task)
        refuse_empty_arrays()
        guard_loops()
        sys.argv = ["tests"]
        for piece in task["pieces"]:
            _run_piece(piece, namespace, bench)
            if piece["case"] is None:
                rebind_names(namespace, found, task)
            if bench.gone:
                break
    except ProgramGone:
        pass
    # The bench remembers it: tests with a bare "except" may have swallowed the exception.
    frames.send(CHANNEL_FD, {"gone": bench.gone} if bench.gone else {"done": True})
    return 0


def judge_many(task: Mapping[str, Any]) -> int:
    """Judge as ``judge`` does, then wait for the next task; only for ``stateless`` tests.

    Each task comes with a connection to another program. The process ends when the trainer hangs up.
    """
    channel = socket.socket(fileno=os.dup(CHANNEL_FD))
    while True:
        judge(task)
        os.close(PEER_FD)
        task = {}
        data, fds, _, _ = socket.recv_fds(channel, 1, 1)
        if not data or len(fds) != 1:
            return 0
        if fds[0] != PEER_FD:
            os.dup2(fds[0], PEER_FD)
            os.close(fds[0])
        frames.forget(PEER_FD)
        task = frames.receive(CHANNEL_FD)


def _run_piece(piece: Mapping[str, Any], namespace: dict[str, Any], bench: Bench) -> None:
    case = piece["case"]
    status, detail = "passed", ""
    try:
        execute(piece["source"], namespace, TESTS_FILE)
        if case is None:
            bench.borrowed.share(namespace)
    except AssertionError as error:
        status, detail = "failed", _failing_line(error)
    except SystemExit as error:
        if not _is_success_of_unittest(error):
            status, detail = "failed", "the tests ended before their end, with an exit"
    except MemoryError:
        status, detail = "memory", "out of memory"
    except ProgramGone:
        return
    except BaseException as error:
        status, detail = "error", f"{_failing_line(error)}\n{describe(error)}"
    if bench.gone:
        return
    if case is not None:
        frames.send(CHANNEL_FD, {"case": case, "status": status, "detail": detail[:2000]})
    elif status != "passed":
        frames.send(CHANNEL_FD, {"case": 0, "status": status, "detail": detail[:2000]})


def _is_success_of_unittest(error: SystemExit) -> bool:
    """Return whether this exit is that of ``unittest.main()`` with all tests passed; no other exit passes."""
    frames_below = traceback.extract_tb(error.__traceback__)
    by_unittest = frames_below[-1].filename == getattr(
        sys.modules.get("unittest.main"), "__file__", None
    )
    return by_unittest and not error.code


def _failing_line(error: BaseException) -> str:
    """Return the line at which the tests stopped, and the message of the assert."""
    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == TESTS_FILE and frame.line
    ]
    text = describe(error).partition(": ")[2] if isinstance(error, AssertionError) else ""
    return "\n".join([*lines[-1:], *([text] if text else [])])
