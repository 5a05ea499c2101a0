"""Send signals to processes outside, by number, by group and to all.

Only the victim gets a real signal; for the others it is signal 0, which takes the same right.

kinds: stdio asserts
expected: failed error killed
"""

import os
import signal
import sys

own = {0, 1, os.getpid()}
victim, parent = int("@VICTIM@"), int("@PARENT@")
for send, target, number in (
    (os.kill, victim, signal.SIGTERM),
    (os.killpg, victim, signal.SIGTERM),
    (os.kill, parent, 0),
    (os.kill, os.getppid(), 0),
    (os.kill, -1, 0),
    *((os.kill, target, 0) for target in range(2, 400)),
):
    if target in own:
        continue
    try:
        send(target, number)
        print("LEAK signalled", target, file=sys.stderr)
    except OSError:
        continue
