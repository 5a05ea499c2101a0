"""Nest folders so deeply that a cleanup by recursion would fail.

kinds: stdio
levels: full
"""

import os
import sys
import tempfile

os.chdir(tempfile.mkdtemp())
for _ in range(5_000):
    os.mkdir("d")
    os.chdir("d")
print("LEAK 5000 folders", file=sys.stderr)
