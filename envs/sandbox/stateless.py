"""Finds tests that leave no state behind, so that their process may run other tests afterwards.

This is decided by their text: no class, no assignment to an attribute, imports only of modules that hold
functions, no name that gives access to the interpreter's state. Other tests get a process of their own.
"""

import ast
import functools
from collections.abc import Iterable

from onelayer.envs.sandbox.syntax import parse

MODULES = frozenset(
    (
        *("math", "cmath", "itertools", "functools", "operator", "collections", "heapq", "bisect"),
        *("fractions", "typing", "string", "copy"),
    )
)
_STATEMENTS = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Pass, ast.Break),
    *(ast.Continue, ast.Assert, ast.Raise, ast.Try, ast.ExceptHandler, ast.If, ast.For, ast.While),
    *(ast.Expr, ast.Assign, ast.AugAssign, ast.Import, ast.ImportFrom, ast.alias),
)
_EXPRESSIONS = (
    *(ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Call, ast.keyword),
    *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Lambda, ast.Starred),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
    *(ast.Attribute, ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue, ast.NamedExpr),
)
_SIGNS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
_ALLOWED = (*_STATEMENTS, *_EXPRESSIONS, *_SIGNS)
_STATEFUL = frozenset(
    (
        *("exec", "eval", "compile", "open", "input", "globals", "locals", "vars", "breakpoint"),
        *("getattr", "setattr", "delattr", "type", "super", "object", "memoryview", "help", "exit"),
        *("quit", "license", "copyright", "credits"),
    )
)


@functools.lru_cache(maxsize=256)
def are_stateless(sources: tuple[str, ...]) -> bool:
    """Return whether tests with this text leave no state behind."""
    return all(_is_harmless(node) for source in sources for node in ast.walk(parse(source)))


def _is_harmless(node: ast.AST) -> bool:
    if not isinstance(node, _ALLOWED):
        return False
    if isinstance(node, ast.Name):
        return node.id not in _STATEFUL and not node.id.startswith("__")
    if isinstance(node, ast.Attribute):
        return isinstance(node.ctx, ast.Load) and not node.attr.startswith("_")
    if isinstance(node, ast.Import):
        return are_known(alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.level == 0 and are_known([node.module or ""])
    return True


def are_known(names: Iterable[str]) -> bool:
    """Return whether modules hold functions and classes only, and no state that tests could change."""
    return all(name in MODULES for name in names)
