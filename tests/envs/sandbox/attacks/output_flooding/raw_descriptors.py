"""Write without end to every descriptor there is, results included.

kinds: stdio io_call asserts
expected: output_limit timeout failed error killed
limits: cpu_s=0.3 output_kb=64
"""

import os

while True:
    for descriptor in range(0, 16):
        try:
            os.write(descriptor, b"[" * 65536)
        except OSError:
            continue
