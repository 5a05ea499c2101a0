"""Detach a process that outlives the run.

kinds: stdio asserts
expected: failed error killed
"""

import os
import sys
import time

try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    print("LEAK detached", file=sys.stderr)
except OSError:
    print("held")
