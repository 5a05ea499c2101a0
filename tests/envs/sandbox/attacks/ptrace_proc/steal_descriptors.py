"""Take over open files of processes outside.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
for target in (int("@VICTIM@"), int("@PARENT@"), os.getppid(), 1):
    if target in (0, os.getpid()):
        continue
    descriptor = libc.syscall(434, target, 0)  # pidfd_open
    if descriptor >= 0:
        for number in range(10):
            if libc.syscall(438, descriptor, number, 0) >= 0:  # pidfd_getfd
                print("LEAK", target, number, file=sys.stderr)
    try:
        print("LEAK", os.listdir(f"/proc/{target}/fd"), file=sys.stderr)
    except OSError:
        continue
