"""Burn CPU inside long-integer arithmetic.

kinds: stdio
expected: timeout
limits: cpu_s=0.3
"""

import sys

sys.set_int_max_str_digits(0)
print(len(str(7 ** (10**8))))
