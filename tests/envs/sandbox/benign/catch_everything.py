def careful(value):
    try:
        return int(value)
    except Exception as error:
        return type(error).__name__


# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "careful",
    "cases": [
        {"args": ["7"], "output": 7},
        {"args": ["x"], "output": "ValueError"},
        {"args": [None], "output": "TypeError"},
    ],
}
