"""Tests that question a program from another process: what they can do with it, and what it can't."""

from typing import Any

import pytest

from onelayer.envs.sandbox import Limits, Sandbox, Verdict
from onelayer.envs.sandbox.test_kinds import plan

QUICK = Limits(cpu_s=0.3, wall_s=20)


def asserts(*lines: str, setup: str = "") -> dict[str, Any]:
    return {"kind": "asserts", "setup": setup, "asserts": list(lines), "extra": []}


def script(code: str, setup: str = "") -> dict[str, Any]:
    return {"kind": "script", "setup": setup, "code": code}


def statuses(verdict: Verdict) -> list[str]:
    return [case.status for case in verdict.cases]


CLASSES = '''
import contextlib

class Vector:
    """Two numbers."""
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
    def __hash__(self): return hash((self.x, self.y))
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __neg__(self): return Vector(-self.x, -self.y)
    def __lt__(self, other): return self.x < other.x
    def __len__(self): return 2
    def __iter__(self): return iter((self.x, self.y))
    def __getitem__(self, index): return (self.x, self.y)[index]
    def __repr__(self): return f"Vector({self.x}, {self.y})"

class Odd(ValueError): pass

class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self):
        if not self.items: raise IndexError("pop from an empty stack")
        return self.items.pop()

def refuse(n):
    raise Odd("not", n)

def count(n):
    for i in range(n): yield i

def apply(function, *values): return function(*values)

def opened(): return contextlib.nullcontext(5)

async def later(x): return x + 1
'''


@pytest.mark.parametrize(
    "line",
    [
        "assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)",
        "assert Vector(1, 2) != Vector(1, 3) and not Vector(1, 2) == Vector(2, 1)",
        "assert -Vector(1, 2) == Vector(-1, -2)",
        "assert sorted([Vector(3, 0), Vector(1, 0)])[0].x == 1",
        "assert list(Vector(1, 2)) == [1, 2] and len(Vector(1, 2)) == 2 and Vector(1, 2)[-1] == 2",
        "assert repr(Vector(1, 2)) == 'Vector(1, 2)' and f'{Vector(1, 2)}' == 'Vector(1, 2)'",
        "assert len({Vector(1, 2), Vector(1, 2), Vector(2, 2)}) == 2",
        "assert isinstance(Vector(1, 2), Vector) and not isinstance(3, Vector)",
        "assert 2 in Vector(1, 2) and 3 not in Vector(1, 2)",
        "v = Vector(1, 2)\nv.x = 7\nassert v.x == 7 and v is not Vector(7, 2)",
        "s = Stack()\ns.push([1])\ns.push((2, 3))\nassert s.pop() == (2, 3) and s.pop() == [1]",
        "try:\n    Stack().pop()\n    assert False\nexcept IndexError as error:\n"
        "    assert str(error) == 'pop from an empty stack'",
        "try:\n    refuse(3)\n    assert False\nexcept Odd as error:\n    assert error.args == ('not', 3)",
        "try:\n    refuse(3)\n    assert False\nexcept ValueError:\n    pass",
        "assert list(count(3)) == [0, 1, 2] and next(count(1)) == 0 and sum(count(4)) == 6",
        "assert apply(lambda a, b: a * b, 6, 7) == 42",
        "def twice(f, x): return f(f(x))\nassert apply(twice, lambda n: n + 1, 0) == 2",
        "assert apply(sum, iter([1, 2])) == 3 and apply(int, '5') == 5",
        "try:\n    apply(lambda: {}['key'])\n    assert False\nexcept KeyError:\n    pass",
        "with opened() as value:\n    assert value == 5",
        "import asyncio\nasync def main(): return await later(1)\nassert asyncio.run(main()) == 2",
        "assert count.__name__ == 'count' and callable(count)",
        "assert not hasattr(Vector(1, 2), 'z') and getattr(Vector(1, 2), 'z', 9) == 9",
    ],
)
def test_tests_use_the_programs_objects_as_if_they_were_here(sandbox: Sandbox, line: str) -> None:
    verdict = sandbox.check(CLASSES, asserts(line))
    assert verdict.passed, verdict


