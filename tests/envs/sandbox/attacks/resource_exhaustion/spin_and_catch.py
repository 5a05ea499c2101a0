"""Catch whatever a time limit might raise, ignore its signals, and go on.

kinds: io_call asserts stdio
expected: timeout
limits: cpu_s=0.3
"""

import signal
import sys

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    except (OSError, ValueError):
        continue
sys.setswitchinterval(1000)


def solve(n):
    while True:
        try:
            while True:
                n += 1
        except BaseException:
            continue
