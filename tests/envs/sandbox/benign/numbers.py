import cmath
import decimal
import fractions
import math
import random
import statistics

random.seed(7)
print(math.comb(50, 25), fractions.Fraction(3, 6), decimal.Decimal("0.1") * 3)
print(statistics.median([3, 1, 2]), cmath.sqrt(-1), round(random.random(), 6))

# --- tests ---
TESTS = {
    "kind": "stdio",
    "cases": [{"input": "", "output": "126410606437752 1/2 0.3\n2 1j 0.323833"}],
}