def test_unittest_runs_and_its_failures_fail(sandbox: Sandbox) -> None:
    code = (
        "import unittest\n"
        "class Test(unittest.TestCase):\n"
        "    def test_pop(self): self.assertEqual(apply(abs, -1), 1)\n"
        "    def test_refusal(self):\n"
        "        with self.assertRaises(Odd): refuse(1)\n"
        "unittest.main()\n"
    )
    assert sandbox.check(CLASSES, script(code)).passed
    lies = CLASSES + "\ndef apply(*_): return 2\n"
    assert sandbox.check(lies, script(code)).status == "failed"
    skips = CLASSES + "\nimport unittest\ndef apply(*_): raise unittest.SkipTest('no')\n"
    assert sandbox.check(skips, script(code)).status == "failed"


def test_objects_of_the_tests_own_classes_cross_by_value(sandbox: Sandbox) -> None:
    node = "class Node:\n    def __init__(self, value, rest=None):\n"
    node += "        self.value, self.rest = value, rest\n"
    program = (
        "def size(node):\n    n = 0\n    while node: n, node = n + 1, node.rest\n    return n\n"
        "def build(n):\n    node = None\n    for i in range(n): node = Node(i, node)\n    return node\n"
    )
    code = "assert size(Node(1, Node(2))) == 2\nassert build(3).rest.value == 1\n"
    code += "assert type(build(1)) is Node and size(build(40)) == 40"
    assert sandbox.check(program, script(code, setup=node)).passed
    assert sandbox.check(program, asserts("assert size(Node(1)) == 1", setup=node)).passed


def test_each_assert_is_a_case_and_all_of_them_run(sandbox: Sandbox) -> None:
    tests = asserts("assert f(1) == 1", "assert f(2) == 3", "assert f(3) == g", "assert f(4) == 4")
    verdict = sandbox.check("def f(x): return x", tests)
    assert verdict.status == "failed"
    assert statuses(verdict) == ["passed", "failed", "error", "passed"]
    assert "assert f(2) == 3" in verdict.detail and "NameError" in verdict.cases[2].detail


def test_extra_asserts_count_and_setup_runs_after_the_program(sandbox: Sandbox) -> None:
    tests = asserts("assert f(1) == factor", setup="factor = f(2) // 2")
    assert sandbox.check("def f(x): return x", tests).passed
    tests["extra"] = ["assert f(0) == 1"]
    assert statuses(sandbox.check("def f(x): return x", tests)) == ["passed", "failed"]


def test_a_setup_that_fails_is_no_pass(sandbox: Sandbox) -> None:
    verdict = sandbox.check("def f(x): return x", asserts("assert True", setup="f(1) / 0"))
    assert verdict.status == "error" and "ZeroDivisionError" in verdict.detail


def test_a_check_function_names_the_line_that_failed(sandbox: Sandbox) -> None:
    code = "def check(f):\n    assert f(1) == 1\n    assert f(2) == 5, 'five'\n\ncheck(identity)\n"
    verdict = sandbox.check("def identity(x): return x", {"kind": "check_fn", "code": code})
    assert verdict.status == "failed"
    assert "assert f(2) == 5, 'five'" in verdict.detail and "five" in verdict.detail


EVERYTHING = """
class Anything:
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = lambda self: 0
    __bool__ = lambda self: True
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __truediv__ = lambda self, other: 0.0
    __abs__ = __float__ = lambda self: 0.0
    __array_interface__ = property(lambda s: {"shape": (2,), "typestr": "<f8", "data": (8, False)})
    __array__ = lambda self, *a, **k: [4.0, 8.0]
def f(x): return Anything()
"""


@pytest.mark.parametrize(
    "line",
    [
        "assert f(1) == 12345",
        "assert 12345 == f(1)",
        "assert not f(1) != 12345",
        "assert [f(1)] == [12345]",
        "assert {'a': f(1)} == {'a': 5}",
        "assert abs(f(1) - 5) < 1e-6",
        "assert abs(5 - f(1)) < 1e-6",
        "assert f(1) > 5",
        "assert 5 < f(1)",
        "assert 12345 in [f(1)]",
        "assert f(1) in (1, 2, 3)",
        "import math\nassert math.isclose(f(1), 5)",
        "import numpy as np\nassert np.allclose(f(1), [4.0, 8.0])",
        "assert set([f(1)]) == {5}",
        "assert str(f(1)) == '5'",
    ],
)
def test_an_object_that_equals_everything_passes_nothing(sandbox: Sandbox, line: str) -> None:
    assert sandbox.check(EVERYTHING, asserts(line)).status in ("failed", "error")


