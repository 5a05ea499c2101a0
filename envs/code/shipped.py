"""How the tasks that ship are written: a reference solution, a way to draw inputs, and wrong solutions.

A task is a function (or class) of a module in ``onelayer.envs.code.tasks``. Its docstring is the task's
text, its body the reference solution; a decorator says which inputs are shown and how the hidden ones
are drawn. Expected values are the reference's own, computed when the tasks are loaded::

    @function("easy", examples=[["Banana"]], draw=lambda rng: [word(rng)], edges=[[""]])
    def count_vowels(text: str) -> int:
        \"\"\"Return how many letters of `text` are vowels: a, e, i, o or u, small or capital.\"\"\"
        return sum(letter in "aeiou" for letter in text.lower())

    @wrong(count_vowels)
    def misses_capitals(text):
        return sum(letter in "aeiou" for letter in text)

Wrong solutions are never called, only read: their text, under the task's name, must fail its tests.
"""

import ast
import copy
import inspect
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar

from onelayer.envs.code.problem import CodeTask, Tests

T = TypeVar("T", bound=Callable[..., Any])
Arguments = Sequence[Any]
Draw = Callable[[random.Random], Any]
Build = Callable[[Any, Sequence[Any]], Tests]
"""(reference, inputs) -> tests"""

DRAWN, DRAWN_OF_PROGRAMS = 20, 8
"""random inputs of a task, beside its examples and edge cases; a program is started for each"""
DIFFICULTIES = ("easy", "medium", "hard")
_written: dict[tuple[str, str], "Shipped"] = {}
"""by module and name, in the order they were written"""


