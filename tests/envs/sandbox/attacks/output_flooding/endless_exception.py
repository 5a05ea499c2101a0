"""Raise an exception with a huge message and a chain of thousands of causes.

kinds: io_call asserts stdio
limits: cpu_s=2
"""


def solve(n):
    error = ValueError("x" * 1_000_000)
    for _ in range(5_000):
        following = ValueError("y")
        following.__cause__ = error
        error = following
    raise error
