"""One sandbox for all environments of a process: its fork servers are started once, when first needed."""

import os
import threading

from onelayer.envs.sandbox import Sandbox

LEVELS = ("auto", "full", "no-namespaces", "unsafe")
_lock = threading.Lock()
PACKAGES = ("numpy",)
"""what programs may import beside the standard library, unless somebody says otherwise"""
_running: dict[tuple[int, str, tuple[str, ...]], Sandbox] = {}
"""by process, level and packages; a forked child leaves its parent's alone and starts its own"""


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


def _new_lock() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_new_lock)  # another thread may have held it
