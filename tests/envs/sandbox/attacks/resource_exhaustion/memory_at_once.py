"""Ask for far more memory than is allowed.

kinds: io_call asserts stdio
expected: memory error
limits: memory_mb=128
"""


def solve(n):
    return len(bytearray(10**12))
