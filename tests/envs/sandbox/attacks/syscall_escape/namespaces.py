"""Make new namespaces or enter others.

kinds: stdio asserts
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000, 0x80):
    if libc.unshare(flag) == 0:
        print("LEAK unshare", hex(flag), file=sys.stderr)
for name in ("user", "mnt", "pid", "net"):
    for process in ("1", "self", "@PARENT@"):
        try:
            descriptor = os.open(f"/proc/{process}/ns/{name}", os.O_RDONLY)
        except OSError:
            continue
        if libc.setns(descriptor, 0) == 0:
            print("LEAK setns", name, file=sys.stderr)
