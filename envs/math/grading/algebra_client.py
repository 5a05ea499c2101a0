"""Asks the process that runs computer algebra. It is started once, for all threads and forked children.

A question takes at most a second of processor time, and may wait for earlier questions. The process needs
about two seconds to start; ``start`` begins that early. Nothing here uses signals, so grading works in every
thread, and this process, which may have threads, is never forked.
"""

import atexit
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from onelayer.envs.math.grading.conventions import Conventions
from onelayer.errors import EnvironmentFailed

PATIENCE_SECONDS = 600.0
"""wall-clock limit, should the process hang; its children reach their limit on processor time long before"""
_TRIES = 3
START_SECONDS = 120.0
"""how long the process may take to start on a busy machine"""

# The packages above this folder are replaced by empty modules: their __init__ would import Gymnasium and
# numpy, whose memory the worker does not need and whose threads would make its forks unsafe.
_BOOTSTRAP = """
import json, socket, sys, types
descriptor, folder, sys.path[:] = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
for name in ("onelayer", "onelayer.envs", "onelayer.envs.math", "onelayer.envs.math.grading"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
sys.modules["onelayer.envs.math.grading"].__path__ = [folder]
from onelayer.envs.math.grading.algebra_server import serve
serve(socket.socket(fileno=descriptor))
"""


class Worker:
    """A handle on the process, which starts when it is first needed and restarts if it was killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._owner = os.getpid()

    def start(self) -> None:
        """Start the process without waiting for it; do nothing where it runs already."""
        with self._lock:
            if self._control is None:
                self._spawn()

    def ask(self, gold: str, answer: str, conventions: Conventions) -> str:
        """Return ``equal``, ``different``, or in a few words why no verdict was reached: ``timeout``, ..."""
        question = {"gold": gold, "answer": answer, "conventions": asdict(conventions)}
        for _ in range(_TRIES):
            control = self._running()
            reply = _exchange(control, json.dumps(question).encode())
            if reply:
                return reply
            self._forget(control)  # it ended, with our question
        return "worker lost"

    def close(self) -> None:
        """Close the socket; if this process started the other one, wait for its end, or kill it after 2 s."""
        process = self._process if self._owner == os.getpid() else None
        if self._control is not None:
            self._forget(self._control)
        if process is not None:
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def after_fork(self) -> None:
        """Prepare a forked child: it shares the socket, but a thread of its parent may hold the lock."""
        self._lock = threading.Lock()
        self._process = None
        if not self._ready:  # the parent will read the greeting: start another worker
            self._control = None

    def _running(self) -> socket.socket:
        with self._lock:
            if self._control is None:
                self._spawn()
            assert self._control is not None
            if not self._ready:
                self._await_greeting(self._control)
            return self._control

    def _spawn(self) -> None:
        if importlib.util.find_spec("math_verify") is None:
            raise ImportError("grading mathematics needs math-verify: pip install 'onelayer[math]'")
        ours, theirs = socket.socketpair()
        arguments = [
            str(theirs.fileno()),
            str(Path(__file__).parent),
            json.dumps([p for p in sys.path if p]),
        ]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOTSTRAP, *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONHASHSEED": "0"},
                start_new_session=True,
            )
        self._control, self._ready, self._owner = ours, False, os.getpid()

    def _await_greeting(self, control: socket.socket) -> None:
        control.settimeout(START_SECONDS)
        try:
            greeting = control.recv(512)
        except TimeoutError:
            greeting = b"!no answer"
        if greeting[:1] != b"+":
            self._control = None
            control.close()
            raise EnvironmentFailed(
                f"the math worker did not start: {greeting[1:].decode() or 'it ended'}"
            )
        control.settimeout(None)
        self._ready = True

    def _forget(self, control: socket.socket) -> None:
        with self._lock:
            if self._control is control:
                control.close()
                self._control, self._ready = None, False


def _exchange(control: socket.socket, question: bytes) -> str:
    """Return the reply to a question, an empty text where the process ended before it could give one."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(PATIENCE_SECONDS)
        try:
            with theirs:
                # The question is sent first, so that it is there when a child is forked for it.
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * len(question) + 65536)
                ours.sendall(question)
                ours.shutdown(socket.SHUT_WR)
                socket.send_fds(control, [b"?"], [theirs.fileno()])
            return ours.recv(4096).decode()
        except TimeoutError:
            return "timeout"
        except OSError:
            return ""


WORKER = Worker()
os.register_at_fork(after_in_child=WORKER.after_fork)
atexit.register(WORKER.close)
