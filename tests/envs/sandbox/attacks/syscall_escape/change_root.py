"""Leave a changed root by the old trick, and pivot to another.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import sys
import tempfile

libc = ctypes.CDLL(None, use_errno=True)
here = tempfile.mkdtemp()
os.chdir(here)
if libc.chroot(os.fsencode(here)) == 0:
    print("LEAK chroot", file=sys.stderr)
number = {"x86_64": 155, "aarch64": 41}[os.uname().machine]
if libc.syscall(number, b".", b".") == 0:
    print("LEAK pivot_root", file=sys.stderr)
os.chdir("/".join([".."] * 60))
try:
    with open("@CANARY@/secret.txt".lstrip("/")) as file:
        print("LEAK", file.read(), file=sys.stderr)
except OSError:
    print("held")
