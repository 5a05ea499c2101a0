"""Answer None to everything.

kinds: io_call asserts check_fn script stdio
"""


def solve(n):
    return None
