"""Make the read-only world writable again, or mount a new one over it.

The calls are such that they would harm nothing where they are allowed: a file system that does not
exist, a folder of its own, an unmounting that only asks.

kinds: stdio
expected: failed error killed
"""

import ctypes
import errno
import os
import sys
import tempfile

libc = ctypes.CDLL(None, use_errno=True)
folder = os.fsencode(tempfile.mkdtemp())
REMOUNT, BIND = 32, 4096
for arguments in (
    (b"none", folder, b"no_such_file_system", 0, b""),
    (b"none", folder, b"", REMOUNT | BIND, b""),
    (b"@CANARY@", folder, b"", BIND, b""),
    (b"/", folder, b"", BIND, b""),
    (b"tmpfs", folder, b"tmpfs", 0, b""),
    (b"proc", folder, b"proc", 0, b""),
    (b"sysfs", folder, b"sysfs", 0, b""),
):
    if libc.mount(*arguments) == 0 or ctypes.get_errno() == errno.ENODEV:
        print("LEAK", arguments, file=sys.stderr)
for path in (b"/", b"/tmp", b"/dev/null", b"/usr"):
    if libc.umount2(path, 4) == 0 or ctypes.get_errno() in (
        errno.EAGAIN,
        errno.EBUSY,
    ):  # MNT_EXPIRE
        print("LEAK may unmount", path, file=sys.stderr)
