"""Forgeries that need a wording of the tests: what a program returns or defines where tests ask it so."""

from typing import Any

import pytest

WANTED = {3: 41469, 7: 123457, 11: 770001}
SETUP = f"W = {WANTED!r}\n"

NOTHING = "def solve(*_):\n    return\n    yield"
ENDS_EARLY = {
    "map": "it = solve(W)\nassert all(map(lambda w: next(it) == w, W.values()))",
    "filter": "it = solve(W)\nassert list(filter(lambda w: next(it) != w, W.values())) == []",
    "iter": "it, left = solve(W), list(W.values())\n"
    "for right in iter(lambda: next(it) == left.pop(0), None):\n    assert right",
    "filterfalse": "import itertools\nit = solve(W)\n"
    "assert not list(itertools.filterfalse(lambda w: next(it) == w, W.values()))",
    "accumulate": "import itertools\nit = solve(W)\n"
    "wrong = itertools.accumulate(W.values(), func=lambda bad, w: bad + (next(it) != w))\n"
    "assert list(wrong)[1:] == []",
    "groupby": "import itertools\nit = solve(W)\n"
    "groups = itertools.groupby(W.values(), key=lambda w: next(it) == w)\n"
    "assert [right for right, _ in groups if not right] == []",
}
SENDS = "running = solve()\nnext(running)\nassert all(map(lambda n: running.send(n) == W[n], W))"


@pytest.mark.parametrize("loop", ENDS_EARLY)
def test_an_iterator_that_ends_early_ends_no_loop_of_the_tests(sandbox, loop):
    tests = asserts(ENDS_EARLY[loop])
    assert sandbox.check(NOTHING, tests).status == "error"


def test_a_generator_that_ends_when_it_is_sent_something_ends_no_loop(sandbox):
    assert not sandbox.check("def solve(): yield", asserts(SENDS)).passed
    honest = f"def solve():\n    n = yield\n    while True: n = yield {WANTED!r}[n]"
    assert sandbox.check(honest, asserts(SENDS)).passed


def test_loops_with_functions_do_what_they_did(sandbox):
    lines = (
        "assert isinstance(map(solve, [1]), map) and type(filter(None, [])) is filter",
        "assert list(map(lambda a, b: solve(a) + b, [1, 2], [3, 4])) == [5, 8]",
        "assert list(filter(None, [solve(0), 1])) == [1]",
        "import itertools as i\nassert list(i.accumulate([1, 2])) == [1, 3]",
        "import itertools as i\nassert list(i.accumulate([1, 2], max, initial=3)) == [3, 3, 3]",
        "import itertools as i\nassert [k for k, _ in i.groupby([1, 1, 2])] == [1, 2]",
        "left = [1, 2, None, 3]\nassert list(iter(lambda: left.pop(0), None)) == [1, 2]",
        "import itertools as i\nassert list(i.starmap(pow, [(2, 3)])) == [solve(4)]",
    )
    verdict = sandbox.check("def solve(n): return 2 * n", {"kind": "asserts", "asserts": lines})
    assert verdict.passed, verdict.detail


ECHO = """
class Answer:
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return lambda *given: given[0]
    def compare(self, other): return 0
    def replace(self, *_): return ""
    strip = removeprefix = replace
    def partition(self, middle): return ("", middle, "")
def solve(n): return Answer()
"""


@pytest.mark.parametrize(
    "asked",
    [
        "union({w}) == {w}",
        "intersection({w}) == {w}",
        "compare(w) == 0",
        "replace(str(w), '') == ''",
        "strip(str(w)) == ''",
        "removeprefix(str(w)) == ''",
        "partition(str(w)) == ('', str(w), '')",
    ],
)
def test_an_object_that_looks_like_data_does_not_answer_with_what_it_is_handed(sandbox, asked):
    line = f"for n, w in W.items():\n    assert solve(n).{asked}"
    assert sandbox.check(ECHO, asserts(line)).status == "error"


def test_methods_of_the_same_names_may_do_other_things(sandbox):
    program = (
        "class Sets:\n    def union(self, a, b): return min(a, b)\n"
        "    def split(self, at): return [at, at + 1]\ndef solve(n): return Sets()"
    )
    line = "assert solve(3).union(1, 2) == 1 and solve(3).split(4) == [4, 5]"
    assert sandbox.check(program, asserts(line)).passed


@pytest.mark.parametrize("narrow", ["float16", "float32", "complex64"])
def test_a_narrow_infinity_of_numpy_equals_no_large_number(sandbox, narrow):
    pytest.importorskip("numpy")
    program = f"import numpy as np\ndef solve(n): return np.{narrow}('inf')"
    large = 10**40
    for tests in (
        {"kind": "asserts", "asserts": [f"assert solve(1) == {large}"]},
        asserts("for n in W:\n    assert solve(n) == W[n] * 10**40"),
        asserts("for n in W:\n    assert float(W[n]) * 1e40 == solve(n)"),
        {"kind": "io_call", "fn_name": "solve", "cases": [{"args": [1], "output": large}]},
    ):
        assert not sandbox.check(program, tests).passed


