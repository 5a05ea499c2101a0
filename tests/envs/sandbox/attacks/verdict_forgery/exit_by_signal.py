"""Let a signal handler end the process well while the answer is awaited.

kinds: io_call asserts check_fn script stdio
control: fools
limits: cpu_s=0.5 wall_s=1
"""

import os
import signal
import time

signal.signal(signal.SIGALRM, lambda *_: os._exit(0))


def solve(n):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(60)
