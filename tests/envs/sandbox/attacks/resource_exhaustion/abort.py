"""Abort inside the C library.

kinds: io_call asserts stdio
expected: killed
"""

import os


def solve(n):
    os.abort()
