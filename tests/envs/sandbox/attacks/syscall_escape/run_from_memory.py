"""Run a program that is in no file system.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
try:
    descriptor = os.memfd_create("program", 0)
    os.write(descriptor, b"#!/bin/sh\necho LEAK >&2\n")
    number = {"x86_64": 322, "aarch64": 281}[os.uname().machine]
    arguments = (ctypes.c_char_p * 2)(b"program", None)
    libc.syscall(number, descriptor, b"", arguments, None, 0x1000)
    os.execve(descriptor, ["program"], {})
except OSError:
    print("held")
