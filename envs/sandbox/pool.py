"""Fork servers: starting them, asking them for runs, replacing dead ones, ending them with their owner."""

import contextlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onelayer.envs.sandbox import installation
from onelayer.envs.sandbox.preload import COMMON, FURTHER, Mentions
from onelayer.envs.sandbox.scratch import remove

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
OTHER_USER = 65534  # root changes to this user, so that limits apply and files are not its own

PACKAGES = "/packages"
"""where the jail shows installed packages"""

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "USER": "user",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # each arena reserves 64 MiB of the address space
}
"""The complete environment of a program, which holds nothing of the trainer's."""


class ServerGone(RuntimeError):
    """The fork server ended, or never came up."""


class Closed(RuntimeError):
    """The sandbox was closed."""


class ForkServer:
    """One fork server process.

    Raises:
        ServerGone: this machine does not allow the level; the message says which layer failed.
    """

    def __init__(self, level: str, packages: Sequence[str], modules: Sequence[str]):
        self.level = level
        self.broken = False
        self.missing: dict[str, str] = {}
        """modules that can't be imported here, and why"""
        self.scratch = ""
        if level != "full":
            self.scratch = tempfile.mkdtemp(prefix="onelayer-sandbox-")
        # Any thread may send, so messages must not mix; without SEQPACKET the descriptors separate them.
        linux = sys.platform.startswith("linux")
        kind = socket.SOCK_SEQPACKET if linux else socket.SOCK_STREAM
        self.control, theirs = socket.socketpair(socket.AF_UNIX, kind)
        with theirs:
            self.process = subprocess.Popen(
                self._command(theirs.fileno(), packages, modules),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT | installation.library_path(packages),
                pass_fds=(theirs.fileno(),),
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the trainer
            )
        try:
            self._await_ready()
        except BaseException:
            self.close()
            raise

    def _command(
        self, control_fd: int, packages: Sequence[str], modules: Sequence[str]
    ) -> list[str]:
        roots, package_paths = installation.locate_packages(packages)
        readable = {path: path for path in installation.readable_paths()}
        if self.level == "full":  # the real paths of the packages would tell about the machine
            roots = [PACKAGES]
            readable |= {f"{PACKAGES}/{os.path.basename(path)}": path for path in package_paths}
        else:
            readable |= {path: path for path in package_paths}
        readable |= {path: path for path in installation.libraries_of(packages)}
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        switch = (
            self.level == "full"
            and root
            and installation.readable_by_others(list(readable.values()))
        )
        config = {
            "level": self.level,
            "readable": readable,
            "hidden": installation.hidden_paths(),
            "packages": roots,
            "installed": list(packages),
            "preload": list(modules),
            "uid": OTHER_USER if switch else None,
            "scratch": self.scratch,
            "trainer": os.getpid(),
        }
        server = str(Path(__file__).with_name("server.py"))
        # Neither site-packages nor the user's packages nor the script's folder are on the path.
        flags = ["-s", "-S", "-P", "-B", "-X", "utf8"]
        return [
            installation.interpreter(), *flags, server, str(control_fd), json.dumps(config)
        ]  # fmt: skip

    def _await_ready(self) -> None:
        self.control.settimeout(START_SECONDS)
        try:
            record = json.loads(self.control.recv(1 << 16) or b"{}")
        except TimeoutError:
            record = {"failed": f"it did not answer within {START_SECONDS:.0f} seconds"}
        self.control.settimeout(None)
        if "ready" not in record:
            reason = record.get("failed") or self._last_words()
            raise ServerGone(f"the fork server could not start: {reason}")
        self.missing = record.get("missing", {})

    def _last_words(self) -> str:
        assert self.process.stderr is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
            text = self.process.stderr.read().decode(errors="replace").strip()
            return text[-500:] or f"it ended with status {self.process.returncode}"
        return "it hangs"

    def start_run(self, request: Mapping[str, Any], fds: Sequence[int]) -> None:
        """Ask for a run; its end is reported on ``fds[0]``. Any thread may call this.

        Raises:
            ServerGone: the server is dead.
        """
        try:
            socket.send_fds(self.control, [json.dumps(request).encode()], list(fds))
        except OSError as error:
            self.broken = True
            raise ServerGone(f"the fork server is gone: {error}") from None

    @property
    def alive(self) -> bool:
        """Whether it can be asked for runs."""
        return not self.broken and self.process.poll() is None

    def close(self) -> None:
        """End the server and, with it, all its runs; idempotent."""
        with contextlib.suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)  # it ends by itself when it reads this
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        if self.scratch and os.path.isdir(self.scratch):
            for name in os.listdir(self.scratch):
                with contextlib.suppress(OSError):
                    remove(os.path.join(self.scratch, name))
            shutil.rmtree(self.scratch, ignore_errors=True)


