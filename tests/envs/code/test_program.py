"""Finding the program of a reply, completing it, and telling equal programs."""

import ast

import pytest

from onelayer.envs.code.problem import CodeTask
from onelayer.envs.code.program import (
    LONGEST,
    NoProgram,
    complete,
    find_program,
    normalised,
    split_stub,
)

PLAIN = CodeTask("t", "Add.", hidden={}, entry_point="add")
PROMPT = 'from typing import List\n\ndef twice(x: int) -> int:\n    """Return 2 x."""\n'
STUB = CodeTask(
    "s", PROMPT, hidden={}, entry_point="twice", stub=PROMPT, preamble="from typing import List"
)


@pytest.mark.parametrize(
    ("reply", "program"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("Here it is:\n```py\nx = 1\n```\nIt adds.", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("~~~python\nx = 1\n~~~", "x = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\nx = 1\n```\nno, better:\n```python\nx = 2\n```", "x = 2\n"),
        ("```python\nx = 1\n```\nIt prints:\n```\n5\n```", "x = 1\n"),
        ("```bash\nrm x\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("- so:\n  ```python\n  if x:\n      y = 1\n  ```", "if x:\n    y = 1\n"),
        ("```python\nx = 1\ny = (", "x = 1\ny = (\n"),
        ("def add(a, b):\n    return a + b", "def add(a, b):\n    return a + b"),
        ("print(int(input()) * 2)", "print(int(input()) * 2)"),
    ],
)
def test_the_program_of_a_reply_is_found(reply, program):
    assert find_program(reply, PLAIN) == program


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   ",
        "I don't know.",
        "yes",
        "look\nlook",
        "Answer: yes",
        "42",
        "\x00",
        "```bash\nls\n```",
        "```python\n\n```",
        "def add(a, b): return (",
        "(" * 100_000,
        "-" * 60_000 + "1",
        "\ud800",
    ],
)
def test_a_reply_without_a_program_is_told_so(reply):
    with pytest.raises(NoProgram):
        find_program(reply, PLAIN)


def test_a_program_may_be_broken_but_not_endless():
    assert find_program("```python\ndef add(a, b:\n```", PLAIN) == "def add(a, b:\n"
    with pytest.raises(NoProgram, match="longer than 65,536"):
        find_program(f"```python\n{'x = 1 #' + 'y' * LONGEST}\n```", PLAIN)


def test_a_prompt_that_is_code_gives_its_imports_to_the_program():
    program = complete("def twice(x: List[int]):\n    return 2 * x\n", STUB)
    scope = {}
    exec(program, scope)
    assert scope["twice"](3) == 6


def test_what_the_prompt_gives_comes_after_future_imports():
    given = "from __future__ import annotations\ndef twice(x: List[int]):\n    return 2 * x\n"
    scope = {}
    exec(complete(given, STUB), scope)
    assert scope["twice"](3) == 6


@pytest.mark.parametrize(
    "body", ["    y = x\n    return x + y\n", "y = x\nreturn x + y", "\n    return 2*x"]
)
def test_a_reply_may_be_the_missing_body_of_the_function(body):
    found = find_program(body, STUB)
    scope = {}
    exec(complete(found, STUB), scope)
    assert scope["twice"](4) == 8


def test_layout_and_comments_make_no_difference_and_names_do():
    one = "def add(a,b):\n  # adds\n  return (a+b)\n"
    other = "def add(a, b):\n\n    return a + b"
    assert normalised(one) == normalised(other)
    assert normalised(one) != normalised(other.replace("b", "c"))


@pytest.mark.parametrize("broken", ["def f(:", "x = '\\ud800", "1" + "+1" * 30_000, "\x00"])
def test_what_cannot_be_parsed_stands_for_itself(broken):
    assert normalised(broken + "\n") in (broken, broken + "\n") or ast.parse(broken)


def test_a_prompt_that_is_code_is_told_from_words():
    stub, beside = split_stub("import math\n\ndef helper():\n    return 1\n\n" + PROMPT, "twice")
    assert "def twice" in stub
    assert "import math" in beside and "def helper" in beside and "twice" not in beside
    assert split_stub("Return 2 x.", "twice") is None
    assert split_stub(PROMPT, "thrice") is None
