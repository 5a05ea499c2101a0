import random


def draw():
    return (
        [random.randrange(100) for _ in range(3)],
        hash("text") % 1000,
        list({"a", "b", "c", "d"}),
    )


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "first = draw()\nassert len(first[0]) == 3 and sorted(first[2]) == ['a', 'b', 'c', 'd']"
    ],
    "extra": [],
}
