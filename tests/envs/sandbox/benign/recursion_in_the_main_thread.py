import sys

sys.setrecursionlimit(20_000)


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


# --- tests ---
TESTS = {"kind": "io_call", "fn_name": "depth", "cases": [{"args": [5000], "output": 5000}]}
