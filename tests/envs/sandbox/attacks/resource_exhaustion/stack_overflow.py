"""Overflow the C stack by a repr nested deeper than the interpreter guards.

kinds: io_call asserts stdio
expected: killed error memory timeout failed
limits: cpu_s=0.5
"""

import sys

sys.setrecursionlimit(10**9)


def solve(n):
    return solve(n) + 1
