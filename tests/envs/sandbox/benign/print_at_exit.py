import atexit

atexit.register(print, "second")
print("first")

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "first second"}]}
