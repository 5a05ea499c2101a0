"""The part of a task's tests that is shown to the agent: the first test, as readable text."""

import ast
import builtins
from typing import Any

from onelayer.envs.code.problem import Tests
from onelayer.envs.sandbox.codec import encode
from onelayer.envs.sandbox.shown import show
from onelayer.envs.sandbox.syntax import parse

_SHOWN = 2_000
"""characters of a public test in an observation"""


def first_test(tests: Tests) -> tuple[Tests | None, str]:
    """Return the first test alone, with a note on what it is; None where none can run alone."""
    kind = tests["kind"]
    if kind == "asserts":
        count = len(tests["asserts"]) + len(tests.get("extra") or ())
        public = {**tests, "asserts": list(tests["asserts"][:1]), "extra": []}
        return public, _note(count)
    if kind in ("stdio", "io_call"):
        return {**tests, "cases": list(tests["cases"][:1])}, _note(len(tests["cases"]))
    if kind == "check_fn":
        found = _first_assert_of_check(tests["code"])
        if found is None:
            return None, ""
        public = {"kind": "asserts", "setup": "", "asserts": [found], "extra": []}
        return public, "one of the tests that decide"
    code = _up_to_the_first_assert(tests["code"])
    if code is None:
        return None, ""
    return {**tests, "code": code}, "the beginning of the tests that decide"


def shown(tests: Tests) -> str:
    """Return tests as an agent reads them."""
    kind = tests["kind"]
    if kind == "asserts":
        lines = [tests.get("setup") or "", *tests["asserts"], *(tests.get("extra") or ())]
        text = "\n".join(line for line in lines if line.strip())
    elif kind == "io_call":
        name = tests["fn_name"]
        text = "\n".join(
            f"{name}({', '.join(map(_notation, case['args']))}) == {_notation(case['output'])}"
            for case in tests["cases"]
        )
    elif kind == "stdio":
        text = "\n".join(
            f"input:\n{_indented(case['input'])}\noutput:\n{_indented(case['output'])}"
            for case in tests["cases"]
        )
    else:
        text = f"{tests.get('setup') or ''}\n{tests['code']}".strip()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " ..."


def _notation(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # a number of more digits than Python is willing to write
        return show(encode(value), _SHOWN)


def _note(count: int) -> str:
    return "the only test" if count == 1 else f"the first of the {count} tests that decide"


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.splitlines()) or "    (nothing)"


def _first_assert_of_check(code: str) -> str | None:
    """Return the first assert of ``check(candidate)`` that can run alone, with the function's own name."""
    tree = parse(code)
    check = next(
        (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "check"), None
    )
    called = _argument_of_check(tree)
    if check is None or called is None or not check.args.args:
        return None
    candidate = check.args.args[0].arg
    for node in check.body:
        if isinstance(node, ast.Assert) and _stands_alone(node.test, candidate):
            return ast.unparse(
                _Rename(candidate, called).visit(ast.Assert(test=node.test, msg=None))
            )
    return None


def _stands_alone(test: ast.expr, candidate: str) -> bool:
    """Return whether a test uses the candidate and otherwise only Python's builtins."""
    names = [node for node in ast.walk(test) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    used = {node.id for node in names} - bound
    return candidate in used and used - {candidate} <= set(dir(builtins))


def _argument_of_check(tree: ast.Module) -> str | None:
    """Return ``name`` where the code ends with ``check(name)``."""
    for node in reversed(tree.body):
        call: Any = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "check":
            return getattr(call.args[0], "id", None) if call.args else None
    return None


class _Rename(ast.NodeTransformer):
    def __init__(self, old: str, new: str):
        self.old, self.new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.new, node.ctx) if node.id == self.old else node


def _up_to_the_first_assert(code: str) -> str | None:
    """Return a script's beginning, its first assert at the top level included; None without one."""
    for node in parse(code).body:
        if isinstance(node, ast.Assert):
            return "\n".join(code.splitlines()[: node.end_lineno]) + "\n"
    return None
