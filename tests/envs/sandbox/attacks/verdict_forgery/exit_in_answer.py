"""Raise SystemExit(0) instead of answering.

kinds: io_call asserts check_fn script stdio
control: fools
"""


def solve(n):
    raise SystemExit(0)
