"""Write one file that is larger than the disk allowed.

kinds: stdio
limits: disk_mb=8
levels: full
"""

import os
import sys
import tempfile

written = 0
with tempfile.TemporaryFile() as file:
    for _ in range(64):
        written += os.write(file.fileno(), bytes(1_000_000))
print("LEAK wrote", written, file=sys.stderr)
