"""Answer wrongly, then hang in every kind of cleanup.

kinds: stdio asserts
expected: timeout failed error
limits: cpu_s=0.3 wall_s=0.6
"""

import atexit
import time


class Slow:
    def __del__(self):
        time.sleep(60)


slow = Slow()
atexit.register(time.sleep, 60)
