"""Whole numbers, and a few that are not."""

import math

from onelayer.envs.code.shipped import function, number, wrong
from onelayer.envs.code.tasks.draws import integers


@function(
    "easy",
    examples=[[407]],
    draw=lambda rng: [rng.randint(-(10 ** rng.randint(1, 12)), 10**9)],
    edges=[[0], [-90], [10]],
)
def digit_sum(n: int) -> int:
    """Return the sum of the decimal digits of `n`, whose sign does not matter."""
    return sum(int(digit) for digit in str(abs(n)))


@wrong(digit_sum)
def digital_root(n):
    n = abs(n)
    return 0 if n == 0 else 1 + (n - 1) % 9


@wrong(digit_sum)
def only_positive(n):
    return sum(int(digit) for digit in str(max(n, 0)))


@wrong(digit_sum)
def skips_the_last_digit(n):
    total, n = 0, abs(n)
    while n >= 10:
        total, n = total + n % 10, n // 10
    return total


@function(
    "easy",
    examples=[[15, 0, 10]],
    draw=lambda rng: [rng.randint(-30, 30), -rng.randint(0, 9), rng.randint(0, 9)],
    edges=[[3, 3, 3], [-1, 0, 10], [10, 0, 10]],
)
def clamp(value: int, low: int, high: int) -> int:
    """Return `value`, or the nearest number from `low` to `high` where it lies outside."""
    return max(low, min(value, high))


@wrong(clamp)
def forgets_low(value, low, high):
    return min(value, high)


@wrong(clamp)
def swaps_the_bounds(value, low, high):
    if value < low:
        return high
    return low if value > high else value


@wrong(clamp)
def excludes_high(value, low, high):
    return max(low, min(value, high - 1))


@function(
    "easy",
    examples=[[2024], [1900]],
    draw=lambda rng: [rng.choice([rng.randint(1583, 3000), 100 * rng.randint(16, 40)])],
    edges=[[2000], [2100], [2023]],
)
def is_leap_year(year: int) -> bool:
    """Return whether `year` has a 29th of February.

    Every fourth year has one, but of the years that 100 divides only those that 400 divides.
    """
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@wrong(is_leap_year)
def every_fourth(year):
    return year % 4 == 0


@wrong(is_leap_year)
def never_in_full_centuries(year):
    return year % 4 == 0 and year % 100 != 0


@wrong(is_leap_year)
def always_in_full_centuries(year):
    return year % 4 == 0 or year % 100 == 0


@function(
    "easy",
    examples=[[12, 18]],
    draw=lambda rng: [(k := rng.randint(1, 40)) * rng.randint(0, 60), k * rng.randint(1, 60)],
    edges=[[0, 7], [7, 0], [0, 0], [13, 17]],
)
def common_divisor(a: int, b: int) -> int:
    """Return the largest number that divides both `a` and `b`, which are not negative.

    Every number divides 0; of 0 and 0 return 0.
    """
    while b:
        a, b = b, a % b
    return a


@wrong(common_divisor)
def returns_the_smaller(a, b):
    return min(a, b)


@wrong(common_divisor)
def one_round_only(a, b):
    return a % b if b and a % b else min(a, b)


@wrong(common_divisor)
def common_multiple(a, b):
    return a * b // common_divisor(a, b) if a and b else 0


@function(
    "easy",
    examples=[[6]],
    draw=lambda rng: [rng.randint(1, 3000)],
    edges=[[1], [2], [27]],
)
def halving_steps(n: int) -> int:
    """Return how many steps lead from `n`, at least 1, to 1.

    A step halves an even number, and makes 3 n + 1 of an odd number n.
    """
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@wrong(halving_steps)
def counts_the_numbers(n):
    steps = 1
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@wrong(halving_steps)
def counts_halvings(n):
    steps = 0
    while n != 1:
        steps += n % 2 == 0
        n = n // 2 if n % 2 == 0 else 3 * n + 1
    return steps


@wrong(halving_steps)
def binary_length(n):
    return n.bit_length() + 2


@function(
    "medium",
    examples=[[60]],
    draw=lambda rng: [rng.randint(2, 10 ** rng.randint(1, 7))],
    edges=[[1], [2], [49], [1024], [999_983], [2 * 999_983]],
)
def prime_factors(n: int) -> list[int]:
    """Return the primes whose product is `n`, the smallest first, each as often as it divides `n`.

    `n` is at least 1; 1 has none.
    """
    found, divisor = [], 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            found.append(divisor)
            n //= divisor
        divisor += 1
    return [*found, n] if n > 1 else found


@wrong(prime_factors)
def each_once(n):
    return sorted(d for d in range(2, n + 1) if n % d == 0 and all(d % e for e in range(2, d)))


@wrong(prime_factors)
def forgets_the_rest(n):
    found, divisor = [], 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            found.append(divisor)
            n //= divisor
        divisor += 1
    return found


