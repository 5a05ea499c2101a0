"""Stretch a file beyond all limits without writing to it.

kinds: stdio
"""

import os
import sys
import tempfile

with tempfile.TemporaryFile() as file:
    os.ftruncate(file.fileno(), 1 << 40)
    print("LEAK a sparse terabyte", file=sys.stderr)
