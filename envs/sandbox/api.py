"""The sandbox as its users see it."""

import asyncio
import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from onelayer.envs.sandbox.checks import check_program, judge_limits
from onelayer.envs.sandbox.confinement import LEVELS, is_crowded
from onelayer.envs.sandbox.kept_judges import KeptJudges
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.pool import Closed, Pool, ServerGone
from onelayer.envs.sandbox.selftest import run_canaries
from onelayer.envs.sandbox.session import Crowded, SandboxFailure
from onelayer.envs.sandbox.shown import readable
from onelayer.envs.sandbox.test_kinds import validate_tests
from onelayer.envs.sandbox.verdict import Canary, Verdict
from onelayer.errors import EnvironmentFailed

RUNS_PER_SERVER = 4  # more than one, since programs may sleep; limits count processor time only
MOST_JUDGES = 16  # kept between checks; when more checks run at once, theirs are forked
ATTEMPTS = 2
CROWDED_SECONDS, CROWDED_PAUSE_SECONDS = 120.0, 0.1
"""seconds that a check waits, and between tries, while other programs use up a resource such as processes"""
logger = logging.getLogger(__name__)


class Sandbox:
    """Runs untrusted Python programs against tests; the program never decides the verdict.

    Levels, each tested by canaries when the sandbox starts:

    * ``full``: namespaces, a read-only jail, Landlock, seccomp, resource limits;
    * ``no-namespaces``: without the first two, for a default Docker container;
    * ``unsafe``: resource limits only. Neither the machine nor the verdict is protected: a program can read
      the expected answers in the memory of this process;
    * ``auto``: ``full`` where this machine supports it, else ``no-namespaces``.

    A sandbox may be used by any number of threads at once, and after a fork.

    Args:
        level: see above.
        servers: number of fork servers; None: one for each usable core. The same number again is for programs
            that use rarer modules. Most start when first needed.
        preload: packages that programs may import beside the standard library, where installed.

    Raises:
        EnvironmentFailed: the level can't be held here; the message says what failed.
        ValueError: an unknown level, or no server.
    """

    def __init__(
        self,
        level: str = "auto",
        *,
        servers: int | None = None,
        preload: Sequence[str] = ("numpy",),
    ):
        if level != "auto" and level not in LEVELS:
            raise ValueError(f"level must be auto, {', '.join(LEVELS)}; got {level!r}")
        if servers is not None and servers < 1:
            raise ValueError(f"servers must be at least 1, got {servers}")
        self._servers = servers or _usable_cores()
        self._preload = tuple(preload)
        self._lock, self._renewal = threading.Lock(), threading.Lock()
        self._open(level)

    def _open(self, level: str) -> None:
        refusals = []
        for candidate in LEVELS[:2] if level == "auto" else (level,):
            try:
                pool = Pool(candidate, self._servers, self._preload)
            except ServerGone as error:
                refusals.append(f"{candidate}: {error}")
                continue
            self._canaries = run_canaries(pool.server, candidate)
            fallen = [c for c in self._canaries if not c.held]
            if fallen and candidate != "unsafe":
                pool.close()
                refusals.append(
                    f"{candidate}: " + "; ".join(f"{c.name}: {c.detail}" for c in fallen)
                )
                continue
            self._level, self._pool, self._owner = candidate, pool, os.getpid()
            self._judges = KeptJudges(min(MOST_JUDGES, RUNS_PER_SERVER * self._servers))
            with contextlib.suppress(SandboxFailure, ServerGone, OSError):
                for _ in range(self._judges.most):
                    self._judges.start(pool.server(), judge_limits(Limits()))
            self._slots = threading.BoundedSemaphore(RUNS_PER_SERVER * self._servers)
            self._threads: ThreadPoolExecutor | None = None
            self._finalizer = weakref.finalize(self, _close, pool, self._judges, self._owner)
            return
        raise EnvironmentFailed(
            f"programs can't be confined here ({' | '.join(refusals)}); "
            'level="unsafe" runs them without protection of this machine'
        )

    @property
    def level(self) -> str:
        """The level in force."""
        return self._level

    @property
    def canaries(self) -> tuple[Canary, ...]:
        """What the self-test tried at start."""
        return self._canaries

    def check(self, code: str, tests: Mapping[str, Any], *, limits: Limits = Limits()) -> Verdict:  # noqa: B008
        """Run a program against tests; see ``validate_tests`` for their kinds.

        After a failure of the sandbox itself the check is tried once more, then reported as
        ``sandbox_error``. Where only a resource is used up for the moment, such as processes, it waits.

        Raises:
            ValueError: the tests are broken.
            TypeError: ``code`` is not a string.
            EnvironmentFailed: the sandbox is closed.
        """
        if not isinstance(code, str):
            raise TypeError(f"code must be a str, got {type(code).__name__}")
        validate_tests(tests)
        self._renew_after_fork()
        with self._slots:
            return self._check(code, tests, limits)

    def _check(self, code: str, tests: Mapping[str, Any], limits: Limits) -> Verdict:
        failures, patience = 0, time.monotonic() + CROWDED_SECONDS
        while True:
            try:
                return check_program(
                    self._pool.server, self._judges, self._level, code, tests, limits
                )
            except (SandboxFailure, ServerGone, OSError) as error:
                crowded = isinstance(error, Crowded) or is_crowded(error)
                failures += not crowded
                if failures == ATTEMPTS or time.monotonic() > patience:
                    detail = readable(str(error), 500)
                    return Verdict(status="sandbox_error", level=self._level, detail=detail)
                time.sleep(CROWDED_PAUSE_SECONDS if crowded else 0)
            except Closed:
                raise
            except Exception as error:
                # Only what the program sent can have caused this, so its episode is kept, as a failure.
                logger.exception("a check ended with an exception")
                detail = f"what the program sent could not be read: {type(error).__name__}"
                return Verdict(status="error", level=self._level, detail=detail)

    async def check_async(
        self,
        code: str,
        tests: Mapping[str, Any],
        *,
        limits: Limits = Limits(),  # noqa: B008
    ) -> Verdict:
        """Like ``check``, without blocking the event loop."""
        with self._lock:
            if self._threads is None:
                workers = RUNS_PER_SERVER * self._servers
                self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, lambda: self.check(code, tests, limits=limits)
        )

    def _renew_after_fork(self) -> None:
        """Start new servers in a forked process; the old ones serve the parent."""
        if self._owner == os.getpid():
            return
        with self._renewal:
            if self._owner != os.getpid():
                self._lock = threading.Lock()  # a thread of the parent may have held the old one
                self._finalizer.detach()
                self._open(self._level)

    def close(self) -> None:
        """End all processes; idempotent. Checks under way end as ``sandbox_error``."""
        self._finalizer()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _close(pool: Pool, judges: KeptJudges, owner: int) -> None:
    if os.getpid() == owner:
        judges.close()
        pool.close()
