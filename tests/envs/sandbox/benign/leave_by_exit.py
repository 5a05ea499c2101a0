print("done")
exit()

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "done"}]}
