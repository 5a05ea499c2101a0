"""Type into the terminal of whoever started the trainer.

kinds: stdio
expected: failed error killed
"""

import fcntl
import os
import sys

for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/dev/ptmx", "/dev/tty1"):
    try:
        os.open(path, os.O_RDWR)
        print("LEAK", path, file=sys.stderr)
    except OSError:
        pass
for descriptor in range(0, 10):
    for request, argument in (
        (0x5412, b"x"),
        (0x541C, bytes([3])),
        (0x5413, bytes(8)),
    ):  # STI, LINUX, WINSZ
        try:
            fcntl.ioctl(descriptor, request, argument)
            print("LEAK ioctl", hex(request), descriptor, file=sys.stderr)
        except OSError:
            continue