@wrong(prime_factors)
def keeps_a_one(n):
    found, divisor = [], 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            found.append(divisor)
            n //= divisor
        divisor += 1
    return [*found, n]


@function(
    "medium",
    examples=[[255, 16]],
    draw=lambda rng: [rng.randint(-5000, 10**6), rng.randint(2, 36)],
    edges=[[0, 2], [-8, 2], [35, 36], [36, 36]],
)
def to_base(n: int, base: int) -> str:
    """Return `n` written in a base from 2 to 36.

    The digits above 9 are a to z, and a negative number begins with a minus sign.
    """
    digits, rest = "", abs(n)
    while rest:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % base] + digits
        rest //= base
    return ("-" if n < 0 else "") + (digits or "0")


@wrong(to_base)
def backwards(n, base):
    digits, rest = "", abs(n)
    while rest:
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[rest % base]
        rest //= base
    return ("-" if n < 0 else "") + (digits or "0")


@wrong(to_base)
def empty_for_zero(n, base):
    digits, rest = "", abs(n)
    while rest:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % base] + digits
        rest //= base
    return ("-" if n < 0 else "") + digits


@wrong(to_base)
def only_some_bases(n, base):
    return {2: bin, 8: oct, 16: hex}.get(base, str)(n).replace("0x", "").replace("0b", "")


@function(
    "medium",
    examples=[[11, [1, 2, 5]]],
    draw=lambda rng: [rng.randint(0, 60), sorted(rng.sample(range(2, 14), rng.randint(1, 4)))],
    edges=[[0, [3]], [7, [2, 4]], [12, [1, 6, 10]], [8, [1, 4, 5]]],
)
def fewest_coins(amount: int, coins: list[int]) -> int:
    """Return the smallest number of coins that make `amount`, or -1 where none do.

    There are as many coins of each value as needed.
    """
    fewest = [0]
    for part in range(1, amount + 1):
        before = [
            fewest[part - coin] for coin in coins if coin <= part and fewest[part - coin] >= 0
        ]
        fewest.append(1 + min(before) if before else -1)
    return fewest[amount]


@wrong(fewest_coins)
def takes_the_largest(amount, coins):
    taken = 0
    for coin in sorted(coins, reverse=True):
        taken += amount // coin
        amount %= coin
    return -1 if amount else taken


@wrong(fewest_coins)
def counts_the_ways(amount, coins):
    ways = [1] + [0] * amount
    for coin in coins:
        for part in range(coin, amount + 1):
            ways[part] += ways[part - coin]
    return ways[amount] or -1


@wrong(fewest_coins)
def rounds_up(amount, coins):
    return -(-amount // max(coins))


@number(
    "easy",
    examples=[[[1.0, 2.0, 4.5]]],
    draw=lambda rng: [[v / 4 for v in integers(rng, -90, 90, 9, least=1)]],
    edges=[[[]], [[7.25]]],
)
def mean(values: list[float]) -> float:
    """Return the mean of `values`, and 0.0 where there are none."""
    return sum(values) / len(values) if values else 0.0


@wrong(mean)
def fails_without_values(values):
    return sum(values) / len(values)


@wrong(mean)
def rounds_down(values):
    return sum(values) // len(values) if values else 0.0


@wrong(mean)
def median(values):
    return sorted(values)[len(values) // 2] if values else 0.0


@number(
    "medium",
    examples=[[[[0, 0], [4, 0], [4, 3]]]],
    draw=lambda rng: [[[rng.randint(-9, 9), rng.randint(-9, 9)] for _ in range(rng.randint(3, 6))]],
    edges=[[[[0, 0], [0, 2], [2, 2], [2, 0]]]],
)
def polygon_area(corners: list[list[int]]) -> float:
    """Return half the absolute sum of x1 y2 - x2 y1 over the sides of a polygon.

    `corners` are [x, y] pairs in order; the last side leads back to the first corner. Where no sides cross,
    this is the area, whichever way around the corners are listed.
    """
    sides = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2


@wrong(polygon_area)
def leaves_it_open(corners):
    sides = zip(corners, corners[1:], strict=False)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2


@wrong(polygon_area)
def keeps_the_sign(corners):
    sides = zip(corners, [*corners[1:], corners[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides) / 2


@wrong(polygon_area)
def bounding_box(corners):
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (max(xs) - min(xs)) * (max(ys) - min(ys)) / 2


@number(
    "easy",
    examples=[[3.0, 4.0]],
    draw=lambda rng: [rng.randint(-40, 40) / 8, rng.randint(-40, 40) / 8],
    edges=[[0.0, 0.0], [-6.0, 0.0]],
)
def distance(x: float, y: float) -> float:
    """Return how far the point (x, y) is from the point (0, 0)."""
    return math.hypot(x, y)


@wrong(distance)
def along_the_axes(x, y):
    return abs(x) + abs(y)


@wrong(distance)
def squared(x, y):
    return float(x * x + y * y)


@wrong(distance)
def the_larger_part(x, y):
    return 1.25 * max(abs(x), abs(y))
