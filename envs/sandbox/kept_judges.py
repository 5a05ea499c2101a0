"""Judges that are kept for the next check, so that not every check needs a new process.

A judge runs tests and never a program, so nothing hostile runs in it. If its tests also leave no state behind
(see ``stateless``), it may judge the next program too, which saves a fork per check. It is confined like
every other run.
"""

import contextlib
import socket
import threading
from typing import Any

from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.pool import ForkServer
from onelayer.envs.sandbox.session import Run
from onelayer.envs.sandbox.watch import watch

MOST_CHECKS = 500
"""checks after which a judge is replaced by a new one"""
MOST_RESIDENT_MB = 64
"""a judge that holds more memory than this, which programs may have sent it, is not kept"""
LONG = 3600.0
"""processor seconds of a judge in its lifetime; each check has a lower limit of its own"""


class KeptJudges:
    """Busy and waiting judges; any thread may take one.

    Args:
        most: the largest number of them; further simultaneous checks get judges that are not kept.
    """

    def __init__(self, most: int):
        self.most = most
        self._idle: list[Run] = []
        self._checks: dict[int, int] = {}  # id(run) -> how many it has judged
        self._beginning = 0
        """number of judges being started or woken"""
        self._lock = threading.Lock()

    def start(self, server: ForkServer, limits: Limits) -> None:
        """Start a judge, which then waits.

        Raises:
            session.SandboxFailure, ServerGone, OSError: it could not be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            ours.close()  # as if its program had ended before it began
            nothing: dict[str, Any] = {
                "pieces": [],
                "names": [],
                "asked": [],
                "bound": [],
                "python": {},
            }
            judge = self._new(server, nothing, theirs, limits)
        try:
            watch([judge], lambda run, message: setattr(run, "parked", True))
        finally:
            self.give_back(judge)

    def take(
        self, server: ForkServer, plan: dict[str, Any], peer: socket.socket, limits: Limits
    ) -> Run | None:
        """Return a judge that has begun with a plan; None if none waits with these limits and all are in use.

        Raises:
            OSError: no process could be made.
            ServerGone: the fork server is dead.
        """
        with self._lock:
            idle = next((r for r in self._idle if r.limits.memory_mb == limits.memory_mb), None)
            if idle is not None:
                self._idle.remove(idle)
            elif len(self._checks) + self._beginning >= self.most:
                return None
            self._beginning += 1
        try:
            return self._resumed(idle, plan, peer, limits) or self._new(server, plan, peer, limits)
        finally:
            with self._lock:
                self._beginning -= 1

    def _resumed(
        self, idle: Run | None, plan: dict[str, Any], peer: socket.socket, limits: Limits
    ) -> Run | None:
        if idle is not None and idle.is_idle and idle.server.alive:
            with contextlib.suppress(OSError):
                idle.resume(plan, peer, limits)
                return idle
        if idle is not None:
            self.drop(idle)
        return None

    def _new(
        self, server: ForkServer, plan: dict[str, Any], peer: socket.socket, limits: Limits
    ) -> Run:
        born = Limits(LONG, LONG, limits.memory_mb, limits.disk_mb)
        judge = Run(server, born, {"task": "judges", **plan}, peer=peer, stays=True)
        judge.limits = limits
        with self._lock:
            self._checks[id(judge)] = 0
        return judge

    def give_back(self, judge: Run) -> None:
        """Keep a judge that is done; end it if it did not finish properly, is old or holds much memory."""
        with self._lock:
            self._checks[id(judge)] += 1
            keep = judge.is_idle and self._checks[id(judge)] < MOST_CHECKS
            keep = keep and judge.resident_mb() < MOST_RESIDENT_MB
            if keep:
                self._idle.append(judge)
        if not keep:
            self.drop(judge)

    def drop(self, judge: Run) -> None:
        """End a judge."""
        with self._lock:
            self._checks.pop(id(judge), None)
        judge.parked = False
        judge.kill("error")
        judge.close()

    def close(self) -> None:
        """End all waiting judges."""
        with self._lock:
            idle, self._idle = self._idle, []
        for judge in idle:
            self.drop(judge)
