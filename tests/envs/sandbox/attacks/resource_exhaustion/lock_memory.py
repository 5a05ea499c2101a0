"""Pin memory so that the machine cannot swap it out.

kinds: stdio
"""

import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(16_000_000)
if libc.mlock(buffer, 16_000_000) == 0 or libc.mlockall(3) == 0:
    print("LEAK locked memory", file=sys.stderr)
