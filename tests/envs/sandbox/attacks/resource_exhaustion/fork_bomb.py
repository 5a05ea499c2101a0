"""Double the number of processes a few times.

kinds: stdio asserts
expected: error failed killed timeout
limits: cpu_s=0.5 wall_s=2
"""

import os
import sys

for _ in range(6):
    os.fork()
    print("LEAK forked", file=sys.stderr)
