def pairs(words):
    return tuple((w, len(w)) for w in words)


# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "pairs",
    "cases": [{"args": [["a", "bc"]], "output": [["a", 1], ["bc", 2]]}],
}
