"""Name the canary by a file handle, which needs no path.

kinds: stdio
control: none
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


class Handle(ctypes.Structure):
    _fields_ = (("size", ctypes.c_uint), ("type", ctypes.c_int), ("bytes", ctypes.c_ubyte * 128))


handle, mount = Handle(size=128), ctypes.c_int()
for path in (b"@CANARY@/secret.txt", b"/", b"/tmp", os.fsencode(sys.executable)):
    if libc.name_to_handle_at(-100, path, ctypes.byref(handle), ctypes.byref(mount), 0) == 0:
        for root in ("/", "/tmp"):
            descriptor = libc.open_by_handle_at(os.open(root, os.O_RDONLY), ctypes.byref(handle), 0)
            if descriptor >= 0:
                print("LEAK", path, file=sys.stderr)
