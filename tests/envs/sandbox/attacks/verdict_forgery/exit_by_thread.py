"""Let a second thread end the process well while the answer is awaited.

kinds: io_call asserts check_fn script stdio
control: fools
limits: cpu_s=0.5 wall_s=1
"""

import os
import threading
import time


def solve(n):
    threading.Timer(0.01, os._exit, (0,)).start()
    time.sleep(60)
