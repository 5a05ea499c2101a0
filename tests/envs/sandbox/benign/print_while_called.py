def loud(n):
    print("working on", n)
    return n + 1


print("loaded")

# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "loud",
    "cases": [{"args": [1], "output": 2}, {"args": [5], "output": 6}],
}
