"""Answer with a generator that never ends.

kinds: io_call asserts check_fn script
limits: cpu_s=0.5 wall_s=2
"""


def solve(n):
    while True:
        yield n
