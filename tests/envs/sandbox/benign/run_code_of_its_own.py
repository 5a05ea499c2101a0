space = {}
exec("def f(x):\n    return x + 1", space)
print(space["f"](41), eval("6 * 7"), compile("1+1", "", "eval").co_name)

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "42 42 <module>"}]}
