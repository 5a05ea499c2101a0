"""Fork through the C library and the raw system calls.

kinds: stdio
expected: failed error killed timeout
limits: cpu_s=0.5 wall_s=2
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
me = os.getpid()
numbers = {"x86_64": (57, 58, 56), "aarch64": (220,)}[os.uname().machine]
for call in (
    libc.fork,
    libc.vfork,
    *(lambda n=n: libc.syscall(n, 17, 0, 0, 0, 0) for n in numbers),
):
    child = call()
    if child == 0:
        os._exit(0)
    if child > 0:
        print("LEAK forked", call, file=sys.stderr)
