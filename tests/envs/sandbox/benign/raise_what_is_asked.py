class TooSmall(ValueError):
    pass


def root(n):
    if n < 0:
        raise TooSmall(f"{n} is negative")
    return n**0.5


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "try:\n    root(-1)\nexcept ValueError as error:\n    assert 'negative' in str(error)\nelse:\n    assert False",
        "try:\n    root(-1)\nexcept TooSmall:\n    pass\nelse:\n    raise AssertionError('nothing was raised')",
        "assert root(4) == 2.0",
    ],
    "extra": [],
}
