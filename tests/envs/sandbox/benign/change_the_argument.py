def sort_in_place(values):
    values.sort()


def fill(table, key):
    table.setdefault(key, []).append(1)


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "values = [3, 1, 2]\ntable = {}",
    "asserts": [
        "sort_in_place(values)\nassert values == [1, 2, 3]",
        "fill(table, 'a'); fill(table, 'a')\nassert table == {'a': [1, 1]}",
    ],
    "extra": [],
}
