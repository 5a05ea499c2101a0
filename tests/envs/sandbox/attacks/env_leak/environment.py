"""Print the trainer's environment variables.

kinds: stdio asserts
control: leaks
"""

import os
import sys

for name, value in os.environ.items():
    if "SECRET" in name or "TOKEN" in name or "KEY" in name:
        print("LEAK", name, value, file=sys.stderr)