class Pool:
    """Fork servers that take turns; a dead one is replaced when its turn comes.

    Args:
        level: the isolation they hold.
        servers: how many preload the common modules; the same number again, started when a program first
            needs one, also preload the rarer ones and ``packages``.
        packages: what programs may import beside the standard library; those not installed are left out.
    """

    def __init__(self, level: str, servers: int, packages: Sequence[str]):
        self.level = level
        self.packages = installation.installed_packages(packages)
        self._needs_further = Mentions(self.packages)
        self._servers: list[ForkServer | None] = [None] * (2 * servers)
        self._turns = [0, 0]
        self._has_further = True
        self._warned: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._start_both_kinds()  # raises here if this machine does not allow the level

    def _start_both_kinds(self) -> None:
        """Start a server of each kind at the same time; one for rarer modules may be missing."""
        further: list[ForkServer | ServerGone] = []

        def start_further() -> None:
            try:
                further.append(ForkServer(self.level, self.packages, self._modules(True)))
            except ServerGone as error:
                further.append(error)

        beside = threading.Thread(target=start_further)
        beside.start()
        try:
            self.server()
        except BaseException:
            beside.join()
            for server in further:
                if isinstance(server, ForkServer):
                    server.close()
            raise
        beside.join()
        if further and isinstance(further[0], ForkServer):
            self._servers[len(self._servers) // 2] = further[0]
            self._turns[1] = -1
            self._warn(further[0].missing)
        else:
            self.do_without_further(str(*further))

    def _modules(self, further: bool) -> list[str]:
        return [*COMMON, *FURTHER, *self.packages] if further else list(COMMON)

    def server(self, text: str = "") -> ForkServer:
        """Return the server whose turn it is to run ``text``.

        Raises:
            Closed: the pool is closed.
            ServerGone: a new one could not be started.
        """
        further = self._has_further and self._needs_further(text)
        half = len(self._servers) // 2
        with self._lock:
            if self._closed:
                raise Closed("this sandbox is closed")
            self._turns[further] += 1
            place = further * half + self._turns[further] % half
            server = self._servers[place]
            if server is None or not server.alive:
                if server is not None:
                    server.close()
                    self._servers[place] = None
                modules = self._modules(further)
                server = self._servers[place] = ForkServer(self.level, self.packages, modules)
                self._warn(server.missing)
            return server

    def do_without_further(self, reason: str) -> None:
        """Run all programs on servers that know the common modules."""
        self._has_further = False
        logger.warning("programs import rarer modules slowly, if at all: %s", reason)

    def _warn(self, missing: Mapping[str, str]) -> None:
        for name, reason in missing.items():
            if name not in self._warned:
                self._warned.add(name)
                logger.warning("programs can't import %s in the sandbox: %s", name, reason)

    def close(self) -> None:
        """End all servers; idempotent."""
        with self._lock:
            self._closed = True
            servers, self._servers = self._servers, [None, None]
        for server in servers:
            if server is not None:
                server.close()
