"""What a program raises, or does when it leaves, is a failure of the call and never the end of a test."""

from typing import Any

import pytest

WANTED = {3: 41469, 7: 123, 11: 77}
HELD = ("failed", "error")

ENDINGS = {
    "StopIteration": "def solve(n): raise StopIteration",
    "StopIteration with a value": "def solve(n): raise StopIteration(41469)",
    "StopAsyncIteration": "def solve(n): raise StopAsyncIteration",
    "a subclass": "class Stop(StopIteration): pass\ndef solve(n): raise Stop",
    "GeneratorExit": "def solve(n): raise GeneratorExit",
    "KeyboardInterrupt": "def solve(n): raise KeyboardInterrupt",
    "SystemExit": "def solve(n): raise SystemExit(0)",
    "sys.exit": "import sys\ndef solve(n): sys.exit()",
    "an exception of its own": "class Own(BaseException): pass\ndef solve(n): raise Own",
    "CancelledError": "import asyncio\ndef solve(n): raise asyncio.CancelledError",
    "SkipTest": "import unittest\ndef solve(n): raise unittest.SkipTest('later')",
    "IndexError": "def solve(n): raise IndexError",
    "AttributeError": "def solve(n): raise AttributeError",
    "an iterator that ends": "def solve(n):\n    return\n    yield",
    **{
        f"StopIteration from {name}": (
            f"class A:\n    def __{name}__(self, *_): raise StopIteration\n"
            + ("    __hash__ = None\n" if name == "eq" else "")
            + "def solve(n): return A()"
        )
        for name in ("bool", "eq", "ne", "hash", "len", "iter", "str", "format", "float", "getattr")
    },
}
LOOPS = {
    "all(map)": "assert all(map(lambda n: bool(solve(n) == W[n]), W))",
    "not any(map)": "assert not any(map(lambda n: bool(solve(n) != W[n]), W))",
    "zip": "for n, got in zip(W, map(solve, W)):\n    assert got == W[n]",
    "filter": "assert list(filter(lambda n: solve(n) != W[n], W)) == []",
    "starmap": "import itertools\n"
    "for got, want in itertools.starmap(lambda n, w: (solve(n), w), W.items()):\n"
    "    assert got == want",
    "takewhile": "import itertools\n"
    "assert list(itertools.takewhile(lambda n: solve(n) == W[n], W)) == list(W)",
    "sum(map)": "assert sum(map(lambda n: len(str(solve(n))) != len(str(W[n])), W)) == 0",
    "max with a default": "assert max(map(lambda n: float(solve(n)) - W[n], W), default=0) == 0",
    "next with a default": "assert next(filter(lambda n: f'{solve(n)}' != f'{W[n]}', W), None) is None",
    "an iterator of the tests": "class Pairs:\n    def __init__(self): self.left = iter(W)\n"
    "    def __iter__(self): return self\n"
    "    def __next__(self):\n        n = next(self.left)\n        return solve(n), W[n]\n"
    "for got, want in Pairs():\n    assert got == want",
    "a sequence of the tests": "class Checks:\n    def __getitem__(self, i):\n"
    "        n = list(W)[i]\n        return solve(n) == W[n]\n"
    "got = [c for c, _ in zip(Checks(), W)]\nassert len(got) == len(W) and all(got)",
    "a generator that is closed": "def check():\n    try:\n        yield\n    finally:\n"
    "        for n in W:\n            assert solve(n) == W[n]\n"
    "running = check()\nnext(running)\nrunning.close()",
    "async for": "import asyncio\nclass Pairs:\n    def __init__(self): self.left = list(W)\n"
    "    def __aiter__(self): return self\n    async def __anext__(self):\n"
    "        if not self.left: raise StopAsyncIteration\n        n = self.left.pop()\n"
    "        return solve(n), W[n]\n"
    "async def main():\n    async for got, want in Pairs():\n        assert got == want\n"
    "asyncio.run(main())",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n"
    "        for n in W:\n            with self.subTest(n=n):\n"
    "                self.assertEqual(solve(n), W[n])\n"
    "unittest.main()",
}


def script(code: str) -> dict[str, Any]:
    return {"kind": "script", "code": f"W = {WANTED}\n{code}\n"}


