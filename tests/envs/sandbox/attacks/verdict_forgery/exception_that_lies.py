"""Raise an exception whose every method misbehaves while it is being reported.

kinds: io_call asserts check_fn script stdio
limits: cpu_s=0.5 wall_s=2
"""

import os


class Lie(BaseException):
    def __str__(self):
        os._exit(0)

    __repr__ = __str__
    __reduce__ = __str__

    @property
    def __traceback__(self):
        os._exit(0)


def solve(n):
    raise Lie
