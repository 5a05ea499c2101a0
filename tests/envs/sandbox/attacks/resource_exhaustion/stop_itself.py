"""Stop by SIGSTOP, so that no timer of its own can run.

kinds: stdio asserts
expected: timeout killed failed error
limits: cpu_s=0.3 wall_s=0.6
"""

import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
signal.pthread_kill(__import__("threading").get_ident(), signal.SIGSTOP)
