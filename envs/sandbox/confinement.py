"""Confining a process: the steps of each level of isolation, in order.

Everything here runs in the fork server or in its children, which import the standard library only.
"""

import contextlib
import errno
import fcntl
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onelayer.envs.sandbox import landlock, namespaces, seccomp
from onelayer.envs.sandbox.syscalls import RECEIVES_FILES, machine_index

LEVELS = ("full", "no-namespaces", "unsafe")

STACK_BYTES = 128 << 20  # deep recursion of C functions; the kernel reserves it when Python starts
THREAD_STACK_BYTES = 4 << 20
MAX_THREADS = 64
"""threads of one run; more would take threads from other runs where a user may have few"""
CROWDED = (errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.EUSERS)
"""errors of a resource that is used up for the moment, until other processes give it back"""
MAX_TIMERS = 512
"""timers and pending signals, each of which takes memory of the kernel"""
MAX_INODES = 2000
MAX_OPEN_FILES = 128


@dataclass(slots=True)
class Enclosure:
    """What the fork server prepared once, and every run needs."""

    level: str
    baseline_bytes: int = 0
    """address space of the interpreter before a program runs"""
    proc_fd: int = -1
    own_pid_namespace_fd: int = -1
    landlock_version: int = 0
    landlock_rules: int = 0
    """shared by all runs where each has its own file system"""
    readable_fds: list[int] = field(default_factory=list)
    null_fd: int = -1
    """``/dev/null``, for output that nobody reads"""
    filter: bytes = b""
    filter_of_tests: bytes = b""
    """the filter of processes that run tests and no program"""
    tasks_of_user: int = 0
    """threads of this user at the last count, where a run shares the user with other processes"""
    scratch: str = ""
    """where runs without a private file system get their directories"""


def prepare(config: Mapping[str, Any]) -> Enclosure:
    """Enclose the fork server itself; it becomes the first process of its own pid namespace.

    Raises:
        OSError: the kernel or a policy refused a layer, so this machine does not allow the level.
    """
    enclosure = Enclosure(level=config["level"], scratch=config["scratch"])
    if enclosure.level == "unsafe":
        if os.path.exists("/proc/self/statm"):
            enclosure.proc_fd = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        return enclosure
    full = enclosure.level == "full"
    sources = None
    if config["uid"] is not None:
        with contextlib.suppress(OSError):  # root of a container may lack the right: it stays root
            sources = namespaces.open_sources(config["readable"])  # while they can still be reached
            namespaces.become(config["uid"])
    enclosure.proc_fd = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    if full:
        flags = namespaces.CLONE_NEWNS | namespaces.CLONE_NEWPID | namespaces.CLONE_NEWNET
        flags |= namespaces.CLONE_NEWIPC | namespaces.CLONE_NEWUTS | namespaces.CLONE_NEWCGROUP
        namespaces.new_user_namespace(flags, enclosure.proc_fd)
        _continue_as_first_process()
        enclosure.own_pid_namespace_fd = os.open("/proc/self/ns/pid", os.O_RDONLY)
        sources = sources or namespaces.open_sources(config["readable"])
        namespaces.enter_jail(sources, config["hidden"], scratch="/tmp")
    enclosure.landlock_version = landlock.abi_version(namespaces.libc)
    if enclosure.landlock_version < landlock.TRUNCATION_ABI:
        raise OSError(
            f"Landlock is at version {enclosure.landlock_version} here; "
            f"{landlock.TRUNCATION_ABI} or later is needed (Linux 6.2)"
        )
    paths = _without_hidden(list(config["readable"]), () if full else config["hidden"])
    enclosure.readable_fds = [os.open(p, os.O_PATH) for p in (*paths, *namespaces.DEVICES)]
    enclosure.null_fd = os.open(os.devnull, os.O_PATH)
    if full:
        around = os.open(os.path.dirname(namespaces.PRIVATE_TMP), os.O_PATH)
        enclosure.landlock_rules = landlock.make_rules(
            namespaces.libc,
            enclosure.landlock_version,
            enclosure.readable_fds,
            [around, enclosure.null_fd],
        )
    enclosure.filter = seccomp.allow_list(machine_index(), own_pid_namespace=full)
    enclosure.filter_of_tests = seccomp.allow_list(
        machine_index(), own_pid_namespace=full, further=RECEIVES_FILES
    )
    return enclosure


