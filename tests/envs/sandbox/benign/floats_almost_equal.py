import math


def area(r):
    return math.pi * r * r


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "import math",
    "asserts": [
        "assert abs(area(2) - 12.566370614) < 1e-6",
        "assert math.isclose(area(1), 3.14159265, rel_tol=1e-6)",
    ],
    "extra": [],
}
