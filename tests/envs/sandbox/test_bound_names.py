"""Names in tests mean Python's own things, and the program's where it is asked for them."""

from typing import Any

import pytest

from onelayer.envs.sandbox import validate_tests
from onelayer.envs.sandbox.bound_names import read_names

FORGED = {
    "Counter": "class Counter:\n    def __init__(self, x): pass\n    def __eq__(self, o): return True",
    "sys": "class sys: intern = staticmethod(lambda x: 0)",
    "sqrt": "def sqrt(x): return 0",
    "os": "class os:\n    class path: basename = staticmethod(lambda x: 0)",
    "json": "class json: loads = staticmethod(lambda x: 0)",
    "np": "class np: allclose = staticmethod(lambda *a, **k: True)",
    "math": "class math: isclose = staticmethod(lambda *a, **k: True)",
    "isclose": "def isclose(*a, **k): return True",
    "deepcopy": "def deepcopy(x): return 0",
    "Decimal": "class Decimal:\n    def __init__(self, x): pass\n    def __eq__(self, o): return True",
    "sorted": "def sorted(x): return 0",
    "isinstance": "def isinstance(*a): return True",
    "reduce": "def reduce(*a): return 0",
    "OrderedDict": "def OrderedDict(x): return 0",
}
LINES = {
    "Counter": "Counter(str(solve(3))) == Counter('41469')",
    "sys": "sys.intern(str(solve(3))) == sys.intern('41469')",
    "sqrt": "sqrt(solve(3)) == sqrt(41469)",
    "os": "os.path.basename(str(solve(3))) == os.path.basename('/a/41469')",
    "json": "json.loads(str(solve(3))) == json.loads('41469')",
    "np": "np.allclose(solve(3), 41469)",
    "math": "math.isclose(solve(3), 41469)",
    "isclose": "isclose(solve(3), 41469)",
    "deepcopy": "deepcopy(solve(3)) == deepcopy(41469)",
    "Decimal": "Decimal(solve(3)) == Decimal(41469)",
    "sorted": "sorted([solve(3)]) == sorted([41469])",
    "isinstance": "isinstance(solve(3), str)",
    "reduce": "reduce(max, [solve(3)]) == reduce(max, [41469])",
    "OrderedDict": "OrderedDict(a=solve(3)) == OrderedDict(a=41469)",
}


def ways(line: str) -> list[dict[str, Any]]:
    """Return tests of every judged kind that hold an assert about ``solve``."""
    check = f"def check(candidate):\n    assert {line.replace('solve', 'candidate')}\ncheck(solve)"
    return [
        {"kind": "asserts", "asserts": [f"assert {line}"]},
        {"kind": "asserts", "asserts": [f"assert {line}"], "entry_point": "solve"},
        {"kind": "script", "code": f"assert {line}", "entry_point": "solve"},
        {"kind": "check_fn", "code": check},
    ]


@pytest.mark.parametrize("name", FORGED)
def test_what_python_knows_is_not_the_programs(name: str, sandbox: Any) -> None:
    wrong = f"{FORGED[name]}\ndef solve(n): return 1"
    right = "def solve(n): return 41469"
    for tests in ways(LINES[name]):
        verdict = sandbox.check(wrong, tests)
        assert verdict.status in ("failed", "error"), (tests, verdict)
        if name != "isinstance":
            assert sandbox.check(right, tests).passed, tests


@pytest.mark.parametrize(
    ("tests", "name"),
    [
        ({"asserts": ["assert sorted(filter([3, 1, 2])) == sorted([1, 2])"]}, "filter"),
        ({"asserts": ["assert abs(sum([1.5, 2]) - 3.5) < 1e-6"]}, "sum"),
        ({"asserts": ["assert set(filter('abc')) == set('ab')"]}, "filter"),
        ({"asserts": ["assert list(map(sum, [[1]])) == [1]"]}, "sum"),
        ({"asserts": ["assert sum(3, 2) == 1"]}, "sum"),
    ],
)
def test_of_built_in_names_only_the_innermost_is_asked_for(tests: Any, name: str) -> None:
    assert set(read_names(tuple(tests["asserts"])).names) == {name}


