"""A process's use of resources, measured from outside: 0 where the system does not report it."""

import contextlib
import os
import time


def cpu_s(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # the process has ended, or this system has no such clock
        return 0.0


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds, MiB."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def queued_s(pid: int) -> float:
    """Return for how many seconds the threads of a process were ready but waited for a processor."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[1])
    return total / 1e9
