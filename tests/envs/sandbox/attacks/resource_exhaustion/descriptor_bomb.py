"""Open descriptors until nothing goes any more.

kinds: stdio
expected: error failed
"""

import os
import sys

descriptors = []
while len(descriptors) < 10_000:
    descriptors.append(os.open("/dev/null", os.O_RDONLY))
    descriptors.extend(os.pipe())
print("LEAK", len(descriptors), "descriptors", file=sys.stderr)
