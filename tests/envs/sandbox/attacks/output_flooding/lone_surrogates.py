"""Answer with text that no encoding can carry.

kinds: io_call asserts stdio
"""


def solve(n):
    return "\ud800\udfff" * 10
