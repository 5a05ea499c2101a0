"""Raise the exceptions that are no ``Exception``.

kinds: io_call asserts check_fn script stdio
"""


def solve(n):
    raise (KeyboardInterrupt, GeneratorExit, SystemExit)[n % 3]
