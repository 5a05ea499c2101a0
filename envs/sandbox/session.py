"""The trainer's side of one run: sends its input, enforces its limits, ends it, and checks what it sends."""

import contextlib
import json
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from onelayer.envs.sandbox import frames
from onelayer.envs.sandbox.input_files import input_file
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.pool import ForkServer
from onelayer.envs.sandbox.usage import cpu_s, queued_s, resident_mb

UP_SECONDS = 120.0
"""how long a run may take to confine itself on a busy machine"""
MOST_PATIENCE = 20
"""a run ends after this many times ``wall_s`` at the latest, however long it waited for the processor"""
REAP_SECONDS = 30.0
EXIT_SECONDS = 0.05
"""seconds that a finished run has to exit before it is killed; an honest one needs a fraction of that"""
STDERR_BYTES = 64 << 10
STDERR_FLOOD = 16  # times STDERR_BYTES, after which the run is ended


class SandboxFailure(RuntimeError):
    """The sandbox itself failed; says nothing about the program."""


class Crowded(SandboxFailure):
    """A resource was used up for the moment: processes, memory, open files."""


class Run:
    """One sandboxed process, from the request to its end.

    Attributes:
        messages: messages from its channel that have not been handled yet.
        ended_by: why this side ended it: a status, "finished", or None.
        exit_code: negative for a signal; None while it runs.
    """

    def __init__(
        self,
        server: ForkServer,
        limits: Limits,
        task: dict[str, Any],
        *,
        stdin: bytes | None = None,
        stdout_limit: int = 0,
        answer_limit: int | None = 1 << 20,
        peer: socket.socket | None = None,
        stays: bool = False,
    ):
        self.stays, self.parked = stays, False
        """whether it waits for another task when it is done, and whether it is waiting now"""
        self.limits, self.stdout_limit = limits, stdout_limit
        self.answers, self.answer_limit = answer_limit is not None, answer_limit or 1 << 10
        self.messages: list[Any] = []
        self.stdout, self.stderr = bytearray(), bytearray()
        self.ended_by: str | None = None
        self.failure: str | None = None
        self.crowded = False
        self.broken: str | None = None
        self.up = False
        self.exit_code: int | None = None
        self.cpu_s = self.peak_mb = 0.0
        self.started = time.monotonic()
        self.companions: tuple[Run, ...] = ()
        """runs that this one depends on: their waiting for the processor also extends its wall-clock limit"""
        self._outside_pid = 0
        self._excused = 0.0
        self._stderr_seen = 0
        self._incoming = bytearray()
        self._outgoing = memoryview(frames.pack(task))
        self._next_check = 0.0
        self._told = False
        self.server = server
        self.files: dict[int, Callable[[int], None]] = {}
        self._fds: list[int] = []
        try:
            self._start(server, stdin, stdout_limit > 0, peer)
        except BaseException:
            self.close()
            raise

    def _start(
        self, server: ForkServer, stdin: bytes | None, keep_stdout: bool, peer: socket.socket | None
    ) -> None:
        theirs: list[int] = []

        def pair() -> int:
            mine, other = socket.socketpair()
            mine.setblocking(False)
            theirs.append(other.detach())
            self._fds.append(mine.fileno())
            return mine.detach()

        def pipe() -> int:
            reader, writer = os.pipe()
            os.set_blocking(reader, False)
            theirs.append(writer)
            self._fds.append(reader)
            return reader

        try:
            self.status, self.channel = pair(), pair()
            theirs.append(input_file(stdin))
            if keep_stdout:
                self.files[pipe()] = self._read_stdout
            else:
                theirs.append(os.open(os.devnull, os.O_WRONLY))
            self.files[pipe()] = self._read_stderr
            self.files[self.status] = self._read_status
            self.files[self.channel] = self._use_channel
            extra = [peer.fileno()] if peer else []
            wanted = {**_as_numbers(self.limits), "for_tests": float(self.stays)}
            server.start_run({"limits": wanted}, [*theirs, *extra])
            self._feed()  # the run reads it only once it is confined, but it can be sent already
        finally:
            for fd in theirs:
                os.close(fd)

    @property
    def over(self) -> bool:
        """Whether nothing more can come, for now."""
        return self.parked or self.exit_code is not None or self.failure is not None

    def watched(self, quiet: bool) -> list[int]:
        """Return which of ``files`` to watch; if ``quiet``, only those that can block the run."""
        if quiet and not self._outgoing and not self.stays:
            return [self.status] if self.status in self.files else []
        return list(self.files)

    def events(self, fd: int) -> int:
        """Return what to wait for on one of ``files``."""
        writing = fd == self.channel and len(self._outgoing) > 0
        return select.POLLIN | (select.POLLOUT if writing else 0)

    def _read_stdout(self, fd: int) -> None:
        self.stdout += self._read(fd)
        if len(self.stdout) > self.stdout_limit:
            self.kill("output_limit")

    def _read_stderr(self, fd: int) -> None:
        data = self._read(fd)
        self._stderr_seen += len(data)
        self.stderr += data[: STDERR_BYTES - len(self.stderr)]
        if self._stderr_seen > STDERR_BYTES * STDERR_FLOOD:
            self.kill("output_limit")

    def _read(self, fd: int) -> bytes:
        try:
            data = os.read(fd, 1 << 18)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.files.pop(fd, None)
        return data

    def _read_status(self, fd: int) -> None:
        data = self._read(fd)
        if not data:
            if fd not in self.files and not self.over:
                self.server.broken = True
                self.failure = "the fork server died"
            return
        record = json.loads(data)
        if "failed" in record:
            self.failure, self.crowded = record["failed"], bool(record.get("crowded"))
            return
        for other in [fd for fd in self.files if fd != self.status]:
            self._drain(other)
        self.cpu_s, self.peak_mb = record["cpu_s"], record["peak_kb"] / 1024
        self.exit_code = record["exit"]
        if not self.up and self.failure is None:
            self.failure = f"the run ended with {self.exit_code} before it was locked up"

    def _drain(self, fd: int) -> None:
        """Read what the ended process left in a pipe, which has a bounded size."""
        while fd in self.files:
            before = len(self.stdout) + self._stderr_seen + len(self._incoming) + len(self.messages)
            self.files[fd](fd)
            now = len(self.stdout) + self._stderr_seen + len(self._incoming) + len(self.messages)
            if now == before:
                return

    def _use_channel(self, fd: int) -> None:
        if self._outgoing:
            self._feed()
        self._incoming += self._read(fd)
        try:
            self._take_messages()
        except frames.FrameError as error:
            self.broken = str(error)
            self.kill("error")
        if self.up and not self.answers and not self._outgoing:
            self.files.pop(fd, None)  # no more messages are expected

    def _feed(self) -> None:
        try:
            self._outgoing = self._outgoing[os.write(self.channel, self._outgoing) :]
        except BlockingIOError:
            return
        except OSError:  # the run ended before it read its task
            self._outgoing = self._outgoing[:0]

    def _take_messages(self) -> None:
        size = frames.HEADER.size
        # The message that the run came up is read even after it was ended; later messages are then ignored.
        while len(self._incoming) >= size and (self.ended_by is None or not self.up):
            (length,) = frames.HEADER.unpack_from(self._incoming)
            if length > self.answer_limit:
                self.kill("output_limit")
                return
            if len(self._incoming) < size + length:
                return
            message = frames.unpack(self._incoming[size : size + length])
            del self._incoming[: size + length]
            if self.up:
                self.messages.append(message)
            elif isinstance(message, dict) and "up" in message:
                self.up, self._outside_pid = True, message["up"]
                self.started = time.monotonic()
            else:
                said = message if isinstance(message, dict) else {"failed": message}
                self.failure, self.crowded = str(said.get("failed")), bool(said.get("crowded"))

    def enforce(self, now: float) -> float:
        """Kill the run if its time is over; return when to look again."""
        if self.ended_by == "finished" and not self._told and now >= self._next_check:
            self._notify_server()
        if self.over or self.ended_by is not None:
            return now + REAP_SECONDS if self.over or self._told else self._next_check
        if not self.up:
            if now > self.started + UP_SECONDS:
                self.failure = f"the run was not locked up within {UP_SECONDS:.0f} seconds"
            return self.started + UP_SECONDS
        end = self.started + self.limits.wall_seconds + self._excused
        if now >= end:
            self._excused = self._waited(now)
            longest = MOST_PATIENCE * self.limits.wall_seconds
            end = self.started + min(self.limits.wall_seconds + self._excused, longest)
        if now >= end:
            self.kill("timeout")
            return now + REAP_SECONDS
        if now < self._next_check:
            return min(end, self._next_check)
        left = self.limits.cpu_s - self._cpu_now()
        if left <= 0:
            self.kill("timeout")
            return now + REAP_SECONDS
        self._next_check = now + max(0.02, left)  # a little late where several threads run
        return min(end, self._next_check)

    def _waited(self, now: float) -> float:
        """Return for how many seconds the run was ready but had to wait for a processor."""
        runs = [run for run in (self, *self.companions) if run.up and not run.over]
        queued = sum(queued_s(run._outside_pid) for run in runs)
        return max(0.0, min(queued, now - self.started - self._cpu_now()))

    def _cpu_now(self) -> float:
        """Return the processor time of the run so far, measured from outside."""
        return cpu_s(self._outside_pid)

    def kill(self, reason: str) -> None:
        """End the run; the first reason stays."""
        if self.ended_by is None and not self.over:
            self.ended_by = reason
            self._notify_server()

    def finish(self) -> None:
        """Note that the run has delivered everything; it is killed if it does not exit now."""
        if self.ended_by is None and not self.over:
            self.ended_by = "finished"
            self._next_check = time.monotonic() + EXIT_SECONDS

    def _notify_server(self) -> None:
        self._told = True
        with contextlib.suppress(OSError):
            os.write(self.status, b"k")

    @property
    def is_idle(self) -> bool:
        """Whether it is alive and waits for ``resume``."""
        if not self.parked or not self.up or self._outgoing or self._incoming or not self._fds:
            return False
        poll = select.poll()
        poll.register(self.status, select.POLLIN)
        return not poll.poll(0)

    def resident_mb(self) -> float:
        """Return its resident memory now, MiB; 0 where the system does not report it."""
        return resident_mb(self._outside_pid)

    def resume(self, task: dict[str, Any], peer: socket.socket, limits: Limits) -> None:
        """Give a parked run of ``judge.judge_many`` its next task, with limits of its own.

        Raises:
            OSError: it is gone.
        """
        used = self._cpu_now()
        self.limits = replace(limits, cpu_s=limits.cpu_s + used, memory_mb=self.limits.memory_mb)
        self.parked, self.ended_by, self.broken = False, None, None
        self.stderr.clear()
        self._stderr_seen, self._excused, self._next_check = 0, 0.0, 0.0
        self.started = time.monotonic()
        with socket.socket(fileno=os.dup(self.channel)) as channel:
            socket.send_fds(channel, [b"j"], [peer.fileno()])
        self._outgoing = memoryview(frames.pack(task))
        self._feed()

    def close(self) -> None:
        """Close this side's files; the server then kills the run if it is still going."""
        for fd in self._fds:
            os.close(fd)
        self._fds = []
        self.files = {}


def _as_numbers(limits: Limits) -> dict[str, float]:
    return {
        "cpu_s": limits.cpu_s,
        "memory_mb": limits.memory_mb,
        "disk_mb": limits.disk_mb,
    }
