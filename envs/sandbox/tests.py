"""The kinds of tests, what each must hold, and what the sandbox makes of it."""

import ast
import builtins
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onelayer.envs.sandbox.syntax import parse

KINDS = ("asserts", "check_fn", "stdio", "io_call", "script")
JUDGED = ("asserts", "check_fn", "script")


def validate_tests(tests: Mapping[str, Any]) -> None:
    """Check that ``tests`` can be run at all.

    * ``{"kind": "asserts", "setup": str, "asserts": [str], "extra": [str]}``
    * ``{"kind": "check_fn", "code": str}``
    * ``{"kind": "stdio", "cases": [{"input": str, "output": str}]}``
    * ``{"kind": "io_call", "fn_name": str, "cases": [{"args": list, "output": any}]}``, optionally
      ``"tolerance": float`` for numbers
    * ``{"kind": "script", "setup": str, "code": str}``

    ``setup`` and ``extra`` may be left out.

    Raises:
        ValueError: an unknown kind, a missing or wrong field, code that does not parse, no cases.
    """
    if not isinstance(tests, Mapping):
        raise ValueError(f"tests must be an object with a 'kind', got {type(tests).__name__}")
    kind = tests.get("kind")
    if kind not in KINDS:
        raise ValueError(f"the kind of tests must be one of {', '.join(KINDS)}, got {kind!r}")
    _VALIDATORS[kind](tests)


def _asserts(tests: Mapping[str, Any]) -> None:
    _code(tests, "setup", optional=True)
    for field in ("asserts", "extra"):
        lines = tests.get(field, [] if field == "extra" else None)
        if not _is_list(lines) or not all(isinstance(line, str) for line in lines):
            raise ValueError(f"asserts tests need a list of strings in {field!r}, got {lines!r}")
        for index, line in enumerate(lines):
            _parse(line, f"{field}[{index}]")
    if not tests["asserts"]:
        raise ValueError("asserts tests need at least one assert")


def _check_fn(tests: Mapping[str, Any]) -> None:
    _code(tests, "code")


def _script(tests: Mapping[str, Any]) -> None:
    _code(tests, "setup", optional=True)
    _code(tests, "code")


def _stdio(tests: Mapping[str, Any]) -> None:
    for index, case in enumerate(_cases(tests)):
        for field in ("input", "output"):
            if not isinstance(case.get(field), str):
                raise ValueError(f"cases[{index}] needs a string in {field!r}")


def _io_call(tests: Mapping[str, Any]) -> None:
    name = tests.get("fn_name")
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"io_call tests need a function's name in 'fn_name', got {name!r}")
    tolerance = tests.get("tolerance", 0.0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or tolerance < 0:
        raise ValueError(f"'tolerance' must be a number of at least 0, got {tolerance!r}")
    for index, case in enumerate(_cases(tests)):
        if not _is_list(case.get("args")):
            raise ValueError(f"cases[{index}] needs a list in 'args', got {case.get('args')!r}")
        if "output" not in case:
            raise ValueError(f"cases[{index}] needs an 'output'")


_VALIDATORS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "asserts": _asserts,
    "check_fn": _check_fn,
    "stdio": _stdio,
    "io_call": _io_call,
    "script": _script,
}


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _cases(tests: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    cases = tests.get("cases")
    if not _is_list(cases) or not cases:
        raise ValueError(f"{tests['kind']} tests need a list of at least one case in 'cases'")
    for index, case in enumerate(cases):
        if not isinstance(case, Mapping):
            raise ValueError(f"cases[{index}] must be an object, got {type(case).__name__}")
    return cases  # type: ignore[no-any-return]


def _code(tests: Mapping[str, Any], field: str, optional: bool = False) -> None:
    source = tests.get(field, "" if optional else None)
    if not isinstance(source, str):
        raise ValueError(f"{tests['kind']} tests need code in {field!r}, got {source!r}")
    statements = _parse(source, field)
    if not optional and not statements:
        raise ValueError(f"the tests' {field!r} holds no statement")


# The tests of a task are checked against many programs, one after the other.
@functools.lru_cache(maxsize=1024)
def count_statements(source: str) -> int:
    """Return how many statements source text has at its outermost level."""
    return len(parse(source).body)


def _parse(source: str, where: str) -> int:
    try:
        return count_statements(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"the tests' {where} does not parse: {error}") from None


def plan(tests: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the judge is to do with tests that run code.

    Returns:
        ``pieces``, each a ``source`` and the number of its ``case`` (None: preparation); ``names``, what
        the program may define for them; ``modules``, names that the tests use as modules; ``setup``, what
        the program's process runs before the program.
    """
    kind = tests["kind"]
    pieces: list[dict[str, Any]] = []
    if tests.get("setup"):
        pieces.append({"source": tests["setup"], "case": None})
    judged = kind == "asserts"
    sources = [*tests["asserts"], *tests.get("extra", ())] if judged else [tests["code"]]
    pieces += [{"source": source, "case": index} for index, source in enumerate(sources)]
    names, modules = _names_used(tuple(piece["source"] for piece in pieces))
    setup = tests.get("setup", "") if kind == "script" else ""
    return {"pieces": pieces, "names": list(names), "modules": list(modules), "setup": setup}


@functools.lru_cache(maxsize=256)
def _names_used(sources: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that tests take from the program, and those that they use like modules.

    A built-in name stays built in, or a program could answer ``assert set(f(x)) == set(y)`` by defining
    ``set``. Only where tests use no other name of the program must the built-in one be what they test.
    """
    read: set[str] = set()
    bound: set[str] = set()
    modules: set[str] = set()
    outermost: set[str] = set()
    for source in sources:
        tree = parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                modules.add(node.value.id)
            bound |= _bound_by(node)
        for statement in tree.body:
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                outermost |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    own = {name for name in read if not hasattr(builtins, name)}
    taken = own if own - bound else own | (outermost & read - bound)
    return tuple(sorted(taken)), tuple(sorted(modules))


def _bound_by(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).split(".")[0]}
    return {node.name} if isinstance(node, ast.ExceptHandler) and node.name else set()


def calls(tests: Mapping[str, Any]) -> list[list[Any]]:
    """Return the arguments of each case of ``io_call`` tests."""
    return [list(case["args"]) for case in tests["cases"]]


def same_tokens(expected: str, output: bytes) -> bool:
    """Compare output with what was expected, token by token: white space does not count."""
    return output.split() == expected.encode("utf-8", "surrogateescape").split()


def _represent(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # a number of more digits than Python is willing to print
        return hex(value) if isinstance(value, int) else f"a {type(value).__name__}"


def shorten(value: Any, length: int = 300) -> str:
    """Return a value as text of bounded length."""
    if isinstance(value, str | bytes):
        text = repr(value[: length * 2])
    else:
        try:
            text = json.dumps(value)
        except (TypeError, ValueError):
            text = _represent(value)
    return text if len(text) <= length else text[: length - 3] + "..."
