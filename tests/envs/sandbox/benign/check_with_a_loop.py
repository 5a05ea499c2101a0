def is_palindrome(text):
    return text == text[::-1]


# --- tests ---
TESTS = {
    "kind": "check_fn",
    "code": """
METADATA = {"author": "onelayer"}


def check(candidate):
    import random
    for _ in range(20):
        half = "".join(random.choice("ab") for _ in range(5))
        assert candidate(half + half[::-1]) is True
        assert candidate(half + "c" + half) == (half == half[::-1])
    assert candidate("")


check(is_palindrome)
""",
}
