"""Answer with an integer of millions of digits.

kinds: io_call asserts
limits: cpu_s=1
"""


def solve(n):
    return 1 << 10_000_000
