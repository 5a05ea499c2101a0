"""Burn CPU for ever.

kinds: io_call asserts stdio
expected: timeout
limits: cpu_s=0.3
"""


def solve(n):
    while True:
        n += 1
