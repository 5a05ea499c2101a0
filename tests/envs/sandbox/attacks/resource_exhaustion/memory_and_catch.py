"""Fill the memory, catch the error and do it again.

kinds: stdio
expected: timeout memory
limits: memory_mb=128 cpu_s=0.5
"""

hoard = []
while True:
    try:
        hoard.append(bytes(5_000_000))
    except BaseException:
        hoard = hoard[:1]
