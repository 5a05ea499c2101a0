"""Fill the memory slowly, really touching it.

kinds: stdio
expected: memory timeout
limits: memory_mb=128 cpu_s=2
"""

hoard = []
while True:
    hoard.append(bytearray(b"x" * 1_000_000))
