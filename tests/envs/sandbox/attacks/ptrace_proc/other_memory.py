"""Read and write the memory of processes outside.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
target_vector = (ctypes.c_void_p * 2)(id(sys), 64)
for target in (int("@VICTIM@"), int("@PARENT@"), os.getppid()):
    for call in (libc.process_vm_readv, libc.process_vm_writev):
        if target not in (0, os.getpid()) and call(target, vector, 1, target_vector, 1, 0) > 0:
            print("LEAK", call, target, file=sys.stderr)
    try:
        with open(f"/proc/{target}/mem", "rb") as file:
            file.seek(id(sys))
            print("LEAK", file.read(8), file=sys.stderr)
    except (OSError, ValueError):
        continue
