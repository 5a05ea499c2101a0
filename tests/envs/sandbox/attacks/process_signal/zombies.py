"""Leave dead children behind that nobody collects.

kinds: stdio
expected: failed error killed
"""

import os
import sys

made = 0
for _ in range(200):
    try:
        if os.fork() == 0:
            os._exit(0)
        made += 1
    except OSError:
        break
print("LEAK" if made else "held", made, file=sys.stderr if made else sys.stdout)
