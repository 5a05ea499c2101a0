"""Answer with an object whose unpickling runs a command.

kinds: io_call asserts check_fn
"""

import os


class Evil:
    def __reduce__(self):
        return os.system, ("touch @CANARY@/home/pwned",)

    __reduce_ex__ = lambda self, protocol: self.__reduce__()  # noqa: E731


def solve(n):
    return [Evil(), {"key": Evil()}]