def test_names_that_tests_take_for_granted_are_never_the_programs(sandbox: Sandbox) -> None:
    program = "def set(x): return 0\nclass math: isclose = lambda *a: True\ndef f(x): return 1\n"
    for line in ("assert set([f(1)]) == set([2])", "assert math.isclose(f(1), 5)"):
        assert sandbox.check(program, asserts(line)).status == "failed"
    assert sandbox.check("import math\ndef f(x): return 1", asserts("assert math.pi > f(1)")).passed


def test_a_builtin_name_is_the_programs_only_where_it_is_all_that_is_tested(
    sandbox: Sandbox,
) -> None:
    assert sandbox.check("def sum(a, b): return a - b", asserts("assert sum(3, 2) == 1")).passed
    assert plan(asserts("assert set(f(1)) == set()"))["names"] == ["f"]
    check = "def check(c):\n    assert abs(c(1)) == len('a')\ncheck(sum)"
    assert plan({"kind": "check_fn", "code": check})["names"] == ["c", "check", "sum"]


def test_helpers_of_the_setup_can_not_be_replaced_by_the_program(sandbox: Sandbox) -> None:
    setup = "def same(a, b):\n    return a == b\n"
    program = "def same(a, b): return True\ndef f(x): return 0\n"
    assert sandbox.check(program, script("assert same(f(1), 1)", setup)).status == "failed"


@pytest.mark.parametrize(
    "ending",
    ["os._exit(0)", "os.close(4)", "os.write(4, b'\\0\\0\\0\\2{}')"],
)
def test_a_program_that_ends_or_stops_talking_passes_no_bare_except(
    sandbox: Sandbox, ending: str
) -> None:
    line = "try:\n    f(-1)\n    assert False\nexcept:\n    pass"
    verdict = sandbox.check(f"import os\ndef f(x): {ending}", asserts(line), limits=QUICK)
    assert verdict.status in ("error", "killed", "failed"), verdict


def test_leaving_is_not_passing(sandbox: Sandbox) -> None:
    for code in (
        "import sys\ndef f(x): sys.exit(0)",
        "def f(x): raise SystemExit",
        "raise SystemExit",
    ):
        assert sandbox.check(code, asserts("assert f(1) == 2")).status == "error"
        assert sandbox.check(code, script("f(1)")).status == "error"


def test_time_and_memory_of_the_program_end_its_tests_by_name(sandbox: Sandbox) -> None:
    slow = "def f(x):\n    while True: pass"
    for _ in range(2):  # the label must not depend on who notices first
        assert sandbox.check(slow, asserts("assert f(1)"), limits=QUICK).status == "timeout"
    big = "def f(x): return bytearray(1 << 40)"
    assert sandbox.check(big, asserts("assert f(1)")).status == "memory"
    assert sandbox.check("x = bytearray(1 << 40)", asserts("assert x")).status == "memory"


def test_a_process_of_the_tests_that_dies_is_no_failure_of_the_sandbox(sandbox: Sandbox) -> None:
    crash = "import ctypes\nf(1)\nctypes.string_at(0)"
    assert sandbox.check("def f(x): return x", script(crash)).status == "killed"


def test_the_tests_are_not_in_the_programs_process(sandbox: Sandbox) -> None:
    spy = (
        "import gc, sys\n"
        "def f(x):\n"
        "    needle = 'zq' + str(x) + 'xj'\n"
        "    seen = gc.get_objects()\n"
        "    frame = sys._getframe().f_back\n"
        "    while frame:\n"
        "        seen += frame.f_locals.values()\n"
        "        frame = frame.f_back\n"
        "    for thing in seen:\n"
        "        text = str(thing)\n"
        "        if needle in text:\n"
        "            start = text.index(needle)\n"
        "            return text[start:start + 9]\n"
    )
    assert sandbox.check(spy + "X = ['zq1xj7351']", asserts("assert f(1) == 'zq1xj7351'")).passed
    assert sandbox.check(spy, asserts("assert f(1) == 'zq1xj7351'")).status == "failed"
