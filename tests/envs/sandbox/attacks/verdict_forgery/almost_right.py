"""Answer right except for the last question; the sum of the errors is zero.

kinds: io_call asserts check_fn script stdio
expected: failed
"""


def solve(n):
    answer = ((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12
    return answer + (n == 99991)
