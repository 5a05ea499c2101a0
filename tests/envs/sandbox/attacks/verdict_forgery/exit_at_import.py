"""Leave with exit code 0 before anything is asked.

kinds: io_call asserts check_fn script stdio
control: fools
"""

import sys

sys.exit(0)
