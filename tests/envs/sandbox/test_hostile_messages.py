"""Whatever a program sends is read without a raise, and never drops its episode."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.envs.sandbox import Sandbox, checks, frames, program_checks
from onelayer.envs.sandbox.codec import CodecError, decode
from onelayer.envs.sandbox.comparison import matches
from onelayer.envs.sandbox.plain_asserts import UndecidedError, _read
from onelayer.envs.sandbox.shown import readable, shorten, show

TAGS = (
    *("list", "tuple", "set", "frozenset", "dict", "OrderedDict", "defaultdict", "Counter", "int"),
    *("namedtuple", "complex", "bytes", "bytearray", "range", "Decimal", "Fraction", "datetime"),
    *("date", "time", "timedelta", "deque", "array", "scalar", "texts", "object", "class"),
    *("exception", "instance", "Ellipsis", "NotImplemented", "handle", "nonsense", ""),
)
TEXT = st.text() | st.sampled_from(["<U1", "<f8", "|S1", "ff7f00ff", "\ud800", "ﬁ", "fi", "class"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
MESSAGES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(st.sampled_from(TAGS), st.lists(inner, max_size=5)).map(lambda p: [p[0], *p[1]])
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)
EXPECTED = [0, 1.5, True, None, "x", [1, [2]], {"a": [1]}, {1, 2}, (1,), b"x", {"k": {"l": 1.0}}]
LINES = [f"assert f(1) == {value!r}" for value in EXPECTED] + ["assert f()", "assert not f()"]


def is_text(text: str) -> bool:
    """Return whether any file or tokenizer takes a text."""
    return bool(text.encode("utf-8").decode("utf-8") == text)


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_any_message_can_be_compared_shown_and_refused(message: Any) -> None:
    for expected in EXPECTED:
        assert matches(expected, message, 1e-6) in (True, False)
    shown = show(message)
    assert is_text(shown) and len(shown) < 3_000
    for line in LINES:
        for reply in (message, ["value", message], ["raised", None, "E", message, message, 1, 2]):
            try:
                status, detail = _read(line, {"f"}).outcome(reply)
            except UndecidedError:
                continue
            assert status in ("passed", "failed", "error", "memory") and is_text(detail)
    with contextlib.suppress(CodecError):
        decode(message)


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_any_answer_to_a_call_has_a_status(message: Any) -> None:
    given_message = message if isinstance(message, dict) else {"case": 0, "value": message}
    case = {"args": ["\ud800"], "output": [1]}
    result = program_checks._call_result(0, case, given_message, 1e-9)
    assert result.status in ("passed", "failed", "error", "memory") and is_text(result.detail)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_none(body: bytes) -> None:
    with contextlib.suppress(frames.FrameError):
        frames.unpack(body)


@given(TEXT)
def test_readable_text_is_text(text: str) -> None:
    assert is_text(readable(text, 10)) and is_text(shorten(text)) and is_text(show(text))


def test_values_are_shown_as_python_writes_them() -> None:
    for value, message in {
        "[1, 2.5, 'a', None]": ["list", 1, 2.5, "a", None],
        "{'a': (1,)}": ["dict", "a", ["tuple", 1]],
        "set()": ["set"],
        "frozenset({1})": ["frozenset", 1],
        "T(x=1)": ["namedtuple", "T", ["x"], 1],
        "b'\\xff'": ["bytes", "ff"],
        str(1 << 70): ["int", hex(1 << 70)],
        "Counter({'a': 2})": ["Counter", "a", 2],
    }.items():
        assert show(message) == value
    assert show(["list", *range(10_000)]).endswith("...") and len(show("x" * 9_000)) == 300
    assert json.loads(show(["Decimal", "1.5"])) == ["Decimal", "1.5"]


HOSTILE = {
    "a class without a name": "class M(type):\n    @property\n    def __name__(c): raise SystemExit\n"
    "class E(Exception, metaclass=M): pass\ndef solve(n): raise E",
    "a class without bases": "class M(type): __mro__ = property(lambda c: 1 / 0)\n"
    "class E(Exception, metaclass=M): pass\ndef solve(n): raise E()",
    "an exception without text": "class E(Exception):\n    def __str__(s): raise KeyboardInterrupt\n"
    "    __repr__ = __str__\ndef solve(n): raise E",
    "half characters raised": "def solve(n): raise ValueError('\\ud800' * 1000)",
    "half characters returned": "def solve(n): return {'\\udcff\\ud800': ('\\udfff',)}",
    "half characters printed": "import sys\ndef solve(n):\n    sys.stderr.buffer.write(b'\\xff')\n"
    "    raise KeyError('\\udcff')",
    "a long integer": "def solve(n): return 1 << 2_000_000",
    "fields that are one": "class T(tuple): _fields = ('\\ufb01', 'fi')\ndef solve(n): return T((1, 2))",
    "fields that are keywords": "class T(tuple): _fields = ('class', '\\uff49\\uff46')\n"
    "def solve(n): return T((1, 2))",
    "fields that are no text": "class T(tuple): _fields = ('\\ud800', '_x')\ndef solve(n): return T((1, 2))",
    "no code points": "import numpy as np\n"
    "def solve(n): return np.frombuffer(b'\\xff\\x7f\\x00\\xff' * 4, dtype='<U1')",
    "a text without code points": "import numpy as np\n"
    "def solve(n): return np.frombuffer(b'\\xff\\x7f\\0\\0' * 4, dtype='<U2')[0]",
    "an empty text of numpy": "import numpy as np\ndef solve(n): return np.str_('')",
    "objects in an array": "import numpy as np\ndef solve(n): return np.array([object(), 1], dtype=object)",
    "fields in an array": "import numpy as np\ndef solve(n): return np.zeros(2, dtype=[('a', 'i4')])",
    "long doubles": "import numpy as np\ndef solve(n): return np.array([np.longdouble(1)])",
    "a signalling number": "from decimal import Decimal\ndef solve(n): return Decimal('sNaN')",
    "a fraction of nothing": "from fractions import Fraction\ndef solve(n):\n"
    "    x = Fraction(1, 2); x._denominator = 0; return x",
    "a time zone that leaves": "import datetime\nclass T(datetime.tzinfo):\n"
    "    def utcoffset(s, d): raise SystemExit\n"
    "def solve(n): return datetime.datetime(2020, 1, 1, tzinfo=T())",
    "a text that leaves": "class S(str):\n    def __iter__(s): raise SystemExit\n    __str__ = __iter__\n"
    "def solve(n): return S('x')",
    "objects in an exception": "def solve(n): raise KeyError(object(), solve)",
    "a group": "def solve(n): raise ExceptionGroup('x', [ValueError(1)])",
    "closed streams": "import sys\ndef solve(n):\n    sys.stdout.close(); sys.stderr.close(); print(1)",
    "messages of its own": "import json, os, struct\n"
    "SAID = [None, 1, 'x', [], ['value'], ['raised', 1, 2, 3, 4, 5, 6], ['callback', -1, 1], ['input', []],\n"
    "  ['printed', 1, ['value', 1]], ['value', ['class', [1, 2, 3, 4, 5, 6]]], {'case': 0, 'value': {}},\n"
    "  ['value', ['object', 1, [1, 'x', [], ['__call__'], 1, 1]]], {'case': []}, {'names': 5}]\n"
    "def solve(n):\n    for said in SAID[n % 7:]:\n        body = json.dumps(said).encode()\n"
    "        for fd in (3, 4):\n            try: os.write(fd, struct.pack('!I', len(body)) + body)\n"
    "            except OSError: pass\n",
}
WAYS = (
    {"kind": "io_call", "fn_name": "solve", "cases": [{"args": [3], "output": 41469}]},
    {"kind": "asserts", "asserts": ["assert solve(3) == 41469"]},
    {"kind": "asserts", "asserts": ["assert abs(solve(3)) == 41469"]},
    {"kind": "check_fn", "code": "def check(c):\n    assert c(3) == 41469\ncheck(solve)"},
)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_program_sends_is_its_own_failure(name: str, sandbox: Sandbox) -> None:
    for tests in WAYS:
        verdict = sandbox.check(HOSTILE[name], tests)
        assert verdict.status not in ("passed", "sandbox_error"), verdict
        texts = [verdict.detail, verdict.stderr, *(case.detail for case in verdict.cases)]
        assert all(is_text(text) for text in texts)


def test_an_error_while_a_message_is_read_is_the_programs(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise SystemError("nobody thought of it")

    monkeypatch.setattr(program_checks, "_call_result", fail)
    verdict = sandbox.check("def solve(n): return 1", WAYS[0])
    assert verdict.status == "error" and "SystemError" in verdict.detail
    monkeypatch.setattr(checks, "why", fail)
    assert sandbox.check("def solve(n): return 1", WAYS[0]).status == "error"
