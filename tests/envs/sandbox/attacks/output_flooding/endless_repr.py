"""Answer with objects whose repr, len, iteration and hash never end.

kinds: io_call asserts check_fn
limits: cpu_s=0.3 wall_s=2
"""


class Endless:
    def spin(self, *_):
        while True:
            pass

    __repr__ = __str__ = __len__ = __iter__ = __hash__ = __reduce__ = __getattr__ = __bool__ = spin
    __eq__ = spin


def solve(n):
    return Endless()
