"""Decides what the names in tests mean: things of Python, or of the program.

A program could pass ``assert set(f(x)) == set(y)`` by defining ``set``, and ``sys.getsizeof(f(x))`` by a
class called ``sys``. So a name that is in Python or its standard library means Python's object, unless it is
the function or class that the program is asked for.
"""

import ast
import builtins
import functools
import importlib
import sys
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from onelayer.envs.sandbox.syntax import parse

ALIASES = {"np": "numpy", "numpy": "numpy"}
BARE = (
    *("collections", "typing", "math", "itertools", "functools", "heapq", "bisect"),
    *("fractions", "decimal", "datetime", "copy", "cmath"),
)
"""Modules whose contents tests use without the module's name, as programs do after ``import *``; a name comes
from the first module that has it."""
NO_MODULES = frozenset(("this", "antigravity", "test", "idlelib", "turtledemo", "__main__"))


@dataclass
class Meaning:
    """What the names in some tests mean."""

    names: Set[str]
    """names that tests take from the program, where it defines them"""
    asked: Set[str]
    """names that the program is asked for, which always mean the program's object"""
    python: Mapping[str, tuple[str, ...]]
    """name of a module -> the module and the attributes of it that tests use; name of an object in a module
    -> the module alone"""
    bound: Set[str]
    """names that the tests define for themselves"""


@dataclass
class _Uses:
    """How some tests use names."""

    read: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    attributes: dict[str, set[str]] = field(default_factory=dict)
    """name that is used like a module -> attributes"""
    quoted: set[str] = field(default_factory=set)
    """names in strings, which tests may evaluate"""
    checked: set[str] = field(default_factory=set)
    """arguments of a function ``check`` that the tests define"""
    together: list[set[str]] = field(default_factory=list)
    """the names in each expression; operands of ``and`` and ``or`` count separately"""
    depths: dict[str, int] = field(default_factory=dict)
    """built-in name in a statement at the outermost level -> the largest number of calls around it"""


@functools.lru_cache(maxsize=256)
def read_names(sources: tuple[str, ...], entry_point: str = "") -> Meaning:
    """Return what the names in these sources mean.

    Args:
        sources: of tests, in order; they parse.
        entry_point: what the program is asked for; empty: the argument of ``check``, else it is guessed
            from how names are used.
    """
    uses = _Uses()
    for source in sources:
        _note(parse(source), uses)
    if uses.read & {"eval", "exec", "globals", "vars"}:
        uses.read |= uses.quoted
    own = {name for name in uses.read if not hasattr(builtins, name)}
    asked = {entry_point} if entry_point else uses.checked - uses.bound
    python = _of_python(own - asked, uses, known=bool(asked))
    if asked:  # helper functions come from the tests; classes may be part of what is asked for
        own = {name for name in own if name in uses.bound or name[:1].isupper()}
    guessed = set()
    if not asked and not own - uses.bound - set(python):
        # Only built-in names are left, so one of them must be what is asked for: the innermost.
        found = {name: depth for name, depth in uses.depths.items() if name not in uses.bound}
        guessed = {name for name, depth in found.items() if depth == max(found.values())}
        guessed = {min(guessed)} if guessed else set()
    return Meaning(own | asked | guessed, asked, python, uses.bound)


def _of_python(names: set[str], uses: _Uses, known: bool) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        attributes = uses.attributes.get(name)
        is_module = name in sys.stdlib_module_names and name not in NO_MODULES
        if attributes and (is_module or name in ALIASES):
            found[name] = (ALIASES.get(name, name), *sorted(attributes))
    things = {name: _module_of(name) for name in names - set(found) - uses.bound}
    others = {name for name, module in things.items() if not module}
    for name, module in things.items():
        beside = all(names & others for names in uses.together if name in names)
        if module and (known or (others and beside)):
            found[name] = (module,)
    return found


@functools.lru_cache(maxsize=1024)
def _module_of(name: str) -> str:
    """Return the module of ``BARE`` that knows a name, empty where none does."""
    if len(name) < 3 or name.startswith("_"):
        return ""
    for module in BARE:
        found = importlib.import_module(module)
        if name in getattr(found, "__all__", dir(found)):
            return module
    return ""


