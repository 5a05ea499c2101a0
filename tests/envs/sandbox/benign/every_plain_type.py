def give(kind):
    return {
        "none": None,
        "bool": True,
        "int": -(10**30),
        "float": 0.1,
        "infinite": float("inf"),
        "complex": 1 + 2j,
        "str": "ü\n\0✓",
        "bytes": b"\x00\xff",
        "list": [1, [2, []]],
        "tuple": (1, (2,)),
        "set": {1, 2},
        "frozenset": frozenset("ab"),
        "dict": {1: "a", (2, 3): None},
        "range": range(3),
    }[kind]


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "",
    "asserts": [
        "assert give('none') is None",
        "assert give('bool') is True",
        "assert give('int') == -10**30",
        "assert give('float') == 0.1",
        "assert give('infinite') == float('inf')",
        "assert give('complex') == 1 + 2j",
        "assert give('str') == 'ü\\n\\0✓'",
        "assert give('bytes') == b'\\x00\\xff'",
        "assert give('list') == [1, [2, []]]",
        "assert give('tuple') == (1, (2,))",
        "assert isinstance(give('tuple'), tuple)",
        "assert give('set') == {1, 2}",
        "assert give('frozenset') == frozenset('ab')",
        "assert give('dict') == {1: 'a', (2, 3): None}",
        "assert list(give('range')) == [0, 1, 2]",
    ],
    "extra": [],
}
