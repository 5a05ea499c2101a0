"""Answer with the right number, written out: a str is no int.

kinds: io_call asserts check_fn script
expected: failed
"""


def solve(n):
    return str(((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12)
