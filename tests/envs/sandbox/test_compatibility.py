"""An honest program gets from the sandbox what a bare interpreter would have given it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Limits, Sandbox
from onelayer.envs.sandbox.test_kinds import same_output

PATIENT = Limits(cpu_s=10, wall_s=60)
PROGRAMS = {
    "standard output wrapped anew": "import io, sys\n"
    "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8', write_through=True)\n"
    "sys.stderr = io.TextIOWrapper(sys.stderr.buffer)\n"
    "print('\u00e9', sys.__stdout__.mode, sys.__stdout__.name, sys.__stdout__.seekable())",
    "reading /dev/stdin": "for line in open('/dev/stdin'): print(line.strip()[::-1])",
    "reading /dev/fd/0": "print(open('/dev/fd/0').read())",
    "reading a path": "import pathlib\nprint(pathlib.Path('/dev/stdin').read_text())",
    "input, then /dev/stdin": "import sys\nprint(input())\nsys.stdin = open(0)\nprint(len(sys.argv))",
    "writing to /dev/stdout": "print('x', file=open('/dev/stdout', 'w'))",
    "silence": "import sys\nsys.stderr = open('/dev/null', 'w')\nprint(1)\nprint(2, file=sys.stderr)",
    "redirected": "import contextlib, os\n"
    "with open(os.devnull, 'w') as f, contextlib.redirect_stdout(f): print('noise')\nprint('signal')",
    "a large stack": "import sys, threading\nthreading.stack_size(1 << 29)\nsys.setrecursionlimit(10**6)\n"
    "def f(n): return 0 if n == 0 else 1 + f(n - 1)\n"
    "t = threading.Thread(target=lambda: print(f(50000)))\nt.start()\nt.join()",
    "sixty threads": "import threading, time\n"
    "ts = [threading.Thread(target=time.sleep, args=(.1,)) for _ in range(60)]\n"
    "[t.start() for t in ts]\n[t.join() for t in ts]\nprint('ok')",
    "its own file": "import os\nprint(os.path.isfile(__file__), len(open(__file__).read()) > 9)",
    "copying files": "import os, shutil\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('1')\n"
    "shutil.copytree('a', 'd')\nshutil.copy2('a/b/c', 'e')\nprint(open('e').read(), os.listdir('d'))",
    "last words": "class A:\n    def __del__(self): print('gone')\na = A()\na.self = a",
    "an open generator": "def g():\n    try: yield 1\n    finally: print('closed')\nx = g()\nnext(x)",
    "exit with False": "import sys\nprint(1)\nsys.exit(False)",
    "a closed output": "import sys\nprint(1)\nsys.stdout.flush()\nsys.stdout.close()",
    "no output left": "import sys\nprint(1)\nsys.stdout.flush()\ndel sys.stdout",
    "what site adds": "print(callable(help), type(license).__name__, callable(copyright))",
    "builtins": "print(type(__builtins__).__name__, __name__, __doc__)",
    "a user": "import getpass\nprint(bool(getpass.getuser()))",
    "bytes that are no text": "import sys\nsys.stdout.buffer.write(bytes(range(128, 256)))",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_it_prints_elsewhere(
    name: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    if name == "copying files" and sandbox.level != "full":
        pytest.skip("only a private file system lets a program change times and modes")
    file = tmp_path / "program.py"
    file.write_text(PROGRAMS[name])
    bare = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(file)],
        input=b"abc\nde\n",
        capture_output=True,
        cwd=tmp_path,
        timeout=60,
        env={"USER": "user", "PATH": os.environ.get("PATH", "")},
    )
    assert bare.returncode == 0, bare.stderr
    case = {"input": "abc\nde\n", "output": bare.stdout.decode("utf-8", "surrogateescape")}
    tests = {"kind": "stdio", "cases": [case]}
    verdict = sandbox.check(PROGRAMS[name], tests, limits=PATIENT)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("expected", "output", "same"),
    [
        ("0.666667", "0.6666666666666666", True),
        ("1.5", "1.50", True),
        ("3", "3.0", True),
        ("3.0", "3", True),
        ("1e-3", "0.001", True),
        ("0.3", "0.30000000000000004", True),
        ("-0.0", "0", True),
        ("10000000", "10000003", False),
        ("3", "3.0000001", False),
        ("3", "03", False),
        ("0.5", "0.6", False),
        ("0.67", "0.6666667", False),
        ("nan", "NaN", False),
        ("1.5", "1.5x", False),
        ("inf", "inf", True),
        ("1.0", "1.0 2.0", False),
        ("123456789012345678901", "123456789012345678902", False),
        ("1 2\n3\n", "1 2 3", True),
        ("  *\n ***\n*****\n", "  *\n ***\n*****", True),
        ("  *\n ***\n*****\n", "*\n***\n*****", False),
        ("  *\n ***\n*****\n", "* *** *****", False),
        ("a  b\nc  d\n", "a b c d", False),
        ("yes\n", " yes ", True),
    ],
)
def test_output_compares_as_judges_compare_it(expected: str, output: str, same: bool) -> None:
    assert same_output(expected, output.encode()) is same


@pytest.mark.parametrize(
    ("expected", "returned", "same"),
    [
        (0.3, "0.1 + 0.2", True),
        (10_000_000, "10_000_003", False),
        (1, "1.0000000001", True),
        (1.5, "1.6", False),
        ([0.1, {"a": 0.3}], "[0.1, {'a': 0.1 + 0.2}]", True),
        (3, "True + 2", True),
        (["a", "b"], "__import__('numpy').array(['a', 'b'])", True),
        ([["a"], ["b"]], "__import__('numpy').array([['a'], ['b']])", True),
    ],
)
def test_results_of_calls_compare_as_numbers(
    expected: Any, returned: str, same: bool, sandbox: Sandbox
) -> None:
    tests = {"kind": "io_call", "fn_name": "f", "cases": [{"args": [], "output": expected}]}
    verdict = sandbox.check(f"def f(): return {returned}", tests)
    assert verdict.status == ("passed" if same else "failed"), verdict
    both = {"args": [], "output": "no", "or_output": expected}
    assert sandbox.check(f"def f(): return {returned}", {**tests, "cases": [both]}).passed is same


CLASSES = '''
import collections, contextlib, dataclasses, enum

class Animal:
    """A being."""
    def __init__(self, name): self._name, self._number, self.name = name, 7, name
    def __eq__(self, other): return isinstance(other, Animal) and other.name == self.name
    def __hash__(self): return hash(self.name)

class Dog(Animal): pass

class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other): return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __mul__(self, factor): return Vector(self.x * factor, self.y * factor)
    __rmul__ = __mul__
    def __getitem__(self, index): return (self.x, self.y)[index]

class Color(enum.Enum):
    RED = 1
    BLUE = 2

@dataclasses.dataclass
class Point:
    x: int
    y: int = 2

class Refusal(ValueError):
    def __init__(self, message, code): super().__init__(message); self.code = code

def refuse(n):
    if n > 9: raise KeyError("large") from Refusal("inner", 1)
    raise Refusal("negative", 9)

class Log:
    def __init__(self): self.seen = []
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): self.seen.append(kind and kind.__name__)

class Node:
    def __init__(self, value, rest=None): self.value, self.next = value, rest

class Single:
    only = None
    def __new__(cls): cls.only = cls.only or super().__new__(cls); return cls.only

class Members:
    def __init__(self, *values): self.values = values
    def __contains__(self, value): return value in self.values

def add(a, b=2, *more, key=4): "Add."; return a + b + sum(more) + key
def count(n): yield from range(n)
async def later(x): return x + 1
async def stream(n):
    for i in range(n): yield i
def greet(): print("hello")
def ask(): return input() + "!"
def deep(n): return [] if n == 0 else [deep(n - 1)]
def ask_one(f): return f(1)
def twice(f):
    import functools
    @functools.wraps(f)
    def wrapped(*a): return f(*a) * 2
    return wrapped
'''


@pytest.mark.parametrize(
    "test",
    [
        "assert type(Dog('a')) is Dog and type(Dog('a')) != Animal",
        "assert Dog('a').__class__.__name__ == 'Dog' and type(Dog('a')).__name__ == 'Dog'",
        "assert Dog.__mro__[1] is Animal and Dog.__bases__ == (Animal,) and issubclass(Dog, Animal)",
        "assert Animal('rex')._name == 'rex' and Animal('rex')._number == 7",
        "assert add.__doc__ == 'Add.' and Animal.__doc__ == 'A being.' and add.__name__ == 'add'",
        "assert not hasattr(Dog('a'), '__len__') and not callable(Dog('a')) and callable(Dog)",
        "import inspect\nassert list(inspect.signature(add).parameters) == ['a', 'b', 'more', 'key']",
        "import inspect\nassert inspect.isgeneratorfunction(count)"
        "\nassert inspect.iscoroutinefunction(later)",
        "import types\nassert isinstance(count(1), types.GeneratorType)"
        "\nassert isinstance(add, types.FunctionType)",
        "from collections.abc import Iterator, Sized\nassert isinstance(count(1), Iterator)"
        "\nassert not isinstance(Dog('a'), (Iterator, Sized))",
        "assert Color(1) is Color.RED and Color['BLUE'] is Color.BLUE"
        "\nassert [c.name for c in Color] == ['RED', 'BLUE'] and len(Color) == 2",
        "a = Node(1)\nb = Node(2, a)\nassert b.next is a and Single() is Single()",
        "assert Vector(1, 2)[0:1] == (1,) and Vector(1, 2) * 3 == Vector(3, 6) == 3 * Vector(1, 2)",
        "import copy\nassert copy.copy(Point(1)) == Point(1) == copy.deepcopy(Point(1))",
        "import dataclasses\nassert dataclasses.asdict(Point(1)) == {'x': 1, 'y': 2}"
        "\nassert dataclasses.is_dataclass(Point) and dataclasses.replace(Point(1), x=5) == Point(5)",
        "try:\n    refuse(1)\n    assert False\nexcept Refusal as error:\n    assert error.code == 9",
        "try:\n    refuse(10)\n    assert False\nexcept KeyError as error:"
        "\n    assert isinstance(error.__cause__, ValueError)",
        "log = Log()\ntry:\n    with log: raise KeyError\nexcept KeyError:\n    pass\nwith log: pass"
        "\nassert log.seen == ['KeyError', None]",
        "import asyncio\nassert asyncio.run(later(1)) == 2",
        "import asyncio\nasync def main(): return [x async for x in stream(3)]"
        "\nassert asyncio.run(main()) == [0, 1, 2]",
        "import asyncio\nasync def main(): return await asyncio.gather(later(1), later(2))"
        "\nassert asyncio.run(main()) == [2, 3]",
        "import contextlib, io\nout = io.StringIO()\nwith contextlib.redirect_stdout(out): greet()"
        "\nassert out.getvalue() == 'hello\\n'",
        "from unittest.mock import patch\nwith patch('builtins.input', return_value='hi'):"
        "\n    assert ask() == 'hi!'",
        "import io, sys\nsys.stdin = io.StringIO('hi\\n')\nassert ask() == 'hi!'",
        "x = deep(400)\nn = 0\nwhile x: x, n = x[0], n + 1\nassert n == 400",
        "assert eval('add(1)') == 7 and globals()['add'](1) == 7",
        "assert 2 in Members(1, 2) and 5 not in Members(1, 2)",
        "import threading\nfound = []\ndef work(): found.append(ask_one(lambda n: n))"
        "\nts = [threading.Thread(target=work) for _ in range(8)]"
        "\n[t.start() for t in ts]\n[t.join() for t in ts]\nassert found == [1] * 8",
        "assert 'name' in dir(Dog('a')) and 'only' in dir(Single)",
        "@twice\ndef own(x): return x + 1\nassert own(1) == 4 and own.__name__ == 'own'",
    ],
)
def test_tests_in_another_process_see_what_they_would_see_in_one(
    test: str, sandbox: Sandbox
) -> None:
    one = subprocess.run(
        [sys.executable, "-c", f"{CLASSES}\n{test}"], capture_output=True, text=True
    )
    assert one.returncode == 0, one.stderr
    verdict = sandbox.check(CLASSES, {"kind": "script", "code": test}, limits=PATIENT)
    assert verdict.passed, verdict


def test_a_program_learns_nothing_of_the_host_from_its_arguments(sandbox: Sandbox) -> None:
    code = "import sys\nprint(sys.orig_argv[1:], sys.argv)"
    case = {"input": "", "output": "['program.py'] ['program.py']"}
    assert sandbox.check(code, {"kind": "stdio", "cases": [case]}).passed
