print(sum(int(line) for line in open(0)))

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "10\n20\n", "output": "30"}]}