def test_a_task_with_the_name_of_a_builtin(sandbox: Any) -> None:
    lies = "def sorted(x, **k): return 0\ndef len(x): return 0\ndef set(x=()): return 0\n"
    lies += "def abs(x): return -1\ndef filter(*a): return 12345\ndef sum(*a): return 12345\n"
    check = "def check(candidate):\n    assert sorted(candidate('abc')) == sorted('ab')\ncheck(filter)\n"
    for tests in (
        {"kind": "asserts", "asserts": ["assert sorted(filter([3, 1, 2])) == sorted([1, 2])"]},
        {"kind": "asserts", "asserts": ["assert abs(sum([1.5, 2]) - 3.5) < 1e-6"]},
        {"kind": "script", "code": "assert set(filter('abc')) == set('ab')\n"},
        {"kind": "check_fn", "code": check},
    ):
        assert sandbox.check(lies, tests).status in ("failed", "error"), tests
    right = "def filter(x): return [c for c in x if c in ('a', 'b', 1, 2)]\n"
    assert sandbox.check(right, {"kind": "check_fn", "code": check}).passed


def test_what_is_asked_for_is_never_pythons_own(sandbox: Any) -> None:
    tests = {"kind": "asserts", "asserts": ["assert sum([1, 2]) == 3"], "entry_point": "sum"}
    verdict = sandbox.check("pass", tests)
    assert verdict.status == "error" and "not defined" in verdict.detail
    assert sandbox.check("def sum(x): return 3", tests).passed
    for name in ("gcd", "Counter"):
        tests = {"kind": "asserts", "asserts": [f"assert {name}(4, 6) == 2"], "entry_point": name}
        assert sandbox.check(f"def {name}(a, b): return 2", tests).passed


def test_helpers_of_a_check_are_the_tests_own(sandbox: Any) -> None:
    code = "def check(candidate):\n    assert abs(poly(candidate(2))) < 1e-4\ncheck(find_zero)\n"
    forged = "def poly(x): return 0.0\ndef find_zero(x): return 42\n"
    helper = "def poly(x):\n    return x - 2\n"
    tests = {"kind": "check_fn", "code": code}
    assert sandbox.check(forged, tests).status == "error"
    assert sandbox.check(forged, {**tests, "setup": helper}).status == "failed"
    right = "def find_zero(x): return 2\n"
    assert sandbox.check(right, {**tests, "setup": helper}).passed


def test_the_setup_gives_the_program_imports_and_classes_and_nothing_else(sandbox: Any) -> None:
    setup = (
        "import math\nfrom typing import List\nEXPECTED = {3: 41469}\n"
        "def oracle(n): return EXPECTED[n]\n"
        "class Node:\n    def __init__(self, value): self.value = value\n"
    )
    line = "assert solve(3) == EXPECTED[3] == oracle(3)"
    for kind, code in (
        ("script", line),
        ("check_fn", f"def check(c):\n    {line.replace('solve', 'c')}\ncheck(solve)"),
    ):
        tests = {"kind": kind, "setup": setup, "code": code}
        uses = "def solve(n: List[int]):\n    return Node(math.floor(41469.5)).value"
        assert sandbox.check(uses, tests).passed
        for peeks in ("EXPECTED[n]", "oracle(n)"):
            verdict = sandbox.check(f"def solve(n): return {peeks}", tests)
            assert verdict.status == "error" and "NameError" in verdict.detail + verdict.stderr


def test_an_import_of_everything_does_not_cover_what_is_asked_for(sandbox: Any) -> None:
    tests = {
        "kind": "check_fn",
        "setup": "from operator import *\nfrom math import *\n",
        "code": "def check(c):\n    assert c(1, 2) == 12\ncheck(add)\n",
    }
    assert sandbox.check("def add(a, b): return 10 * a + b", tests).passed


@pytest.mark.parametrize(
    ("tests", "field"),
    [
        ({"kind": "io_call", "fn_name": "f", "tolerence": 1, "cases": []}, "tolerence"),
        ({"kind": "asserts", "assert": ["assert f()"], "asserts": ["assert f()"]}, "assert"),
        ({"kind": "check_fn", "code": "check(f)", "imports": ""}, "imports"),
        ({"kind": "stdio", "cases": [{"input": "", "output": "", "ouput": ""}]}, "ouput"),
        ({"kind": "io_call", "fn_name": "f", "cases": [{"args": [], "expected": 1}]}, "expected"),
        ({"kind": "script", "code": "f()", "timeout": 5}, "timeout"),
    ],
)
def test_unknown_fields_are_refused_by_name(tests: Any, field: str) -> None:
    with pytest.raises(ValueError, match=rf"no field '{field}'"):
        validate_tests(tests)
