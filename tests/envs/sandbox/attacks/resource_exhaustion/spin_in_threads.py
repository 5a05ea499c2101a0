"""Burn CPU in many threads at once, none of which is the main one.

kinds: stdio
expected: timeout error
limits: cpu_s=0.5
"""

import threading
import zlib


def burn():
    while True:
        zlib.crc32(b"x" * 10_000_000)


for _ in range(8):
    threading.Thread(target=burn).start()
