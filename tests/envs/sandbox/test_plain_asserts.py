"""Asserts that are decided without a judge get the verdict that the judge would give."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.envs.sandbox import Limits, Sandbox, Verdict, checks, plain_asserts
from onelayer.envs.sandbox.codec import encode
from onelayer.envs.sandbox.plain_asserts import UndecidedError, equal, truth

LIMITS = Limits(cpu_s=1, wall_s=40)
ECHO = "def f(source): return eval(source)"


def asserts(*lines: str, setup: str = "") -> dict[str, Any]:
    return {"kind": "asserts", "setup": setup, "asserts": list(lines), "extra": []}


def by_the_judge(sandbox: Sandbox, code: str, *lines: str, limits: Limits = LIMITS) -> Verdict:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_asserts, "read", lambda tests: None)
        return sandbox.check(code, asserts(*lines), limits=limits)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with every check that takes the judge."""
    calls: list[str] = []
    with_judge = checks._check_judged

    def spy(*arguments: Any) -> Any:
        calls.append("judge")
        return with_judge(*arguments)

    monkeypatch.setattr(checks, "_check_judged", spy)
    return calls


LITERALS = (
    *("1", "1.0", "True", "False", "None", "0", "-0.0", "'1'", "b'1'", "1j", "(1+0j)", "''"),
    *("[1]", "(1,)", "{1}", "{1: 1}", "[]", "()", "{}", "[[1], (2,)]", "[True]", "{'a': [1.0]}"),
    *("{1, 2}", "{(1, 2): {3}}", "2**70", "1e999", "'\\ud800'", "{None: None}", "{'a': None}"),
)
EXPRESSIONS = (
    *LITERALS,
    *("float('nan')", "[float('nan')]", "2**70 + 1", "float(2**70)", "bytearray(b'1')"),
    *("frozenset({1})", "{True: True}", "{1.0}", "object()", "[object()]", "(x for x in [1])"),
    *("__import__('collections').Counter({1: 1})", "__import__('collections').OrderedDict({1: 1})"),
    *("__import__('collections').deque([1])", "__import__('collections').defaultdict(int, {1: 1})"),
    *("__import__('collections').namedtuple('P', 'x')(1)", "range(2)", "iter([1])", "..."),
    *(
        "__import__('decimal').Decimal(1)",
        "__import__('fractions').Fraction(1)",
        "int",
        "ValueError",
    ),
    *("{object(): 1}", "{(1, 2), (3, 4)}", "print", "ValueError(1)", "__import__('math')"),
)
BY_NUMPY = tuple(
    f"__import__('numpy').{made}"
    for made in (
        *("int64(1)", "float64(1.0)", "float32(0.1)", "bool_(True)", "array([1])", "array([1, 2])"),
        *("str_('1')", "complex128(1)", "int8(0)", "float64('nan')"),
    )
)


@pytest.mark.parametrize("expected", [*LITERALS, "0.1"])
def test_every_kind_of_value_compares_as_it_does_in_the_judge(
    sandbox: Sandbox, expected: str
) -> None:
    values = [*EXPRESSIONS, *(BY_NUMPY if expected in ("1", "0.1", "[1]", "'1'", "None") else ())]
    expected = str(2**70) if expected == "2**70" else expected
    for part in (values[:30], values[30:40], values[40:]):
        lines = [f"assert f({value!r}) == {expected}" for value in part]
        mine = sandbox.check(ECHO, asserts(*lines), limits=Limits())
        theirs = by_the_judge(sandbox, ECHO, *lines, limits=Limits())
        assert statuses(mine) == statuses(theirs)


def statuses(verdict: Verdict) -> list[tuple[int, str]]:
    return [(case.index, case.status) for case in verdict.cases]


