"""Make system calls by another ABI, whose numbers a filter might not know.

kinds: stdio
expected: failed error killed
"""

import ctypes
import mmap
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
if os.uname().machine == "x86_64":
    if libc.syscall(0x40000000 | 41, 2, 1, 0) >= 0:  # socket of x32
        print("LEAK x32", file=sys.stderr)
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # mov eax, 20 (getpid of i386); int 0x80; ret
    code.write(bytes.fromhex("b814000000cd80c3"))
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    if ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0:
        print("LEAK int 0x80", file=sys.stderr)
