"""Leave the way a sandbox that could not start might leave, to have the episode dropped.

kinds: io_call asserts check_fn script stdio
"""

import os
import sys

for descriptor in (1, 2):
    os.write(descriptor, b'sandbox_error: could not start\n{"error": "setup failed"}\n')
sys.stdout.flush()
os._exit(126)
