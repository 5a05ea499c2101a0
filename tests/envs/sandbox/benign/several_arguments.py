def join(words, glue, *rest):
    return glue.join([*words, *rest])


# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "join",
    "cases": [
        {"args": [["a", "b"], "-"], "output": "a-b"},
        {"args": [[], "", "x", "y"], "output": "xy"},
    ],
}
