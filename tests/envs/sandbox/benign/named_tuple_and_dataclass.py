from dataclasses import dataclass
from typing import NamedTuple


class Pair(NamedTuple):
    left: int
    right: int


@dataclass(order=True)
class Point:
    x: int
    y: int = 0


def mirror(pair):
    return Pair(pair[1], pair[0])


def move(point):
    return Point(point.x + 1, point.y)


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "assert tuple(mirror((1, 2))) == (2, 1)",
        "assert move(Point(1)).x == 2 and move(Point(1, 5)).y == 5",
    ],
    "extra": [],
}
