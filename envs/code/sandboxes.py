"""One sandbox for all environments of a process: its fork servers are started once, when first needed."""

import os
import threading
from dataclasses import dataclass

from onelayer.envs.code.problem import Tests
from onelayer.envs.sandbox import Limits, Sandbox, Verdict

LEVELS = ("auto", "full", "no-namespaces", "unsafe")
_lock = threading.Lock()
PACKAGES = ("numpy",)
"""what programs may import beside the standard library, unless somebody says otherwise"""
_running: dict[tuple[int, str, tuple[str, ...]], Sandbox] = {}
"""by process id, level and packages: a forked child starts its own and leaves its parent's alone"""


def shared_sandbox(level: str, packages: tuple[str, ...] = PACKAGES) -> Sandbox:
    """Return this process's sandbox of a level, with these packages; it is closed when Python ends.

    Raises:
        RuntimeError: this machine does not allow the level, or with ``"auto"`` none; it says what failed.
    """
    key = (os.getpid(), level, packages)
    with _lock:
        if key not in _running:
            _running[key] = Sandbox(level, preload=packages)
        return _running[key]


@dataclass(frozen=True, slots=True)
class Runner:
    """How programs are run: isolation, limits, and the packages that they may import."""

    level: str = "auto"
    limits: Limits = Limits()  # noqa: RUF009
    packages: tuple[str, ...] = PACKAGES

    def sandbox(self) -> Sandbox:
        """Return this process's sandbox; see ``shared_sandbox``."""
        return shared_sandbox(self.level, self.packages)

    def check(self, program: str, tests: Tests) -> Verdict:
        """Run a program against tests."""
        return self.sandbox().check(program, tests, limits=self.limits)


def _new_lock() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_new_lock)  # another thread may have held it
