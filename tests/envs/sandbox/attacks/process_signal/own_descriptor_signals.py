"""Have the kernel send signals: by file owner, by a timer, by parent death.

kinds: stdio
expected: failed error killed
"""

import ctypes
import fcntl
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
reading, writing = os.pipe()
try:
    fcntl.fcntl(reading, 8, int("@VICTIM@"))  # F_SETOWN
    fcntl.fcntl(reading, 10, 15)  # F_SETSIG
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writing, b"x")
except OSError:
    pass
event = ctypes.create_string_buffer(64)
ctypes.c_int.from_buffer(event, 8).value = 15
ctypes.c_int.from_buffer(event, 12).value = 4  # SIGEV_THREAD_ID
ctypes.c_int.from_buffer(event, 16).value = int("@VICTIM@")
timer = ctypes.c_int()
number = {"x86_64": 222, "aarch64": 107}[os.uname().machine]
if libc.syscall(number, 1, event, ctypes.byref(timer)) == 0:
    print("LEAK a timer signals others", file=sys.stderr)
