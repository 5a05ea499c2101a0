"""Wait for ever without using any CPU.

kinds: io_call asserts stdio
expected: timeout
limits: cpu_s=0.3 wall_s=0.6
"""

import threading


def solve(n):
    threading.Event().wait()