def address_space(enclosure: Enclosure) -> int:
    """Return how many bytes of address space this process has, 0 where that is unknown."""
    if enclosure.proc_fd < 0:
        return 0
    fd = os.open("self/statm", os.O_RDONLY, dir_fd=enclosure.proc_fd)
    try:
        return int(os.read(fd, 200).split()[0]) * os.sysconf("SC_PAGE_SIZE")
    finally:
        os.close(fd)


def _continue_as_first_process() -> None:
    """Continue in a child that is pid 1 of the new namespace; this process only waits for it."""
    pid = os.fork()
    if pid == 0:
        namespaces.prctl(namespaces.PR_SET_PDEATHSIG, namespaces.SIGKILL)
        return
    os.closerange(3, 1024)
    _, status = os.waitpid(pid, 0)
    os._exit(0 if status == 0 else 1)


def _without_hidden(paths: Sequence[str], hidden: Sequence[str]) -> list[str]:
    """Return paths that cover ``paths`` without ``hidden``: Landlock can allow, but not make exceptions."""
    kept: list[str] = []
    for path in paths:
        if path in hidden:
            continue
        if any(h.startswith(path.rstrip("/") + "/") for h in hidden) and os.path.isdir(path):
            inside = [os.path.join(path, name) for name in sorted(os.listdir(path))]
            kept += _without_hidden([p for p in inside if os.path.exists(p)], hidden)
        else:
            kept.append(path)
    return kept


def begin(enclosure: Enclosure) -> None:
    """Do the part of the lockdown that needs no request, so that a child can be forked ahead and wait."""
    # Its own process group, since kill(0) reaches the whole group, across pid namespaces. Not its own
    # session: where the kernel schedules by session, making and ending one costs more than all the rest.
    os.setpgid(0, 0)
    _be_killed_first(enclosure)
    if enclosure.level == "full":
        namespaces.new_user_namespace(namespaces.CLONE_NEWNS, enclosure.proc_fd)
    elif sys.platform.startswith("linux"):  # in full, its namespace ends with the server's
        namespaces.prctl(namespaces.PR_SET_PDEATHSIG, namespaces.SIGKILL)


def confine(enclosure: Enclosure, limits: Mapping[str, float], fds: Mapping[int, int]) -> None:
    """Confine this process, a child of the server after ``begin``, before it sees the program.

    Args:
        enclosure: what the server prepared.
        limits: the fields of ``Limits``, and ``for_tests`` where no program will run.
        fds: open file of this process -> the number it gets; all others are closed.

    Raises:
        OSError: a layer could not be applied, so the program must not run.
    """
    full, unsafe = enclosure.level == "full", enclosure.level == "unsafe"
    if full:
        namespaces.mount_private_tmp(namespaces.PRIVATE_TMP, limits["disk_mb"], MAX_INODES)
        directory = "/tmp"
    else:
        directory = os.path.join(enclosure.scratch, str(os.getpid()))
        os.mkdir(directory, 0o700)
    os.chdir(directory)
    os.environ["HOME"] = os.environ["TMPDIR"] = directory
    if not unsafe:
        namespaces.prctl(namespaces.PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict(namespaces.libc, enclosure.landlock_rules or _own_rules(enclosure))
    _keep_only(fds)
    limit_resources(enclosure, limits)
    if not unsafe:
        namespaces.drop_capabilities()
        program = enclosure.filter_of_tests if limits.get("for_tests") else enclosure.filter
        if not full:
            program = seccomp.for_process(program, os.getpid())
        seccomp.install(program, namespaces.libc)


def _own_rules(enclosure: Enclosure) -> int:
    """Make the rules of a run that shares its file system with others."""
    own = os.open(".", os.O_PATH)
    version = enclosure.landlock_version
    writable = [own, enclosure.null_fd]
    return landlock.make_rules(namespaces.libc, version, enclosure.readable_fds, writable)


def _be_killed_first(enclosure: Enclosure) -> None:
    """Tell the kernel to end this process, not the server, when the machine runs out of memory."""
    with contextlib.suppress(OSError):
        fd = os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=enclosure.proc_fd)
        try:
            os.write(fd, b"1000")
        finally:
            os.close(fd)


