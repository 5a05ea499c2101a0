"""Read the kernel's view of processes, and write to the files that steer them.

kinds: stdio
expected: failed error killed
"""

import os
import sys

for path in ("/proc", "/proc/self", "/proc/1", "/proc/sys/kernel", "/sys", "/sys/fs/cgroup"):
    try:
        print("LEAK", os.listdir(path)[:5], file=sys.stderr)
    except OSError:
        pass
for path in (
    "/proc/self/oom_score_adj",
    "/proc/self/coredump_filter",
    "/proc/sysrq-trigger",
    "/proc/self/mem",
):
    try:
        os.open(path, os.O_WRONLY)
        print("LEAK may write", path, file=sys.stderr)
    except OSError:
        continue
