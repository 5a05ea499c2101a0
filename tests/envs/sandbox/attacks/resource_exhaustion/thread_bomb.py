"""Start threads until nothing goes any more.

kinds: stdio
expected: error memory timeout failed killed
limits: cpu_s=1 wall_s=3 memory_mb=256
"""

import sys
import threading

threading.stack_size(32768)
gate = threading.Event()
for _ in range(5000):
    threading.Thread(target=gate.wait, daemon=True).start()
print("LEAK 5000 threads", file=sys.stderr)
