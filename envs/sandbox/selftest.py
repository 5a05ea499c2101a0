"""The start-up self-test: a level that lets a canary through is not used."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from onelayer.envs.sandbox import installation
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.pool import ENVIRONMENT, ForkServer, ServerGone
from onelayer.envs.sandbox.session import Run, SandboxFailure
from onelayer.envs.sandbox.verdict import Canary
from onelayer.envs.sandbox.watch import watch

SMALL = Limits(cpu_s=10, wall_s=60, memory_mb=64, disk_mb=2)

ATTEMPTS = {
    "network": "connecting to a listener of the trainer",
    "read_outside": "reading a file outside the Python installation",
    "environment": "finding the trainer's environment",
    "other_processes": "seeing or signalling other processes",
    "trace": "attaching to the trainer",
    "new_processes": "making a process",
    "write_outside": "changing a file outside the private directory",
    "privileges": "gaining privileges",
}

HOARD = "import os\nx = []\nwhile True: x.append(bytearray(1 << 20))\n"
FILL = """
with open("filled", "wb") as file:
    for _ in range(16):
        file.write(bytes(1 << 20))
        file.flush()
"""
FILL_MANY = """
for number in range(16):
    with open(f"filled{number}", "wb") as file:
        file.write(bytes(1 << 20))
"""
LEAVE = "import os\nopen('left', 'w').close()\nprint(os.path.join(os.getcwd(), 'left'))\n"
FIND = "import os, sys\nprint(os.path.exists('left') or os.path.exists(sys.stdin.read()))\n"

RARER = "threading"
"""a text that mentions a rarer module, see ``preload``"""

GetServer = Callable[[str], ForkServer]


def run_canaries(server: GetServer, level: str) -> tuple[Canary, ...]:
    """Try in the sandbox, one by one, what it must stop.

    Only ``full`` limits the disk, by its private file system, so only there is that tried.
    """
    try:
        canaries = [*_both(server), _memory(server), _private_directory(server)]
        if level == "full":
            canaries.append(_disk(server))
    except (SandboxFailure, ServerGone, OSError, ValueError) as error:
        return (Canary("self-test", False, f"it could not run: {error}"),)
    return tuple(canaries)


def _execute(server: GetServer, code: str, stdin: bytes = b"", mentions: str = "") -> Run:
    task: dict[str, Any] = {"task": "stdio", "code": code}
    run = Run(server(mentions), SMALL, task, stdin=stdin, stdout_limit=1 << 16)
    try:
        watch([run], lambda run, message: None)
    finally:
        run.close()
    return run


def _both(server: GetServer) -> list[Canary]:
    """Run the probe on both kinds of servers; return the worse result of each canary."""
    pairs = zip(_probe(server), _probe(server, RARER), strict=True)
    return [common if not common.held else rarer for common, rarer in pairs]


def _probe(server: GetServer, mentions: str = "") -> list[Canary]:
    program = Path(__file__).with_name("probe.py").read_text()
    with _world() as world:
        before = _look(world["secret_file"])
        run = _execute(server, program, json.dumps(world).encode(), mentions)
        untouched = _look(world["secret_file"]) == before
    try:
        through = json.loads(run.stdout)
    except ValueError:
        words = bytes(run.stderr).decode(errors="replace").strip()[-300:]
        through = {}
        missing = f"the probe ended with status {run.exit_code}: {words}"
    else:
        missing = "the probe did not come to it"
    if not untouched:
        through["write_outside"] = "the file was changed"
    return [
        Canary(name, through.get(name, missing) == "", through.get(name, missing) or what)
        for name, what in ATTEMPTS.items()
    ]


@contextlib.contextmanager
def _world() -> Iterator[dict[str, Any]]:
    """Prepare what the probe tries to reach: a secret file, listeners."""
    directory = tempfile.mkdtemp()
    name = f"onelayer-canary-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        secret = os.path.join(directory, "secret.txt")
        Path(secret).write_text(secrets.token_hex(16))
        world: dict[str, Any] = {
            "secret_file": secret,
            "pids": [pid for pid in (os.getpid(), os.getppid()) if pid > 0],
            "environment": [*ENVIRONMENT, "PWD"],
            "interpreter": installation.interpreter(),
            "abstract": name,
            "tcp": None,
        }
        with contextlib.suppress(OSError):  # without a network there is nothing to protect
            tcp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            world["tcp"] = tcp.getsockname()
        with contextlib.suppress(OSError):
            local = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            local.bind("\0" + name)
            local.listen()
        yield world


def _look(path: str) -> tuple[object, ...]:
    status = os.stat(path)
    mode, folder = stat.S_IMODE(status.st_mode), sorted(os.listdir(os.path.dirname(path)))
    return Path(path).read_text(), mode, status.st_mtime_ns, folder


def _memory(server: GetServer) -> Canary:
    run = _execute(server, HOARD)
    held = run.exit_code != 0 and run.ended_by is None
    return Canary("memory", held, f"hoarding memory ended with status {run.exit_code}")


def _disk(server: GetServer) -> Canary:
    runs = [_execute(server, program) for program in (FILL, FILL_MANY)]
    held = all(run.exit_code == 1 and b"OSError" in run.stderr for run in runs)
    return Canary("disk", held, "writing more than disk_mb, in one file and in many")


def _private_directory(server: GetServer) -> Canary:
    path = bytes(_execute(server, LEAVE).stdout.strip())
    second = _execute(server, FIND, path)
    gone = not os.path.lexists(path) and second.stdout.strip() == b"False"
    return Canary("private_directory", bool(path) and gone, "leaving a file for the next run")