@pytest.mark.parametrize("loop", LOOPS)
def test_the_loops_of_the_tests_pass_right_answers(loop: str, sandbox: Any) -> None:
    verdict = sandbox.check(f"def solve(n): return {WANTED}[n]", script(LOOPS[loop]))
    assert verdict.passed, verdict


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_that_is_raised_ends_a_loop_of_the_tests(ending: str, sandbox: Any) -> None:
    numbered = list(LOOPS)
    own = list(ENDINGS).index(ending)
    for step in range(0, len(numbered), 3):  # each ending meets a third of the loops
        loop = numbered[(own + step) % len(numbered)]
        verdict = sandbox.check(ENDINGS[ending], script(LOOPS[loop]))
        assert verdict.status in HELD, (loop, verdict)


@pytest.mark.parametrize("loop", LOOPS)
def test_no_loop_is_ended_by_stop_iteration(loop: str, sandbox: Any) -> None:
    for ending in ("StopIteration", "a subclass", "StopAsyncIteration", "GeneratorExit"):
        assert sandbox.check(ENDINGS[ending], script(LOOPS[loop])).status in HELD


def test_iterators_of_the_program_still_end(sandbox: Any) -> None:
    program = (
        "def count(n):\n    total = 0\n    for i in range(n): total += (yield i) or 0\n    return total\n"
        "class Own:\n    def __init__(self): self.n = 0\n    def __iter__(self): return self\n"
        "    def __next__(self):\n        self.n += 1\n        if self.n > 3: raise StopIteration\n"
        "        return self.n\n"
        "async def later(n):\n    for i in range(n): yield i\n"
    )
    code = (
        "assert list(count(3)) == [0, 1, 2] and list(Own()) == [1, 2, 3]\n"
        "assert list(zip(Own(), count(2))) == [(1, 0), (2, 1)]\n"
        "g = count(2)\nnext(g)\ng.send(5)\n"
        "try:\n    g.send(7)\n    assert False\nexcept StopIteration as end:\n    assert end.value == 12\n"
        "try:\n    next(count(0))\n    assert False\nexcept StopIteration:\n    pass\n"
        "import asyncio\nasync def main(): return [x async for x in later(3)]\n"
        "assert asyncio.run(main()) == [0, 1, 2]\n"
    )
    assert sandbox.check(program, script(code)).passed


CALLERS = {
    "calls it": "def solve(f, *given): return f(*given)",
    "swallows all": "def solve(f, *given):\n    try: f(*given)\n    except BaseException: pass\n"
    "    raise SystemExit(0)",
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    "handed",
    [
        "solve(lambda: sys.exit(0))",
        "solve(sys.exit, 0)",
        "solve(os._exit, 0)",
        "solve(quit)",
        "solve(exit, 0)",
        "solve(exec, 'raise SystemExit')",
        "solve(eval, '__import__(\"os\")._exit(0)')",
        "solve(unittest.main)",
    ],
)
def test_an_exit_that_is_handed_to_the_program_is_no_pass(
    handed: str, caller: str, sandbox: Any
) -> None:
    code = f"import os, sys, unittest\n{handed}\nassert False"
    assert sandbox.check(CALLERS[caller], script(code)).status in (*HELD, "killed")


@pytest.mark.parametrize("code", ["raise SystemExit", "import sys\nsys.exit(0)", "quit()"])
def test_an_exit_inside_a_test_is_no_pass(code: str, sandbox: Any) -> None:
    program = "def solve(n): return n"
    assert sandbox.check(program, script(f"solve(1)\n{code}")).status == "failed"
    tests = {"kind": "asserts", "asserts": [f"{code}", "assert solve(1) == 1"]}
    assert sandbox.check(program, tests).status == "failed"


def test_a_context_manager_of_the_program_swallows_no_failure(sandbox: Any) -> None:
    program = (
        "class C:\n    value = 1\n    def __enter__(self): return self\n"
        "    def __exit__(self, *_): return True\n    def fail(self): raise ValueError\n"
    )
    for line in (
        "assert c.value == 2",
        "assert c.fail() == 2",
        "assert c.value + 'x' == 2",
        "1 / 0",
    ):
        assert sandbox.check(program, script(f"with C() as c:\n    {line}")).status in HELD
    assert sandbox.check(program, script("with C():\n    raise ValueError('on purpose')")).passed
