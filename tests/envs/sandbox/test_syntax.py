"""Trees are made by many threads at once without an error of the interpreter."""

import ast
from concurrent.futures import ThreadPoolExecutor

import pytest

from onelayer.envs.sandbox.syntax import parse


def test_many_threads_parse_at_once() -> None:
    source = "def f(x):\n    return [y for y in x if (y + 1) * 2]\n" * 40
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parse, [source] * 200))
    assert {ast.dump(tree) for tree in trees} == {ast.dump(ast.parse(source))}


def test_what_is_no_python_is_refused_and_the_next_is_read() -> None:
    with pytest.raises(SyntaxError):
        parse("def")
    assert parse("1").body
