"""Answer with more data than the trainer should ever hold.

kinds: io_call asserts
expected: output_limit failed error memory timeout
limits: memory_mb=1024
"""


def solve(n):
    return ["x" * 1000] * 80_000
