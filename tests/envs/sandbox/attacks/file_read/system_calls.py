"""Read the canary by system calls, past whatever Python's functions were replaced with.

kinds: stdio asserts
control: leaks
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(200)
numbers = {"x86_64": (257, 437), "aarch64": (56, 437)}[os.uname().machine]
how = (ctypes.c_uint64 * 3)(0, 0, 0)
for descriptor in (
    libc.open(b"@CANARY@/secret.txt", 0),
    libc.syscall(numbers[0], -100, b"@CANARY@/secret.txt", 0, 0),
    libc.syscall(numbers[1], -100, b"@CANARY@/secret.txt", how, 24),
    libc.open(b"@CANARY@/secret.txt", 0o10000000),  # O_PATH
    libc.open(b"@CANARY@/secret.txt", 1),
):
    if descriptor >= 0 and libc.read(descriptor, buffer, 199) > 0:
        print("LEAK", buffer.value, file=sys.stderr)
