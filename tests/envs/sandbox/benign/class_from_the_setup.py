def total(tree):
    return 0 if tree is None else tree.value + total(tree.left) + total(tree.right)


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "class Tree:\n    def __init__(self, value, left=None, right=None):\n        self.value, self.left, self.right = value, left, right\n",
    "asserts": [
        "assert total(Tree(1, Tree(2), Tree(3, Tree(4)))) == 10",
        "assert total(None) == 0",
    ],
    "extra": [],
}
