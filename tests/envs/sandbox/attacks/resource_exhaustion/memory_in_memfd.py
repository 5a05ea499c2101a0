"""Keep data in anonymous files, which a limit on address space would not count.

kinds: stdio
limits: memory_mb=128
"""

import os
import sys

kept = 0
for number in range(20):
    descriptor = os.memfd_create(f"hoard{number}")
    for _ in range(20):
        kept += os.write(descriptor, bytes(1_000_000))
    if kept > 300_000_000:
        print("LEAK anonymous files hold", kept, file=sys.stderr)
        break
