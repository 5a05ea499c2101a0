"""The program of the self-test: tries what a confined program must not be able to do.

It runs inside the sandbox. It reads its targets from standard input, as JSON, and prints
``{name: description}`` of what got through, with an empty string for each attempt that was stopped.
"""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

PTRACE_SEIZE, PTRACE = 0x4206, {"x86_64": 101, "aarch64": 117}
CLONE_NEWUSER = 0x10000000


def network(world: Mapping[str, Any]) -> str:
    """Reach the trainer's own listeners."""
    for family, address in (
        (socket.AF_INET, tuple(world["tcp"] or ("127.0.0.1", 1))),
        (socket.AF_UNIX, "\0" + world["abstract"]),
    ):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(2)
                connection.connect(address)
                return f"connected to {address!r}"
        except OSError:
            continue
    return ""


def read_outside(world: Mapping[str, Any]) -> str:
    """Read a file of the trainer's."""
    for path in (world["secret_file"], "/etc/passwd", "/proc/self/environ"):
        try:
            with open(path, "rb") as file:
                file.read()
            return f"read {path}"
        except OSError:
            continue
    return ""


def write_outside(world: Mapping[str, Any]) -> str:
    """Change a file of the trainer's, or the installation."""
    attempts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("opened for writing", lambda: os.close(os.open(world["secret_file"], os.O_WRONLY))),
        ("changed the mode of", lambda: os.chmod(world["secret_file"], 0o600)),
        ("changed the times of", lambda: os.utime(world["secret_file"])),
        ("removed", lambda: os.unlink(world["secret_file"])),
        ("made a file beside", lambda: os.mkdir(world["secret_file"] + ".d")),
        ("changed the mode of os.py, not", lambda: os.chmod(os.__file__, 0o644)),
        ("wrote to os.py, not", lambda: os.close(os.open(os.__file__, os.O_WRONLY))),
    )
    for what, attempt in attempts:
        try:
            attempt()
            return f"{what} {world['secret_file']}"
        except OSError:
            continue
    return ""


def environment(world: Mapping[str, Any]) -> str:
    """Find environment variables that the sandbox did not set."""
    strange = sorted(set(os.environ) - set(world["environment"]))
    return f"found {', '.join(strange)}" if strange else ""


def other_processes(world: Mapping[str, Any]) -> str:
    """Signal the trainer or look at the list of processes."""
    for pid in world["pids"]:
        if (
            pid == os.getpid()
        ):  # the trainer may be process 1 of a container, and this one of its namespace
            continue
        try:
            os.kill(pid, 0)
            return "could signal the trainer"
        except OSError:
            pass
    try:
        return f"saw {len(os.listdir('/proc'))} entries of /proc"
    except OSError:
        return ""


def trace(world: Mapping[str, Any]) -> str:
    """Attach to the trainer as a debugger does (seizing does not stop it)."""
    number = PTRACE.get(os.uname().machine)
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in world["pids"] if number is not None else ():
        if libc.syscall(number, PTRACE_SEIZE, pid, None, None) == 0:
            return "attached to the trainer"
    return ""


def new_processes(world: Mapping[str, Any]) -> str:
    """Make a process."""
    try:
        pid = os.fork()
    except OSError:
        return ""
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "made a process"


def privileges(world: Mapping[str, Any]) -> str:
    """Gain privileges: a new user namespace, or another program."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) == 0:
        return "made a user namespace"
    try:
        os.execv(world["interpreter"], [world["interpreter"], "-c", "print('{}')"])
    except OSError:
        return ""
    return "started another program"


def main() -> None:
    """Try everything; if the last attempt succeeds, another program replaces this one and prints ``{}``."""
    world = json.load(sys.stdin)
    attempts = (
        network,
        read_outside,
        environment,
        other_processes,
        trace,
        new_processes,
        write_outside,
        privileges,
    )
    print(json.dumps({attempt.__name__: attempt(world) for attempt in attempts}))


if __name__ == "__main__":
    main()
