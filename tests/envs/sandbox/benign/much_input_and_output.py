import sys

for line in sys.stdin:
    print(line.strip()[::-1])

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "abc\n" * 5000, "output": "cba\n" * 5000}]}
