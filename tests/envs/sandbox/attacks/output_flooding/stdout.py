"""Print without end.

kinds: stdio io_call asserts
expected: output_limit timeout failed error
limits: cpu_s=0.3 output_kb=64
"""

while True:
    print("y" * 10_000)
