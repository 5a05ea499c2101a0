def compose(f, g):
    return lambda x: f(g(x))


def apply(f, values):
    return [f(v) for v in values]


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "assert compose(lambda x: x + 1, lambda x: 2 * x)(5) == 11",
        "assert apply(lambda v: v * v, [1, 2, 3]) == [1, 4, 9]",
        "assert apply(len, ['a', 'bc']) == [1, 2]",
        "calls = []\napply(calls.append, [1, 2])\nassert calls == [1, 2]",
    ],
    "extra": [],
}
