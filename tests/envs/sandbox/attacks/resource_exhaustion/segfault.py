"""Read through a null pointer.

kinds: io_call asserts stdio
expected: killed
"""

import ctypes


def solve(n):
    return ctypes.string_at(0)
