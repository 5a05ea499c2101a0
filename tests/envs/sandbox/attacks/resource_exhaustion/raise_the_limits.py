"""Lift the resource limits, then use what they held back.

kinds: stdio
limits: memory_mb=128 cpu_s=1
expected: memory failed error
"""

import resource
import sys

for name in dir(resource):
    if name.startswith("RLIMIT_"):
        number = getattr(resource, name)
        try:
            soft, hard = resource.getrlimit(number)
            resource.setrlimit(number, (hard, hard))
            if hard != resource.RLIM_INFINITY:
                resource.setrlimit(number, (hard + 1, hard + 1))
                print("LEAK raised", name, file=sys.stderr)
        except (OSError, ValueError):
            continue
bytearray(1_000_000_000)
print("LEAK a gigabyte", file=sys.stderr)
