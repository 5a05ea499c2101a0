"""What the sandbox's tests share: one sandbox, and surroundings in which an escape would be seen.

``ONELAYER_SANDBOX_LEVEL`` chooses the level of the shared sandbox (default: auto), so that the same
tests can be run again as another user or in a container.
"""

import ctypes
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Sandbox

BENIGN = {"kind": "stdio", "cases": [{"input": "20 22", "output": "42"}]}
PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="session")
def sandbox(surroundings: "Surroundings") -> Iterator[Sandbox]:
    """Return the sandbox of all these tests; made after the secrets were put in place."""
    with Sandbox(level=os.environ.get("ONELAYER_SANDBOX_LEVEL", "auto")) as box:
        for _ in range(4):  # the fork servers are all up, so that later processes are runs' own
            box.check("print(42)", BENIGN)
            box.check("import unittest\nprint(42)", BENIGN)
        surroundings.processes = surroundings.descendants()
        yield box


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Surroundings"]:
    """Return what lies around the sandbox for attacks to reach: see ``Surroundings``."""
    around = Surroundings(tmp_path_factory.mktemp("canary"))
    yield around
    around.close()


class Surroundings:
    """A folder of secrets, listeners, a process and a variable, none of which a run may touch."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.secret = secrets.token_hex(16)
        os.environ["ONELAYER_SECRET_TOKEN"] = os.environ["SBX_SECRET_TOKEN"] = self.secret
        for name in ("secret.txt", "writeme"):
            (folder / name).write_text(self.secret)
            (folder / name).chmod(0o644)
        (folder / "home").mkdir()
        (folder / "home" / "notes").write_text(self.secret)
        self.abstract = f"onelayer-{secrets.token_hex(8)}"
        self.listeners = [
            listener(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            listener(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            listener(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract),
            listener(socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "sock")),
        ]
        self.victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "import time; time.sleep(3600)"],
            start_new_session=True,
        )
        # What a run might detach would become a child of this process, so that it is seen below.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.processes = self.descendants()
        self.files = self.listing()

    def fill(self, program: str) -> str:
        """Return the program with the names of what it may attack put in."""
        for name, value in {
            "CANARY": self.folder,
            "TCP_PORT": self.listeners[0].getsockname()[1],
            "UDP_PORT": self.listeners[1].getsockname()[1],
            "ABSTRACT": self.abstract,
            "VICTIM": self.victim.pid,
            "PARENT": os.getpid(),
            "HOST": socket.gethostname(),
        }.items():
            program = program.replace(f"@{name}@", str(value))
        return program

    def assert_untouched(self, sandbox: Sandbox) -> None:
        """Fail if a run changed, reached or left behind anything, or if the next run suffers."""
        assert self.listing() == self.files, "the canary folder was changed"
        assert not (lines := self.reached()), f"somebody reached {lines}"
        assert self.victim.poll() is None, "the process outside was killed"
        after = sandbox.check("print(sum(map(int, input().split())))", BENIGN)
        assert after.status == "passed", f"the next program suffers: {after}"
        sandbox._judges.close()  # those that wait for the next check are no leftovers of this one
        deadline = time.monotonic() + 20
        while len(left := self.descendants()) > len(self.processes):
            assert time.monotonic() < deadline, f"processes were left: {left - self.processes}"
            time.sleep(0.02)

    def reached(self) -> list[Any]:
        """Return the addresses at which somebody connected or sent, and forget the callers."""
        return [line.getsockname() for line in self.listeners if called(line)]

    def listing(self) -> dict[str, Any]:
        """Return content, mode, owner and time of every file in the canary folder."""
        found: dict[str, Any] = {}
        for path in [self.folder, *sorted(self.folder.rglob("*"))]:
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (
                status.st_mode,
                status.st_uid,
                status.st_gid,
                status.st_mtime_ns,
                content,
            )
        return found

    def descendants(self) -> set[int]:
        """Return the processes that come from this one and run, without the victim."""
        parents: dict[int, int] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    state, parent = (
                        Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:2]
                    )
                except OSError:
                    continue
                if state != "Z":
                    parents[int(entry)] = int(parent)
        family, before = {os.getpid()}, 0
        while len(family) > before:
            before = len(family)
            family |= {child for child, parent in parents.items() if parent in family}
        return family - {os.getpid(), self.victim.pid}

    def close(self) -> None:
        """End the victim and the listeners."""
        self.victim.kill()
        self.victim.wait()
        for line in self.listeners:
            line.close()


def listener(family: int, kind: int, address: Any) -> socket.socket:
    """Return a socket that waits at ``address`` and never blocks."""
    line = socket.socket(family, kind)
    line.bind(address)
    if kind == socket.SOCK_STREAM:
        line.listen()
    line.setblocking(False)
    return line


def called(line: socket.socket) -> bool:
    """Return whether somebody connected or sent something to the listener; empty its queue."""
    for number in range(1000):
        try:
            if line.type == socket.SOCK_STREAM:
                line.accept()[0].close()
            else:
                line.recv(1)
        except BlockingIOError:
            return number > 0
    return True
