def farthest(points):
    return max(points, key=lambda p: p.norm()).name


def center(points):
    return Point("c", sum(p.x for p in points) / len(points), 0)


# --- tests ---
TESTS = {
    "kind": "script",
    "setup": """
class Point:
    def __init__(self, name, x, y):
        self.name, self.x, self.y = name, x, y

    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5
""",
    "code": """
points = [Point("a", 1, 1), Point("b", 3, 4)]
assert farthest(points) == "b"
assert center(points).x == 2.0
""",
}
