"""Make so many empty files and links that the file system runs out of entries.

kinds: stdio
levels: full
"""

import os
import sys
import tempfile

folder = tempfile.mkdtemp()
for number in range(20_000):
    os.symlink("x", os.path.join(folder, str(number)))
print("LEAK 20000 files", file=sys.stderr)
