import io
import os
import sys

input = io.BytesIO(os.read(0, os.fstat(0).st_size or 100_000)).readline
out = io.StringIO()
for _ in range(int(input())):
    out.write(str(int(input()) ** 2) + "\n")
os.write(1, out.getvalue().encode())

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "3\n1\n2\n3\n", "output": "1\n4\n9\n"}]}