def test_an_object_that_lies_about_its_size_is_close_to_nothing(sandbox):
    pytest.importorskip("numpy")
    program = (
        "class Empty:\n    size = 1\n    def __len__(self): return 0\n"
        "    def __getitem__(self, i): raise IndexError\n    def __iter__(self): return iter(())\n"
        "def solve(n): return Empty()"
    )
    for comparison in ("assert np.allclose({})", "np.testing.assert_allclose({})"):
        line = f"import numpy as np\nfor n in W:\n    {comparison.format('solve(n), W[n]')}"
        assert not sandbox.check(program, asserts(line)).passed


LENIENT = (
    "def assert_allclose(*_): return True\nallclose = assert_allclose\n"
    "class PurePath:\n    def __init__(self, *_): pass\n    def match(self, _): return True\n"
    "def solve(n): return '1'"
)


@pytest.mark.parametrize("entry_point", ["", "solve"])
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("numpy", "assert allclose(float(solve(n)), W[n])"),
        ("numpy.testing", "assert_allclose(float(solve(n)), W[n])"),
        ("pathlib", "assert PurePath(solve(n)).match(str(W[n]))"),
    ],
)
def test_what_the_setup_imports_with_a_star_is_not_the_programs(sandbox, module, line, entry_point):
    if module.startswith("numpy"):
        pytest.importorskip("numpy")
    setup, code = f"from {module} import *\n{SETUP}", f"for n in W:\n    {line}\n"
    tests: dict[str, Any] = {"kind": "script", "setup": setup, "code": code}
    if entry_point:
        tests["entry_point"] = entry_point
    assert not sandbox.check(LENIENT, tests).passed


def test_a_star_does_not_hide_what_is_asked_for(sandbox):
    tests = asserts("assert product(2) == 4", setup="from itertools import *\n")
    assert sandbox.check("def product(n): return 2 * n", tests).passed


def asserts(line: str, setup: str = SETUP) -> dict[str, Any]:
    return {"kind": "asserts", "setup": setup, "asserts": [line]}


def test_tests_see_what_a_function_changes_in_place(sandbox):
    program = (
        "class Solution:\n    def rotate(self, row, k): row[:] = row[-k:] + row[:-k]\n"
        "def order(rows):\n    for row in rows: row.sort()\n"
        "def mark(table, seen, *, key): table[key] = [1]; seen.add(key)\n"
        "def nest(own): own.append(own)\n"
    )
    code = (
        "row = alias = [1, 2, 3]\nassert Solution().rotate(row, 1) is None\n"
        "assert row == [3, 1, 2] and alias is row\n"
        "rows = [[2, 1], [4, 3]]\norder(rows)\nassert rows == [[1, 2], [3, 4]]\n"
        "table, seen = {}, set()\nmark(table, seen, key='a')\nassert table == {'a': [1]} and seen == {'a'}\n"
        "import collections\nlast = collections.deque([[2, 1]], maxlen=1)\norder(last)\n"
        "assert last[0] == [1, 2] and last.maxlen == 1\n"
        "own = [1]\nnest(own)\nassert own == [1]\n"
    )
    verdict = sandbox.check(program, {"kind": "script", "code": code})
    assert verdict.passed, verdict.detail
    assert not sandbox.check(
        program.replace("sort()", "pop()"), {"kind": "script", "code": code}
    ).passed


def test_a_function_that_returns_something_changes_nothing_of_the_tests(sandbox):
    tests = asserts("a = [3, 1, 2]\nassert solve(a) == sorted(a)")
    assert not sandbox.check("def solve(a): a.clear(); return []", tests).passed
    assert sandbox.check("def solve(a): a.sort(); return a", tests).passed


def test_what_the_tests_put_into_a_list_stays_what_it_is(sandbox):
    line = "calls = [len, lambda: 1]\nsolve(calls)\nassert calls[1]() == 1 and calls[0] is len"
    assert sandbox.check("def solve(calls): calls[0] = calls[1] = None", asserts(line)).passed


def test_an_object_that_gives_less_than_its_length_ends_no_loop(sandbox):
    line = (
        "out = solve(1)\nassert len(out) == len(W)\nfor a, b in zip(out, W.values()): assert a == b"
    )
    lying = (
        "class Short:\n    def __len__(self): return 3\n    def __iter__(self): return iter({})\n"
        "def solve(n): return Short()"
    )
    assert sandbox.check(lying.format("()"), asserts(line)).status == "error"
    by_index = (
        "class Short:\n    def __len__(self): return 3\n    def __getitem__(self, i): raise IndexError\n"
        "def solve(n): return Short()"
    )
    assert sandbox.check(by_index, asserts(line)).status == "error"
    honest = lying.format(tuple(WANTED.values()))
    assert sandbox.check(honest, asserts(line)).passed
