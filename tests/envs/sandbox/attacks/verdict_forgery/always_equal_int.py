"""Answer with an int that equals everything and passes isinstance checks.

kinds: io_call asserts check_fn script
control: fools
"""


class Equal(int):
    __eq__ = lambda self, other: True  # noqa: E731
    __ne__ = lambda self, other: False  # noqa: E731
    __hash__ = int.__hash__


def solve(n):
    return Equal(n)
