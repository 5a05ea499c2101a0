"""Write many files that together are larger than the disk allowed.

kinds: stdio
limits: disk_mb=8
levels: full
"""

import os
import sys
import tempfile

folder = tempfile.mkdtemp()
for number in range(64):
    with open(os.path.join(folder, str(number)), "wb") as file:
        file.write(bytes(1_000_000))
print("LEAK wrote 64 MB", file=sys.stderr)
