"""Keep data in the kernel's pipe buffers.

kinds: stdio
limits: memory_mb=128
"""

import contextlib
import fcntl
import os
import sys

kept = 0
for _ in range(300):
    reading, writing = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(writing, 1031, 1 << 20)  # F_SETPIPE_SZ
    os.set_blocking(writing, False)
    with contextlib.suppress(OSError):
        while True:
            kept += os.write(writing, bytes(65536))
    if kept > 200_000_000:
        print("LEAK pipes hold", kept, file=sys.stderr)
        break
