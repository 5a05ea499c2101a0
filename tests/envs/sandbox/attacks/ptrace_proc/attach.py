"""Trace, stop and read processes outside by the debugger's calls.

kinds: stdio asserts
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
for target in (int("@VICTIM@"), int("@PARENT@"), os.getppid(), 1, 2):
    for request in (16, 0x4206):  # ATTACH, SEIZE
        if target not in (0, os.getpid()) and libc.ptrace(request, target, None, None) == 0:
            print("LEAK traced", target, file=sys.stderr)
if libc.ptrace(0, 0, None, None) == 0:
    print("LEAK may be traced by its parent", file=sys.stderr)
