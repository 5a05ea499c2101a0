"""Answer with a class, whose metaclass makes it equal everything.

kinds: io_call asserts check_fn script
control: fools
"""


class Meta(type):
    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return 0

    def __instancecheck__(cls, instance):
        return True


class Equal(metaclass=Meta):
    pass


def solve(n):
    return Equal
