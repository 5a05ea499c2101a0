import sys

data = sys.stdin.buffer.read().split()
sys.stdout.write(" ".join(str(int(x) * 2) for x in data))

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "1 2\n3\n\n4", "output": "2 4 6 8"}]}
