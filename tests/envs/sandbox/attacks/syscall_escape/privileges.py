"""Take back user ids, groups and capabilities.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
capset = {"x86_64": 126, "aarch64": 91}[os.uname().machine]
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
if libc.syscall(capset, header, (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)) == 0:
    print("LEAK capset", file=sys.stderr)
held = (ctypes.c_uint32 * 6)()
if libc.syscall(capset - 1, header, held) == 0 and any(held):
    print("LEAK holds capabilities", list(held), file=sys.stderr)
for attempt in (
    lambda: os.setgroups([0]),
    lambda: os.setuid(12345),
    lambda: os.setresuid(1, 1, 1),
    lambda: os.setresgid(1, 1, 1),
):
    try:
        attempt()
        print("LEAK", attempt, file=sys.stderr)
    except OSError:
        continue
if libc.prctl(47, 2, 21, 0, 0) == 0:  # PR_CAP_AMBIENT_RAISE of CAP_SYS_ADMIN
    print("LEAK ambient capability", file=sys.stderr)
