"""Answer with integers that Python refuses to write in decimal digits.

kinds: io_call asserts check_fn script
"""


def solve(n):
    return [10**5000, {10**5000: -(10**5000)}] if n % 2 else 10**5000
