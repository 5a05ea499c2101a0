"""Make a child in new namespaces by the raw clone calls.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
for flags in (0x10000000 | 17, 0x40000000 | 17, 0x20000000 | 17, 17, 0x4111):
    child = libc.syscall(clone, flags, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child > 0:
        print("LEAK clone", hex(flags), file=sys.stderr)
for flags in (0x10000000, 0x20000000, 0):
    arguments = (ctypes.c_uint64 * 11)(flags, 0, 0, 0, 17)
    child = libc.syscall(435, arguments, 64)
    if child == 0:
        os._exit(0)
    if child > 0:
        print("LEAK clone3", hex(flags), file=sys.stderr)
