"""Signal the own process group, which reaches beyond a pid namespace if it is the server's.

kinds: stdio asserts io_call
expected: failed error killed
"""

import os
import signal

for send in (os.kill, os.killpg):
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        send(0, number)
