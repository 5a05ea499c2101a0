"""Set the host name, switch swap and accounting, read the kernel's log, load modules.

kinds: stdio
expected: failed error killed
"""

import ctypes
import errno
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
name = os.fsencode(os.uname().nodename)
for title, call in {
    "sethostname": lambda: libc.sethostname(name, len(name)),
    "swapoff": lambda: libc.swapoff(b"/nowhere"),
    "acct": lambda: libc.acct(b"/nowhere/acct"),
    "syslog": lambda: libc.klogctl(10, None, 0),
    "init_module": lambda: libc.syscall(
        175 if os.uname().machine == "x86_64" else 105, None, 0, b""
    ),
}.items():
    if call() >= 0 or ctypes.get_errno() in (errno.ENOENT, errno.EFAULT, errno.ENOEXEC):
        print("LEAK may", title, file=sys.stderr)
