def reach(n):
    return sum(bytearray(n)[-5:]) + len([0] * (n // 10))


# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "reach",
    "cases": [{"args": [50_000_000], "output": 5_000_000}],
}
