"""Ask for real-time scheduling and a better priority than the trainer's.

kinds: stdio
"""

import os
import sys

for attempt in (
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
    lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)),
    lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
    lambda: os.nice(-10),
):
    try:
        attempt()
        print("LEAK scheduling", file=sys.stderr)
    except OSError:
        continue
