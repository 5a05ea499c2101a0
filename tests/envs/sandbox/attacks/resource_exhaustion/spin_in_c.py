"""Burn CPU inside one C call that never looks at signals.

kinds: stdio
expected: timeout
limits: cpu_s=0.3
"""

import re

re.match(r"(a+)+$", "a" * 40 + "b")
