"""One run: locked up first, then given the program, and only then at anybody's mercy."""

import atexit
import builtins
import contextlib
import gc
import io
import json
import linecache
import os
import signal
import socket
import stat
import sys
import threading
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any

from onelayer.envs.sandbox import frames, surroundings
from onelayer.envs.sandbox.codec import CodecError, decode, encode
from onelayer.envs.sandbox.confinement import Enclosure, begin, confine, is_crowded

CHANNEL_FD, PEER_FD = 3, 4
PROGRAM_FILE = "<program>"

EXIT_ERROR, EXIT_MEMORY, EXIT_LOCKDOWN = 1, 97, 98

# Bound now: a program may replace os._exit, and must not get back into the server's code.
_exit = os._exit
_print_exception = traceback.print_exception


def main(enclosure: Enclosure, door: socket.socket) -> None:
    """Be a run; does not return.

    Args:
        enclosure: what the server prepared.
        door: brings the request: ``limits``, and as open files the channel, standard input, output and
            error, and perhaps the peer's socket.
    """
    channel, numbers = CHANNEL_FD, (CHANNEL_FD, 0, 1, 2, PEER_FD)
    failure: Exception | None = None
    try:
        pid = _outside_pid(enclosure)
        begin(enclosure)
    except Exception as error:
        failure = error
    try:
        data, fds, _, _ = socket.recv_fds(door, 1 << 16, 8)
        if not data:
            _exit(0)  # the server is gone
        channel = fds[0]
        if failure is not None:
            raise failure
        confine(enclosure, json.loads(data)["limits"], dict(zip(fds, numbers, strict=False)))
    except BaseException as error:
        with contextlib.suppress(BaseException):  # the number of the channel may be either
            what = f"{type(error).__name__}: {error}"
            frames.send(_open_socket(channel), {"failed": what, "crowded": is_crowded(error)})
        _exit(EXIT_LOCKDOWN)
    code = EXIT_ERROR
    try:
        frames.send(CHANNEL_FD, {"up": pid})  # from here on every failure is the program's
        task = frames.receive(CHANNEL_FD)
        code = _TASKS[task["task"]](task)
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException as error:
        code = _report(error)
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        _exit(code)


def _outside_pid(enclosure: Enclosure) -> int:
    """Return the pid of this process as the trainer sees it."""
    if enclosure.level == "full":
        return int(os.readlink("self", dir_fd=enclosure.proc_fd))
    return os.getpid()


def _open_socket(fd: int) -> int:
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            return fd
    return CHANNEL_FD


def new_module(name: str) -> dict[str, Any]:
    """Return the namespace of a new module, known by its name as pickle and dataclasses want it."""
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


def _run_script(task: Mapping[str, Any]) -> int:
    """The whole program, reading standard input: exits as an interpreter would."""
    os.close(CHANNEL_FD)
    _reopen("stdout", 1)
    _reopen("stderr", 2)
    namespace = new_module("__main__")
    code = 0
    try:
        execute(task["code"], namespace)
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException as error:
        code = _report(error)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    code = _flush() or code
    _finalise(namespace)
    return _flush() or code


def _reopen(name: str, fd: int) -> None:
    """Open a stream anew: that of the server believes that it may seek, as where it was opened."""
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
    """Write out what was printed, where the program left the stream in place; return an exit code."""
    try:
        out = sys.stdout
        if out is None or out.closed:
            return 0
        out.flush()
    except AttributeError:  # taken away, or put another object in its place
        return 0
    except BaseException as error:
        return _report(error)
    return 0


def _finalise(namespace: dict[str, Any]) -> None:
    """Let go of the program's objects as an interpreter does that ends: some have last words."""
    for name in list(namespace):
        if name != "__builtins__":
            namespace[name] = None
    gc.collect()


def _run_calls(task: Mapping[str, Any]) -> int:
    """Call one function with many inputs and send what it returns; somebody else compares."""
    namespace = new_module("program")
    execute(task["code"], namespace)
    for index, arguments in enumerate(task["calls"]):
        try:
            function = find_function(namespace, task["name"])
            answer = {"case": index, "value": encode(function(*decode(arguments)))}
        except CodecError as error:
            answer = {"case": index, "no_value": str(error)}
        except BaseException as error:
            _report(error)
            answer = {"case": index, "raised": describe(error)}
        frames.send(CHANNEL_FD, answer)
    return 0


def find_function(namespace: Mapping[str, Any], name: str) -> Callable[..., Any]:
    """Return what a name stands for: ``f``, ``Class.method``, or a method of ``Solution``.

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
    except BaseException:  # a class whose own class answers for its name
        return f"an exception: {text}"[:500]


def _exit_code(error: SystemExit) -> int:
    code = error.code
    if code is None or (isinstance(code, int) and int.__and__(code, 0xFF) == 0):
        return 0
    if not isinstance(code, int):
        with contextlib.suppress(BaseException):
            print(code, file=sys.stderr)
    return EXIT_ERROR


def _report(error: BaseException) -> int:
    """Print a traceback that begins in the program."""
    trace = error.__traceback__
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename != PROGRAM_FILE:
        first = first.tb_next
    with contextlib.suppress(BaseException):
        _print_exception(type(error), error, first or None, file=sys.stderr)
        sys.stderr.flush()
    return EXIT_MEMORY if isinstance(error, MemoryError) else EXIT_ERROR


def _serve_candidate(task: Mapping[str, Any]) -> int:
    from onelayer.envs.sandbox import candidate

    os.close(CHANNEL_FD)
    return int(candidate.serve(task))


def _answer_calls(task: Mapping[str, Any]) -> int:
    from onelayer.envs.sandbox import candidate

    return int(candidate.answer_calls(task))


def _judge(task: Mapping[str, Any]) -> int:
    from onelayer.envs.sandbox import judge

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return int(judge.judge(task))


def _judge_many(task: Mapping[str, Any]) -> int:
    from onelayer.envs.sandbox import judge

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return int(judge.judge_many(task))


_TASKS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "stdio": _run_script,
    "calls": _run_calls,
    "candidate": _serve_candidate,
    "plain": _answer_calls,
    "judge": _judge,
    "judges": _judge_many,
}
