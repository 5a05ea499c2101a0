import numpy as np


def row_sums(rows):
    return np.array(rows).sum(axis=1).tolist()


def solve_system(a, b):
    return [round(float(x), 6) for x in np.linalg.solve(np.array(a, float), np.array(b, float))]


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "assert row_sums([[1, 2], [3, 4]]) == [3, 7]",
        "assert solve_system([[2, 0], [0, 4]], [2, 8]) == [1.0, 2.0]",
    ],
    "extra": [],
}
NEEDS = "numpy"
