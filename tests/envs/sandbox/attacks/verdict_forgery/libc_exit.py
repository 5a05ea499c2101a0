"""Call the C library's exit functions.

kinds: io_call asserts check_fn script stdio
control: fools
"""

import ctypes

libc = ctypes.CDLL(None)


def solve(n):
    libc.quick_exit(0)
    libc._exit(0)
