def flatten(tree):
    return [leaf for part in tree for leaf in (flatten(part) if isinstance(part, list) else [part])]


# --- tests ---
TESTS = {
    "kind": "io_call",
    "fn_name": "flatten",
    "cases": [
        {"args": [[1, [2, [3, [4]]], []]], "output": [1, 2, 3, 4]},
        {"args": [[]], "output": []},
    ],
}