LIES = """
class Liar:
    __eq__ = __lt__ = __bool__ = lambda *_: True
    __ne__ = lambda *_: False
    __hash__ = lambda self: 1
    __class__ = property(lambda self: int)
def f(n): return Liar()
"""
OWN = "".join(
    f"class Own_{base}({base}):\n"
    "    __eq__ = lambda self, other: True\n    __hash__ = lambda self: 5\n"
    "    __ne__ = lambda self, other: False\n    __bool__ = lambda self: True\n"
    for base in ("int", "str", "list", "dict", "float", "tuple", "set")
)
TABLE: dict[str, tuple[str, list[str]]] = {
    "right": ("def f(n): return n + 1", ["assert f(1) == 2", "assert f(2) == 3"]),
    "wrong in the middle": (
        "def f(n): return n",
        ["assert f(1) == 1", "assert f(2) == 3, 'two'", "assert f(3) == 3"],
    ),
    "exceptions": (
        "class Odd(ValueError): pass\nclass Both(KeyError, AssertionError): pass\n"
        "def f(n): raise [ValueError('x'), KeyError('k'), Odd(1), AssertionError('no'), "
        "AssertionError, MemoryError, StopIteration(3), SystemExit(0), SystemExit('bye'), "
        "OSError(2, 'gone'), Both(1), UnicodeDecodeError('a', b'', 1, 2, 'r')][n]",
        [f"assert f({n}) == 1" for n in range(12)],
    ),
    "leaves": ("import sys\ndef f(n): sys.exit(n)", ["assert f(0) == 0", "assert f(1) == 1"]),
    "leaves hard": ("import os\ndef f(n): os._exit(0)", ["assert f(0) == 0"]),
    "leaves hard and says so": ("import os\ndef f(n): os._exit(3)", ["assert f(0) == 0"]),
    "kills itself": (
        "import os, signal\ndef f(n): os.kill(os.getpid(), 9) if n else 0",
        ["assert f(0) == 0", "assert f(1) is None"],
    ),
    "crashes": ("import ctypes\ndef f(n): ctypes.string_at(0)", ["assert f(0) == 0"]),
    "interrupts": ("def f(n): raise KeyboardInterrupt", ["assert f(0) == 0"]),
    "leaves at once": ("raise SystemExit(0)", ["assert f(0) == 0"]),
    "does not parse": ("def f(:", ["assert f(0) == 0"]),
    "raises at once": ("1 / 0", ["assert f(0) == 0"]),
    "defines nothing": ("x = 1", ["assert f(0) == 0", "assert g(0) == 0"]),
    "loops": (
        "def f(n):\n    while n: pass\n    return 0",
        ["assert f(0) == 0", "assert f(1) == 0", "assert f(0) == 0"],
    ),
    "loops at once": ("while True: pass", ["assert f(0) == 0"]),
    "takes memory": ("def f(n): return bytearray(1 << 40)", ["assert f(0) == 0"]),
    "takes memory at once": ("x = bytearray(1 << 40)", ["assert f(0) == 0"]),
    "long output": ("def f(n): return [0] * n", ["assert f(999999) == [0]", "assert f(1) == [0]"]),
    "prints much": ("def f(n):\n    print('x' * (1 << 21))\n    return n", ["assert f(1) == 1"]),
    "floods stderr": (
        "import sys\ndef f(n):\n    while True: sys.stderr.write('x' * 65536)",
        ["assert f(1) == 1"],
    ),
    "generator": ("def f(n): yield n", ["assert f(1) == [1]", "assert f(1) == 1"]),
    "coroutine": ("async def f(n): return n", ["assert f(1) == 1"]),
    "lies": (LIES, ["assert f(1) == 1", "assert f(1) is True", "assert f(1) == True"]),
    "lies, asked for its truth": (LIES, ["assert f(1)", "assert not f(1)"]),
    "own types": (
        OWN + "def f(kind, value): return globals()['Own_' + kind](value)",
        [
            *("assert f('int', 3) == 4", "assert f('int', 3) == 3", "assert f('int', 0)"),
            *("assert f('str', 'x') == 'y'", "assert f('str', 'x') == 'x'"),
            *("assert f('list', [1]) == [2]", "assert f('list', [1]) == [1]"),
            *("assert f('dict', {1: 2}) == {1: 3}", "assert f('dict', {1: 2}) == {1: 2}"),
            *("assert f('float', 1.5) == 2.5", "assert f('tuple', (1,)) == (2,)"),
            *(
                "assert f('set', [1]) == {2}",
                "assert not f('list', [])",
                "assert f('int', 1) is True",
            ),
        ],
    ),
    "changes its arguments": (
        "def f(x):\n    x.append(len(x))\n    return x",
        ["assert f([]) == [0]", "assert f([]) == [0]", "assert f([5]) == [5, 1]"],
    ),
    "remembers": (
        "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n",
        ["assert f(1) == 1", "assert f(1) == 2", "assert f(1) == 2"],
    ),
    "a default that grows": (
        "def f(x, seen=[]):\n    seen.append(x)\n    return seen",
        ["assert f(1) == [1]", "assert f(2) == [1, 2]", "assert f(3, seen=[]) == [3]"],
    ),
    "a default that is the answer": (
        "class E:\n    __eq__ = lambda *_: True\ndef f(x, y=E()): return y",
        ["assert f(1) == 3", "assert f(1, 3) == 3", "assert f(1, y=[4]) == [4]"],
    ),
    "becomes another": (
        "def f(n):\n    global f\n    f = lambda n: 5\n    return n",
        ["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 5"],
    ),
    "class": (
        "class f:\n    def __init__(self, n): self.n = n\n    def __eq__(self, o): return True",
        ["assert f(1) == 1", "assert f(1)", "assert f(1) is None"],
    ),
    "class of exceptions": ("class f(ValueError): pass", ["assert f(1) == 1", "assert f(1)"]),
    "named tuple": (
        "import collections\nf = collections.namedtuple('f', 'a b')",
        ["assert f(1, b=2) == (1, 2)", "assert f(1, 2) == [1, 2]"],
    ),
    "method": (
        "class A:\n    def m(self, n): return n\nf = A().m\ng = A.m",
        ["assert f(1) == 1", "assert g(None, 2) == 2", "assert g(3) == 3"],
    ),
    "callable object": ("class A:\n    __call__ = lambda s, n: n\nf = A()", ["assert f(1) == 1"]),
    "callable number": (
        "class A(int):\n    __call__ = lambda s, n: n\nf = A()",
        ["assert f(1) == 1", "assert f(2) == 2"],
    ),
    "no function": ("f = [1]", ["assert f(1) == 1"]),
    "enumeration": (
        "import enum\nclass C(enum.Enum): A = 1\nclass I(enum.IntEnum): A = 1\n"
        "def f(n): return [C.A, I.A][n]",
        ["assert f(0) == 1", "assert f(1) == 1", "assert f(0)"],
    ),
    "truth": (
        "def f(x): return x",
        [
            *(f"assert f({v})" for v in ("1", "0", "[]", "[0]", "{}", "''", "b''", "None", "0j")),
            *(f"assert not f({v})" for v in ("1", "0", "[]", "[0]", "{}", "'a'", "b'a'", "None")),
            *("assert f(True) is True", "assert f(1) is True", "assert f(None) is None"),
        ],
    ),
    "holds itself": (
        "def f(n):\n    x = []\n    x.append(x)\n    return x",
        ["assert f(1) == [1]"],
    ),
    "too deep": (
        "def f(n):\n    x = []\n    for _ in range(n): x = [x]\n    return x",
        ["assert f(100000) == [1]", "assert f(2) == [[[]]]"],
    ),
    "cries": ("def f(n): return f(n)", ["assert f(1) == 1"]),
    "wrong call": ("def f(n): return n", ["assert f() == 1", "assert f(1, m=2) == 1"]),
    "number of many digits": (
        "def f(n): return 10 ** n",
        ["assert f(5000) == 1", "assert f(2) == 100"],
    ),
    "replaces its surroundings": (
        "import json, os, sys, builtins\njson.dumps = os.write = builtins.repr = lambda *a, **k: 1\n"
        "def f(n): return n",
        ["assert f(1) == 2"],
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_verdict_is_that_of_the_judge(sandbox: Sandbox, name: str) -> None:
    program, lines = TABLE[name]
    mine = sandbox.check(program, asserts(*lines), limits=LIMITS)
    theirs = by_the_judge(sandbox, program, *lines)
    assert mine.status == theirs.status
    assert statuses(mine) == statuses(theirs)
    for own, other in zip(mine.cases, theirs.cases, strict=True):
        assert own.detail.split("\n")[0] == other.detail.split("\n")[0]
        if own.status == "failed":
            assert own.detail.startswith(other.detail)


def test_the_table_has_every_outcome_and_most_of_it_needs_no_judge(
    sandbox: Sandbox, judged: list[str]
) -> None:
    found = {}
    for name in (
        "right",
        "exceptions",
        "changes its arguments",
        "defines nothing",
        "does not parse",
    ):
        program, lines = TABLE[name]
        found[name] = sandbox.check(program, asserts(*lines)).status
    assert found["right"] == found["changes its arguments"] == "passed" and not judged
    assert found["defines nothing"] == found["does not parse"] == found["exceptions"] == "error"
    sandbox.check(*(TABLE["long output"][0], asserts(*TABLE["long output"][1])))
    assert judged == ["judge"]


def test_a_failed_assert_says_what_came(sandbox: Sandbox) -> None:
    verdict = sandbox.check("def f(n): return [n]", asserts("assert f(1) == 2, 'two'"))
    assert verdict.detail == "assert f(1) == 2, 'two'\ntwo\ngot [1]"
    verdict = sandbox.check("def f(n): return 'x' * 9999", asserts("assert f(1) == 2"))
    assert len(verdict.detail) < 400


@pytest.mark.parametrize(
    "line",
    [
        *("assert sorted(f(1)) == [1]", "assert f(1) == g(1)", "assert f(1) + 1 == 2", "f(1)"),
        *("assert f(1) == 1\nassert f(2) == 2", "x = 1", "assert 1", "assert f(*[1]) == 1"),
        *("assert f(**{'a': 1}) == 1", "assert f(1) == 1 == 1", "assert A().f(1) == 1"),
        *("assert len([1]) == 1", "assert f({'a', 'b'}) == 1", "assert f(x) == 1"),
        *("assert f(a=1, a=2) == 1", "assert f(1) == {[1]: 2}", "assert f(1) != 2"),
        *("assert f(1) == 1, g", "assert f(1) is 5", "assert (f(1) == 1, 'x')"),
    ],
)
def test_what_is_not_plain_goes_to_the_judge(line: str) -> None:
    assert plain_asserts.read(asserts("assert f(1) == 1", "assert f(a=[1, (2,)]) == {3}"))
    assert plain_asserts.read(asserts("assert f(1) == 1", setup="# nothing\n"))
    assert plain_asserts.read(asserts("assert f(1) == 1", setup="import math")) is None
    assert plain_asserts.read(asserts("assert f(1) == 1", line)) is None
    extra = {**asserts("assert f(1) == 1"), "extra": [line]}
    assert plain_asserts.read(extra) is None


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
    | st.binary(max_size=3) | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers(0, 3) | st.booleans() | st.text(max_size=1), inner, max_size=3)
        | st.sets(st.integers(0, 3) | st.floats(0, 3) | st.tuples(st.booleans()), max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(PLAIN, PLAIN)
def test_equal_and_truth_agree_with_python(left: Any, right: Any) -> None:
    for expected, value in ((left, right), (left, left), (right, left)):
        message = json.loads(json.dumps(encode(value)))
        assert equal(expected, message) is (expected == value)
        assert truth(message) is bool(value)


@pytest.mark.parametrize(
    "message",
    [
        *([], [1], ["?"], {}, ["int"], ["int", 5], ["int", "x"], ["dict", 1], ["set", {}]),
        *(["dict", ["list"], 1], ["scalar"], ["scalar", "<f8", [], 5], ["scalar", "O", [], ""]),
        *(["bytes", "zz"], ["bytes"], ["complex", "1", 2], [["list"]], ["set", ["set"]]),
        *(["object", 1, "A"], ["namedtuple"], ["array", "<f8", [1], "00" * 8]),
    ],
)
def test_no_message_equals_what_it_does_not_describe(message: Any) -> None:
    for expected in (0, 1, None, "", b"", [], (), {}, set(), {1: 2}, {1}, [0], 1j):
        call = plain_asserts.read(asserts(f"assert f() == {expected!r}"))
        assert call is not None
        try:
            status = call[0].outcome(["value", message])[0]
        except UndecidedError:
            continue
        # An empty tuple of unknown fields is all that such a message could be taken for.
        assert status == "failed" or (message == ["namedtuple"] and expected == ())


def test_keys_that_collide_cost_nothing() -> None:
    flood = [n * (2**61 - 1) for n in range(1, 60_001)]  # all have one hash: a table takes minutes
    message = json.loads(json.dumps(["set", *map(encode, flood)]))
    started = time.process_time()
    assert not equal(set(flood[:2]), message) and truth(message)
    assert not equal({flood[0]: 1}, ["dict", *message[1:]])
    assert time.process_time() - started < 5
