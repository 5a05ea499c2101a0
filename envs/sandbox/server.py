"""The fork server: a small Python inside the jail that forks once for every run.

``pool.py`` starts it with a bare environment. It is not forked from the trainer, so it holds none of the
trainer's memory. It gets limits and open files only, never programs, inputs or tests.
"""

import _sitebuiltins
import builtins
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import random
import select
import signal
import socket
import sys
import time
import types
from collections.abc import Callable
from typing import Any


def _find_own_modules() -> None:
    """Make ``onelayer.envs.sandbox`` importable without the package around it."""
    folder = os.path.dirname(os.path.abspath(__file__))
    for name, path in (
        ("onelayer", []),
        ("onelayer.envs", []),
        ("onelayer.envs.sandbox", [folder]),
    ):
        module = types.ModuleType(name)
        module.__path__ = path
        sys.modules[name] = module


def _find_fork() -> Callable[[], int]:
    """Return fork(2) without what Python does around it.

    Python also restores locks that other threads may have held. This process has one thread, and that work
    would touch more memory than the whole lockdown.
    """
    if sys.platform.startswith("linux"):
        fork_of_libc = ctypes.PyDLL(None, use_errno=True).fork  # keeps the interpreter's lock

        def fork() -> int:
            pid = int(fork_of_libc())
            if pid < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            return pid

        return fork
    return os.fork


fork = _find_fork()


class Server:
    """Answers the requests of one trainer: one message, one fork."""

    def __init__(self, control: socket.socket, enclosure: Any, trainer_fd: int):
        self.control = control
        self.trainer_fd = trainer_fd
        """readable when the trainer has died, -1 where the system offers no such file. The end of ``control``
        is not enough: a process that the trainer forked may hold its other end open for longer"""
        self.enclosure = enclosure
        self.runs: dict[int, socket.socket] = {}  # pid -> where its end is reported
        self.next_child: tuple[int, socket.socket] | None = None
        """a child forked in advance, and the socket for its request"""
        self.count_at = 0.0
        self.poll = select.poll()
        self.wake_reader, wake_writer = os.pipe()
        for fd in (self.wake_reader, wake_writer):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.poll.register(control, select.POLLIN)
        if trainer_fd >= 0:
            self.poll.register(trainer_fd, select.POLLIN)
        self.poll.register(self.wake_reader, select.POLLIN)

    def serve(self) -> None:
        """Serve until the trainer is gone, then leave nothing behind."""
        while True:
            for fd, _ in self.poll.poll():
                if fd == self.trainer_fd or (fd == self.control.fileno() and not self._accept()):
                    self._end_all()
                    return
                elif fd == self.control.fileno():
                    continue
                elif fd == self.wake_reader:
                    os.read(fd, 4096)
                    self._reap()
                else:
                    self._stop(fd)

    def _accept(self) -> bool:
        from onelayer.envs.sandbox import confinement

        data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 8)
        if not data:
            return False
        status = socket.socket(fileno=fds[0])
        try:
            pid = self._hand_over(data, fds[1:])
        except OSError as error:
            crowded = confinement.is_crowded(error)
            _report(status, {"failed": f"no process could be made: {error}", "crowded": crowded})
            status.close()
        else:
            self.runs[pid] = status
            self.poll.register(status, select.POLLIN)
        for fd in fds[1:]:
            os.close(fd)
        with contextlib.suppress(OSError):  # the next request tries again, and reports a failure
            self.next_child = self.next_child or self._fork()
        return True

    def _hand_over(self, data: bytes, fds: list[int]) -> int:
        """Give a request to the child that waits, or else to a new one."""
        for _ in range(2):
            pid, door = self.next_child or self._fork()
            self.next_child = None
            with door:
                try:
                    socket.send_fds(door, [data], fds)
                    return pid
                except OSError:  # somebody killed it while it waited
                    continue
        raise OSError("its processes are killed while they wait")

    def _fork(self) -> tuple[int, socket.socket]:
        """Fork a child that waits for a request, while the previous run uses the other core."""
        from onelayer.envs.sandbox import child, namespaces

        if self.enclosure.level == "full":
            namespaces.new_pid_namespace_for_children(self.enclosure.own_pid_namespace_fd)
        else:
            self._count_tasks()
        ours, theirs = socket.socketpair()
        try:
            pid = fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            ours.close()
            child.main(self.enclosure, theirs)  # does not return
        theirs.close()
        return pid, ours

    def _count_tasks(self) -> None:
        """Note at most once a second how many threads this user has, to which a run's limit is added."""
        from onelayer.envs.sandbox import confinement

        if self.enclosure.level == "no-namespaces" and time.monotonic() > self.count_at:
            self.count_at = time.monotonic() + 1.0
            self.enclosure.tasks_of_user = confinement.tasks_of_user(self.enclosure)

    def _end_all(self) -> None:
        """Kill the runs and remove their folders; at ``full`` both vanish with the namespaces."""
        if self.enclosure.level == "full":
            return
        for pid in self.runs:
            _kill(pid, group=self.enclosure.level == "unsafe")
        while self.runs:
            signal.sigtimedwait([signal.SIGCHLD], 0.05)
            self._reap()
        with contextlib.suppress(OSError):  # the trainer may have been faster
            os.rmdir(self.enclosure.scratch)

    def _stop(self, status_fd: int) -> None:
        """Kill the run that the trainer is done with, or whose thread is gone."""
        for pid, status in self.runs.items():
            if status.fileno() == status_fd:
                self.poll.unregister(status_fd)
                _kill(pid, group=self.enclosure.level == "unsafe")
                return

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            report = self.runs.pop(pid, None)
            if report is None:
                continue  # an orphan
            if self.enclosure.level == "unsafe":
                _kill(pid, group=True)
            if self.enclosure.level != "full":
                from onelayer.envs.sandbox.scratch import remove

                remove(os.path.join(self.enclosure.scratch, str(pid)))
            with contextlib.suppress(KeyError):  # it was told to stop before
                self.poll.unregister(report)
            _report(
                report,
                {
                    "exit": os.waitstatus_to_exitcode(status),
                    "cpu_s": usage.ru_utime + usage.ru_stime,
                    "peak_kb": usage.ru_maxrss
                    if sys.platform != "darwin"
                    else usage.ru_maxrss >> 10,
                },
            )
            report.close()