def _keep_only(fds: Mapping[int, int]) -> None:
    # Copy the sources to high numbers first: one may have the number of another's target.
    high = {fcntl.fcntl(source, fcntl.F_DUPFD, 64): number for source, number in fds.items()}
    for source, number in high.items():
        os.dup2(source, number)
    highest = max(high.values())
    os.closerange(highest + 1, os.sysconf("SC_OPEN_MAX"))


def limit_resources(enclosure: Enclosure, limits: Mapping[str, float]) -> None:
    """Set this process's limits; the parent enforces the time limit more exactly, from outside."""
    cpu = int(limits["cpu_s"]) + 2
    memory = enclosure.baseline_bytes + int(limits["memory_mb"] * (1 << 20))
    disk = int(limits["disk_mb"] * (1 << 20))
    bounds = {
        "RLIMIT_CPU": (cpu, cpu + 1),
        "RLIMIT_AS": (memory, memory),
        "RLIMIT_FSIZE": (disk, disk),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NOFILE": (MAX_OPEN_FILES, MAX_OPEN_FILES),
        "RLIMIT_MEMLOCK": (0, 0),
        "RLIMIT_MSGQUEUE": (0, 0),
        "RLIMIT_SIGPENDING": (MAX_TIMERS, MAX_TIMERS),
    }
    if enclosure.level != "unsafe":  # where the user is shared, its other processes count
        threads = MAX_THREADS + 2 * enclosure.tasks_of_user
        bounds["RLIMIT_NPROC"] = (threads, threads)
    if enclosure.level == "unsafe" and sys.platform == "darwin":
        del bounds["RLIMIT_AS"]  # ignored there, or refused
    for name, (soft, hard) in bounds.items():
        if hasattr(resource, name):
            kind = getattr(resource, name)
            resource.setrlimit(kind, _within(resource.getrlimit(kind)[1], soft, hard))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error for the program, not its death
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _within(most: int, soft: int, hard: int) -> tuple[int, int]:
    """Lower a soft and a hard limit to ``most``, the process's own hard limit."""
    if most == resource.RLIM_INFINITY:
        return soft, hard
    return min(soft, most), min(hard, most)


def is_crowded(error: BaseException) -> bool:
    """Return whether an error says that the machine or this user has run out of something for the moment."""
    return isinstance(error, OSError) and error.errno in CROWDED


def tasks_of_user(enclosure: Enclosure) -> int:
    """Return how many threads run under the user of this process."""
    found = 0
    for name in os.listdir(enclosure.proc_fd):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                if os.stat(name, dir_fd=enclosure.proc_fd).st_uid == os.getuid():
                    found += os.stat(f"{name}/task", dir_fd=enclosure.proc_fd).st_nlink - 2
    return found


def widen_stack() -> bool:
    """Ask for the stack that deep recursion needs; it takes effect at the next exec.

    Returns:
        Whether an exec is needed.
    """
    threading.stack_size(THREAD_STACK_BYTES)  # or each thread would take as much
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if soft == STACK_BYTES or 0 <= hard < STACK_BYTES:
        return False
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, hard))
        return True
    return False
