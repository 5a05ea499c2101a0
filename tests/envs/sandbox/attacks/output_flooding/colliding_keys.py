"""Answer with keys that fall into one slot of a hash table.

kinds: io_call asserts
limits: cpu_s=1
"""

STEP = 2**61 - 1


def solve(n):
    return {STEP * number: number for number in range(1, 3_000)}
