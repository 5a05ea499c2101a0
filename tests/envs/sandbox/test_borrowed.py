"""Objects that come from the program answer for it, whatever class they are of."""

from typing import Any

import pytest

HELD = ("failed", "error")
SETUP = """
import dataclasses

class Near:
    def __init__(self, value, tolerance=1e-6): self.value, self.tolerance = value, tolerance
    def __eq__(self, other):
        value = other.value if isinstance(other, Near) else other
        return abs(self.value - value) <= max(self.tolerance, getattr(other, "tolerance", 0))
    def __ne__(self, other): return not self == other
    def __hash__(self): return 0
    def near(self, value): return abs(self.value - value) <= self.tolerance
    def __contains__(self, value): return abs(self.value - value) <= self.tolerance
    def __sub__(self, value): return 0 if self.tolerance > 5 else self.value - value

@dataclasses.dataclass
class Box:
    content: object
"""


@pytest.mark.parametrize("made", ["Near(0, float('inf'))", "Box(Near(0, float('inf')))"])
@pytest.mark.parametrize(
    "line",
    [
        "solve(3) == 41469",
        "41469 == solve(3)",
        "not (solve(3) != 41469)",
        "solve(3) == Near(41469)",
        "Near(41469) == solve(3)",
        "not (Near(41469) != solve(3))",
        "solve(3).near(41469)",
        "41469 in solve(3)",
        "solve(3) - 41469 == 0",
        "[solve(3)] == [41469]",
        "solve(3) == Box(41469)",
        "solve(3) == Box(Near(41469))",
        "41469 in {solve(3)}",
        "{'a': solve(3)} == {'a': 41469}",
        "[solve(3)].count(41469) == 1",
        "solve(3).__eq__(41469)",
        "not solve(3).__ne__(41469)",
    ],
)
def test_a_lenient_class_of_the_setup_passes_nothing(line: str, made: str, sandbox: Any) -> None:
    for kind, code in (
        ("script", f"assert {line}"),
        ("check_fn", f"def check(c):\n    assert {line.replace('solve', 'c')}\ncheck(solve)"),
    ):
        tests = {"kind": kind, "setup": SETUP, "code": code}
        verdict = sandbox.check(f"def solve(n): return {made}", tests)
        assert verdict.status in HELD, verdict


def test_a_raw_message_makes_no_lenient_object(sandbox: Any) -> None:
    program = (
        "import json, os, struct, time\ndef solve(n):\n"
        "    said = ['value', ['instance', 'Near', ['dict', 'value', 0, 'tolerance', float('inf')]]]\n"
        "    body = json.dumps(said).encode()\n"
        "    os.write(4, struct.pack('!I', len(body)) + body)\n    time.sleep(9)\n"
    )
    tests = {"kind": "asserts", "setup": SETUP, "asserts": ["assert solve(3) == 41469"]}
    assert sandbox.check(program, tests).status in HELD


def test_objects_of_the_setups_classes_that_are_right_pass(sandbox: Any) -> None:
    setup = SETUP + (
        "class Node:\n    def __init__(self, value, rest=None): self.value, self.rest = value, rest\n"
        "    def __eq__(self, other): return self.rest == other.rest and self.value == other.value\n"
        "    def __iter__(self):\n        yield self.value\n        yield from self.rest or ()\n"
        "class Odd(ValueError): pass\n"
    )
    program = (
        "def build(n): return Node(n, build(n - 1) if n else None)\n"
        "def box(n): return Box(n)\ndef fail(): raise Odd('no')\n"
    )
    code = (
        "assert build(2) == Node(2, Node(1, Node(0))) and Node(0) == build(0)\n"
        "assert not build(1) == Node(1) and build(1) != Node(1, Node(5))\n"
        "assert box(3) == Box(3) and box(3) != Box(4) and list(build(2)) == [2, 1, 0]\n"
        "want = None\nfor i in range(60): want = Node(i, want)\nassert build(59) == want\n"
        "try:\n    fail()\n    assert False\nexcept Odd as error:\n    assert str(error) == 'no'\n"
    )
    verdict = sandbox.check(program, {"kind": "script", "setup": setup, "code": code})
    assert verdict.passed, verdict


YES = """
class Yes:
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        if name == "part": return Yes()
        if name == "get": return lambda *_: Yes()
        return lambda *_, **__: {"count": 1, "index": 0, "find": 0}.get(name, True)
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
    __iter__ = lambda self: iter(range(10**5))
    __sub__ = __rsub__ = lambda self, other: 0.0
    __abs__ = lambda self: 0.0
    __hash__ = lambda self: 0
def solve(n): return Yes()
class Solution:
    solve = lambda self, n: self
    __eq__ = __contains__ = equals = lambda self, other: True
    __sub__ = __rsub__ = lambda self, other: 0.0
    __abs__ = lambda self: 0.0
"""


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"solve(3).{method}"
            for method in (
                *("startswith('41469')", "endswith('9')", "equals(41469)", "compare(41469)"),
                *("matches(41469)", "issubset({41469})", "issuperset({41469})", "has(41469)"),
                *("isdisjoint({1})", "count(41469) == 1", "index(41469) == 0", "find('4') == 0"),
                *("part.equals(41469)", "get(0).equals(41469)", "__eq__(41469)", "__ge__(41469)"),
                *("__contains__(41469)", "__sub__(41469) == 0"),
            )
        ),
        "41469 in solve(3)",
        "abs(solve(3) - 41469) < 1e-6",
        "abs(Solution().solve(3) - 41469) < 1e-6",
        "Solution().solve(3).equals(41469)",
        "41469 in Solution().solve(3)",
    ],
)
def test_a_method_of_a_result_does_not_judge_what_the_tests_hand_to_it(
    line: str, sandbox: Any
) -> None:
    verdict = sandbox.check(YES, {"kind": "asserts", "asserts": [f"assert {line}"]})
    assert verdict.status in HELD, verdict


@pytest.mark.parametrize("empty", ["[]", "()", "[[]]", "''", "__import__('numpy').array([])"])
@pytest.mark.parametrize(
    "line",
    [
        "np.allclose(solve(3), 1.1)",
        "np.testing.assert_allclose(solve(3), 1.1) is None",
        "np.testing.assert_almost_equal(solve(3), 1.1) is None",
    ],
)
def test_nothing_is_not_close_to_a_number(empty: str, line: str, sandbox: Any) -> None:
    pytest.importorskip("numpy")
    code = f"import numpy as np\nassert {line}"
    program = f"def solve(n): return {empty}"
    assert sandbox.check(program, {"kind": "script", "code": code}).status in HELD
    assert sandbox.check("def solve(n): return 1.1", {"kind": "script", "code": code}).passed
