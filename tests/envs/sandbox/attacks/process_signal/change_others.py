"""Change limits, priority, group and affinity of a process outside.

kinds: stdio
expected: failed error killed
"""

import os
import resource
import sys

for attempt in (
    lambda p: resource.prlimit(p, resource.RLIMIT_NOFILE),
    lambda p: resource.prlimit(p, resource.RLIMIT_CPU, (1, 1)),
    lambda p: os.setpriority(os.PRIO_PROCESS, p, 19),
    lambda p: os.sched_setaffinity(p, {0}),
    lambda p: os.setpgid(p, p),
):
    try:
        attempt(int("@VICTIM@"))
        print("LEAK", attempt, file=sys.stderr)
    except OSError:
        continue
