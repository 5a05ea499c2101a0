def evens(n):
    for i in range(0, n, 2):
        yield i


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "assert list(evens(7)) == [0, 2, 4, 6]",
        "assert sum(evens(5)) == 6",
        "assert [x + 1 for x in evens(3)] == [1, 3]",
        "assert next(iter(evens(3))) == 0",
    ],
    "extra": [],
}
