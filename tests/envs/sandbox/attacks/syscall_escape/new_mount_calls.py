"""Build a file system by the newer mount calls.

kinds: stdio
expected: failed error killed
"""

import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
for number, arguments in (
    (430, (b"tmpfs", 0)),  # fsopen
    (433, (-100, b"/", 0)),  # fspick
    (428, (-100, b"/", 1)),  # open_tree
    (429, (-100, b"/tmp", -100, b"/", 0)),  # move_mount
    (442, (-100, b"/", 0x8000, ctypes.create_string_buffer(32), 32)),  # mount_setattr
):
    if libc.syscall(number, *arguments) >= 0:
        print("LEAK", number, file=sys.stderr)
