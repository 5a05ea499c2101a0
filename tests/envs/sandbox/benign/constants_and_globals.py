LIMIT = 10
TABLE = {"a": 1, "b": [2]}
counter = 0


def count():
    global counter
    counter += 1
    return counter


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "assert LIMIT == 10 and TABLE == {'a': 1, 'b': [2]}",
        "assert [count(), count(), count()] == [1, 2, 3]",
    ],
    "extra": [],
}