def _note(tree: ast.Module, uses: _Uses) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            uses.quoted |= _names_in(node.value)
        elif isinstance(node, ast.Name):
            (uses.read if isinstance(node.ctx, ast.Load) else uses.bound).add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            uses.attributes.setdefault(node.value.id, set()).add(node.attr)
        elif isinstance(node, ast.Assert | ast.Expr | ast.Assign | ast.Return | ast.For | ast.If):
            for part in _parts(node):
                names = {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
                uses.together.append(names)
        uses.bound |= _bound_by(node)
    defines = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for statement in tree.body:
        if not isinstance(statement, defines):
            _note_depths(statement, 0, uses)
            uses.checked |= _checked(statement)


def _parts(node: Any) -> list[ast.AST]:
    """Return the expressions of a statement, with those of ``and`` and ``or`` apart."""
    if isinstance(node, ast.Assert | ast.If):
        return _parts(node.test)
    if isinstance(node, ast.For):
        return _parts(node.iter)
    if isinstance(node, ast.BoolOp):
        return [part for value in node.values for part in _parts(value)]
    return [node]


def _note_depths(node: ast.AST, depth: int, uses: _Uses) -> None:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and hasattr(builtins, node.id):
        if node.id in _CONSTANT:
            return
        uses.depths[node.id] = max(depth, uses.depths.get(node.id, 0))
    for name, child in ast.iter_fields(node):
        deeper = depth + (isinstance(node, ast.Call) and name != "func")
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, ast.AST):
                _note_depths(each, deeper, uses)


def _names_in(text: str) -> set[str]:
    try:
        tree = ast.parse(text, mode="eval") if len(text) < 200 else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} if tree else set()


_CONSTANT = frozenset(
    name
    for name, value in vars(builtins).items()
    if not callable(value) or (isinstance(value, type) and issubclass(value, BaseException))
)
"""names that no program is asked to define: exceptions, True, None"""


def _checked(statement: ast.stmt) -> set[str]:
    """Return ``name`` of a statement ``check(name)``."""
    call: Any = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "check" and call.args:
        return {call.args[0].id} if isinstance(call.args[0], ast.Name) else set()
    return set()


def _bound_by(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).split(".")[0]}
    return {node.name} if isinstance(node, ast.ExceptHandler) and node.name else set()


def bind_names(
    namespace: dict[str, Any], found: Mapping[str, Any], task: Mapping[str, Any]
) -> None:
    """Put into the tests' namespace what their names mean.

    Args:
        namespace: the tests' namespace.
        found: what the program defines under ``task["names"]``.
        task: see ``test_kinds.plan``.
    """
    namespace.update(found)
    for name, (module, *attributes) in task["python"].items():
        try:
            thing = importlib.import_module(module)
        except ImportError:
            continue
        if not attributes:
            namespace[name] = getattr(thing, name)
        elif all(hasattr(thing, attribute) for attribute in attributes):
            namespace[name] = thing
    for name in task["asked"]:
        if name not in found and hasattr(builtins, name):
            namespace[name] = _undefined(name)


def rebind_names(
    namespace: dict[str, Any], found: Mapping[str, Any], task: Mapping[str, Any]
) -> None:
    """Restore the program's names that an ``import *`` of the setup replaced; arguments as in ``bind_names``.

    Where the tests do not say what the program is asked for, and a name that the setup did not replace may be
    it, the setup's imports stay: a program that defines ``allclose`` changes no ``from numpy import *``.
    """
    free = [name for name in found if name not in task["python"] and name not in task["bound"]]
    covered = [name for name in free if namespace.get(name) is not found[name]]
    if not task["asked"] and len(covered) < len(free):
        return
    for name in covered:
        if name in task["asked"] or not task["asked"]:
            namespace[name] = found[name]


def _undefined(name: str) -> Any:
    def undefined(*_: Any, **__: Any) -> Any:
        raise NameError(f"name {name!r} is not defined by the program")

    return undefined
