"""The process of one run: it is confined first, and gets the program only then."""

import contextlib
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Callable, Mapping
from typing import Any

from onelayer.envs.sandbox import candidate, frames, judge
from onelayer.envs.sandbox.codec import CodecError, decode, encode
from onelayer.envs.sandbox.confinement import Enclosure, begin, confine, is_crowded
from onelayer.envs.sandbox.execution import (
    CHANNEL_FD,
    EXIT_ERROR,
    EXIT_LOCKDOWN,
    PEER_FD,
    describe,
    execute,
    exit_code,
    find_function,
    new_module,
    report,
)
from onelayer.envs.sandbox.script import run_script

# Bound early: a program may replace os._exit, and must not return into the server's code.
_exit = os._exit


def main(enclosure: Enclosure, door: socket.socket) -> None:
    """Carry out one run in this process; does not return.

    Args:
        enclosure: what the server prepared.
        door: the socket that brings the request: ``limits``, and as open files the channel, standard input,
            output and error, and perhaps the peer's socket.
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
        code = exit_code(error)
    except BaseException as error:
        code = report(error)
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


def _run_calls(task: Mapping[str, Any]) -> int:
    """Call one function with many inputs and send what it returns; the trainer compares."""
    namespace = new_module("program")
    execute(task["code"], namespace)
    for index, arguments in enumerate(task["calls"]):
        try:
            function = find_function(namespace, task["name"])
            answer = {"case": index, "value": encode(function(*decode(arguments)))}
        except CodecError as error:
            answer = {"case": index, "no_value": str(error)}
        except BaseException as error:
            report(error)
            answer = {"case": index, "raised": describe(error)}
        frames.send(CHANNEL_FD, answer)
    return 0


def _serve_candidate(task: Mapping[str, Any]) -> int:
    os.close(CHANNEL_FD)
    return candidate.serve(task)


def _judge(task: Mapping[str, Any]) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return judge.judge(task)


def _judge_many(task: Mapping[str, Any]) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return judge.judge_many(task)


_TASKS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "stdio": run_script,
    "calls": _run_calls,
    "candidate": _serve_candidate,
    "plain": candidate.answer_calls,
    "judge": _judge,
    "judges": _judge_many,
}
