"""Complain without end.

kinds: stdio io_call asserts
expected: output_limit timeout failed error
limits: cpu_s=0.3 output_kb=64
"""

import sys

while True:
    sys.stderr.write("y" * 10_000)