@dataclass
class Shipped:
    """A task as its module writes it down."""

    made: Any
    """the reference: a function or a class"""
    difficulty: str
    examples: Sequence[Any]
    """inputs of the public tests"""
    draw: Draw
    edges: Sequence[Any]
    """inputs of the hidden tests that random draws would miss"""
    build: Build
    is_program: bool = False
    wrong_names: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The function or class that is asked for."""
        return str(self.made.__name__)

    @property
    def id(self) -> str:
        """The topic and the name: ``words/count_vowels``."""
        return f"{self.made.__module__.rpartition('.')[2]}/{self.name}"

    @property
    def inputs(self) -> list[Any]:
        """The inputs of the hidden tests, the public ones among them; the same each time."""
        rng = random.Random(self.id)
        drawn = DRAWN_OF_PROGRAMS if self.is_program else DRAWN
        return [*self.examples, *self.edges, *(self.draw(rng) for _ in range(drawn))]

    @cached_property
    def wrong_programs(self) -> dict[str, str]:
        """Programs that must fail the hidden tests, by what they were called."""
        return {name: self._program(name) for name in self.wrong_names}

    def task(self, split: str) -> CodeTask:
        """Return the task with its tests."""
        text = inspect.getdoc(self.made) or ""
        if not self.is_program:
            noun = "class" if inspect.isclass(self.made) else "function"
            stub = _stub(self._definition(self.name))
            text = f"Write this {noun}, under this name:\n\n```python\n{stub}\n```"
        return CodeTask(
            id=self.id,
            prompt=text,
            hidden=self.build(self.made, self.inputs),
            public=self.build(self.made, self.examples),
            public_is_hidden=True,
            kind=self.difficulty,
            split=split,
            entry_point="" if self.is_program else self.name,
            reference=self._program(self.name),
        )

    def _program(self, name: str) -> str:
        """Return the program of a definition of the task's module, under the task's name."""
        node = self._definition(name)
        node.name = self.name
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        imports = [line for bound, line in _imports(self.made.__module__).items() if bound in used]
        program = "\n".join([*imports, ast.unparse(node)])
        if self.is_program:
            program = f"import sys\n{program}\nprint({self.name}(sys.stdin.read()))"
        return program + "\n"

    def _definition(self, name: str) -> Any:
        """Return a fresh tree of a definition, without decorators."""
        return ast.parse(_definitions(self.made.__module__)[name]).body[0]


def shipped_tasks(modules: Sequence[str]) -> list[Shipped]:
    """Return the tasks that these modules, already imported, wrote down."""
    return [task for (module, _), task in _written.items() if module in modules]


def function(
    difficulty: str, *, examples: Sequence[Arguments], draw: Draw, edges: Sequence[Arguments] = ()
) -> Callable[[T], T]:
    """Ask for a function whose results are compared as they are; inputs are lists of arguments."""

    def build(made: Any, inputs: Sequence[Arguments]) -> Tests:
        cases = [{"args": list(a), "output": made(*copy.deepcopy(a))} for a in inputs]
        return {"kind": "io_call", "fn_name": made.__name__, "cases": cases}

    return _write(difficulty, examples, draw, edges, build)


def number(
    difficulty: str, *, examples: Sequence[Arguments], draw: Draw, edges: Sequence[Arguments] = ()
) -> Callable[[T], T]:
    """Ask for a function whose results are floats, right within a millionth."""

    def build(made: Any, inputs: Sequence[Arguments]) -> Tests:
        asserts = []
        for arguments in inputs:
            value = made(*copy.deepcopy(arguments))
            call = f"{made.__name__}({', '.join(map(repr, arguments))})"
            asserts.append(f"assert abs({call} - {value!r}) <= {1e-6 * max(1.0, abs(value))!r}")
        return {"kind": "asserts", "setup": "", "asserts": asserts, "extra": []}

    return _write(difficulty, examples, draw, edges, build)


def judged(
    judge: Callable[..., None],
    difficulty: str,
    *,
    examples: Sequence[Arguments],
    draw: Draw,
    edges: Sequence[Arguments] = (),
) -> Callable[[T], T]:
    """Ask for a function of which several results are right.

    ``judge(candidate, *arguments)`` raises an AssertionError for a wrong result. Its source becomes a test,
    so it uses nothing but builtins and computes itself what it needs of the reference's result.
    """

    def build(made: Any, inputs: Sequence[Arguments]) -> Tests:
        for arguments in inputs:
            judge(made, *copy.deepcopy(arguments))
        code = (
            f"{inspect.getsource(judge)}\n\nCASES = {[list(a) for a in inputs]!r}\n\n\n"
            f"def check(candidate):\n    for arguments in CASES:\n"
            f"        {judge.__name__}(candidate, *arguments)\n\n\ncheck({made.__name__})\n"
        )
        return {"kind": "check_fn", "code": code}

    return _write(difficulty, examples, draw, edges, build)


def sessions(
    difficulty: str, *, examples: Sequence[list[str]], draw: Draw, edges: Sequence[list[str]] = ()
) -> Callable[[T], T]:
    """Ask for a class; an input is the lines of a session with an object of it.

    A line with a value other than None must give the same value again; the other lines only run.
    """

    def build(made: Any, inputs: Sequence[list[str]]) -> Tests:
        lines = []
        for session in inputs:
            scope: dict[str, Any] = {made.__name__: made}
            lines += [_session_line(line, scope) for line in session]
        return {"kind": "script", "setup": "", "code": "\n".join(lines) + "\n"}

    return _write(difficulty, examples, draw, edges, build)


def program(
    difficulty: str, *, examples: Sequence[str], draw: Draw, edges: Sequence[str] = ()
) -> Callable[[T], T]:
    """Ask for a whole program; an input is what it reads. The reference returns what to print."""

    def build(made: Any, inputs: Sequence[str]) -> Tests:
        return {"kind": "stdio", "cases": [{"input": i, "output": f"{made(i)}\n"} for i in inputs]}

    return _write(difficulty, examples, draw, edges, build, is_program=True)


def wrong(task: Any) -> Callable[[T], T]:
    """Mark a definition as a wrong solution of a task."""

    def mark(solution: T) -> T:
        _written[task.__module__, task.__name__].wrong_names.append(solution.__name__)
        return solution

    return mark


def _write(
    difficulty: str,
    examples: Sequence[Any],
    draw: Draw,
    edges: Sequence[Any],
    build: Build,
    is_program: bool = False,
) -> Callable[[T], T]:
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"difficulty is one of {', '.join(DIFFICULTIES)}, got {difficulty!r}")

    def mark(made: T) -> T:
        _written[made.__module__, made.__name__] = Shipped(
            made, difficulty, examples, draw, edges, build, is_program
        )
        return made

    return mark


def _session_line(line: str, scope: dict[str, Any]) -> str:
    """Run a line and return the test that it becomes."""
    if not isinstance(ast.parse(line).body[0], ast.Expr):
        exec(line, scope)  # ours, not a candidate's
        return line
    value = eval(line, scope)
    return line if value is None else f"assert {line} == {value!r}"


def _stub(node: Any) -> str:
    """Return a definition with nothing but its docstrings."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef):
            has_docstring = ast.get_docstring(inner) is not None
            inner.body = inner.body[:1] if has_docstring else [ast.Expr(ast.Constant(...))]
    return ast.unparse(node)


@cache
def _definitions(module: str) -> dict[str, str]:
    """Return the text of each function and class of a module, from its first line below the decorators."""
    source = inspect.getsource(sys.modules[module])
    lines = source.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


@cache
def _imports(module: str) -> dict[str, str]:
    """Return the module's imports of the standard library by the name they bind."""
    found = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onelayer"):
                continue
            found.update({a.asname or a.name: ast.unparse(node) for a in node.names})
    return found
