"""Answer rightly, then hang at exit: the answers are in, so this costs nothing.

kinds: io_call asserts check_fn
expected: passed
limits: cpu_s=2 wall_s=60
"""

import atexit
import threading
import time

atexit.register(time.sleep, 600)
threading.Thread(target=time.sleep, args=(600,)).start()


def solve(n):
    return ((n + 7919) ** 2 * 6364136223846793005 + 1442695040888963407) % 10**12
