"""Keep data in shared mappings, which a limit on private memory would not count.

kinds: stdio
limits: memory_mb=128
"""

import mmap
import sys

hoard = []
for _ in range(300):
    area = mmap.mmap(-1, 1_000_000)
    area.write(b"x" * 1_000_000)
    hoard.append(area)
print("LEAK 300 MB of shared memory", file=sys.stderr)