def _kill(pid: int, group: bool) -> None:
    try:
        os.killpg(pid, signal.SIGKILL) if group else os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if group:
            _kill(pid, group=False)


def _report(status: socket.socket, record: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the trainer's side is gone
        status.send(json.dumps(record).encode())


def _add_builtins() -> None:
    """Set the builtins that the site module adds and programs rely on."""
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D"))
    for name in ("copyright", "credits", "license"):
        text = sys.copyright if name == "copyright" else f"See {name} at python.org."
        setattr(builtins, name, _sitebuiltins._Printer(name, text))
    builtins.help = _sitebuiltins._Helper()


def _watch_trainer(pid: int) -> int:
    """Return an open file that becomes readable when the trainer dies, -1 where the system has none."""
    if not hasattr(os, "pidfd_open"):
        return -1
    try:
        trainer_fd = os.pidfd_open(pid)
    except OSError:
        return -1
    if os.getppid() != pid:  # it is dead already
        sys.exit(1)
    return trainer_fd


def _preload(names: list[str]) -> dict[str, str]:
    """Import modules; return those that can't be, and why: a Python may lack some."""
    missing = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            missing[name] = f"{type(error).__name__}: {error}"[:300]
    return missing


def main() -> None:
    """Enclose this process, import what programs need, and serve."""
    _find_own_modules()
    # Import all of them now: their files are not visible inside the jail.
    from onelayer.envs.sandbox import child, confinement, scratch  # noqa: F401

    control_fd, config = int(sys.argv[1]), json.loads(sys.argv[2])
    if confinement.widen_stack():
        os.execv(sys.executable, sys.orig_argv)
    os.environ.pop("LD_LIBRARY_PATH", None)  # read by the linker when this process began
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    trainer_fd = _watch_trainer(config["trainer"])
    try:
        enclosure = confinement.prepare(config)
    except OSError as error:
        control.send(json.dumps({"failed": str(error)}).encode())
        sys.exit(1)
    sys.path += config["packages"]
    for name in config["installed"]:
        importlib.util.find_spec(name)  # remembers their folders, which runs may not list
    sys.argv = ["program.py"]
    sys.orig_argv = [sys.executable, "program.py"]  # the real ones tell about the machine
    _add_builtins()
    missing = _preload(config["preload"])
    random.seed(0)  # so that rewards are reproducible
    enclosure.baseline_bytes = confinement.address_space(enclosure)
    control.send(json.dumps({"ready": enclosure.level, "missing": missing}).encode())
    gc.collect()
    gc.freeze()
    Server(control, enclosure, trainer_fd).serve()


if __name__ == "__main__":
    main()
