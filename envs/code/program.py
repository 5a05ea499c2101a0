"""From a reply to a program: finding it, completing it, and bringing equal programs into one layout.

Replies are only parsed here, never run; a text that Python's parser refuses is no program.
"""

import ast
import textwrap
import warnings

from onelayer.envs.code.problem import CodeTask
from onelayer.envs.sandbox import syntax

LONGEST = 65_536
"""characters of a program"""
_PYTHON = ("python", "py", "python3", "py3")
_FENCES = ("```", "~~~")


class NoProgram(ValueError):
    """A reply holds no program; the message tells the agent why."""


def find_program(reply: str, task: CodeTask) -> str:
    """Return the program of a reply.

    It is the last fenced block of Python, else the last one without a language, else the reply itself where
    that is Python. A fence that is never closed ends with the reply.

    Raises:
        NoProgram: there is none, or it is too long.
    """
    blocks = [(language, text) for language, text in _blocks(reply) if text.strip()]
    tagged = [text for language, text in blocks if language in _PYTHON]
    plain = [text for language, text in blocks if not language]
    if tagged or plain:
        program = (tagged or plain)[-1]
    elif blocks:
        raise NoProgram(f"The fenced block is {blocks[-1][0]!r}, not Python.")
    elif _is_code(reply) or (task.stub and _is_code(_with_body(task, reply))):
        program = reply
    else:
        raise NoProgram("The reply holds no fenced block, and is not a program itself.")
    if len(program) > LONGEST:
        raise NoProgram(f"The program is longer than {LONGEST:,} characters.")
    return program


def complete(program: str, task: CodeTask) -> str:
    """Return what is run: the program after what the prompt gives, or as the body of its function."""
    if task.stub and task.entry_point not in _defined(program):
        with_body = _with_body(task, program)
        if parse(with_body) is not None:
            return with_body
    if not task.preamble:
        return program
    lines = program.splitlines(keepends=True)
    first = _end_of_future_imports(program)
    return "".join([*lines[:first], task.preamble.rstrip() + "\n", *lines[first:]])


def normalised(program: str) -> str:
    """Return a program without comments and in one layout; as it is where it can't be parsed."""
    tree = parse(program)
    try:
        return program.strip() if tree is None else ast.unparse(tree)
    except (RecursionError, ValueError):  # nested too deeply; a lone surrogate
        return program.strip()


def parse(program: str) -> ast.Module | None:
    """Return the tree of a program, None where Python can't read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid escape sequence" in somebody's program
            return syntax.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def split_stub(prompt: str, entry_point: str) -> tuple[str, str] | None:
    """Return a prompt that is code, and its code without the unfinished function.

    None where the prompt is not code that ends with the function ``entry_point``.
    """
    tree = parse(prompt)
    if tree is None or not tree.body or not entry_point:
        return None
    last = tree.body[-1]
    if not isinstance(last, ast.FunctionDef) or last.name != entry_point:
        return None
    beside = ast.Module([node for node in tree.body if node is not last], type_ignores=[])
    return prompt, ast.unparse(beside)


def _blocks(reply: str) -> list[tuple[str, str]]:
    """Return the language and the text of each fenced block."""
    blocks = []
    fence, language, indent = "", "", 0
    lines: list[str] = []
    for line in reply.splitlines():
        bare = line.lstrip(" ")
        if not fence and bare.startswith(_FENCES):
            mark = bare[0]
            fence = mark * (len(bare) - len(bare.lstrip(mark)))
            language = bare.lstrip(mark).strip().split(" ")[0].lower()
            indent, lines = len(line) - len(bare), []
        elif fence and bare.startswith(fence) and not bare.strip(fence[0] + " "):
            blocks.append((language, "\n".join(lines) + "\n"))
            fence = ""
        elif fence:
            lines.append(line[min(indent, len(line) - len(bare)) :])
    if fence:
        blocks.append((language, "\n".join(lines) + "\n"))
    return blocks


def _is_code(text: str) -> bool:
    """Return whether a text is a program, and not prose that happens to parse as Python."""
    tree = parse(text) if len(text) <= LONGEST else None
    if tree is None:
        return False
    return any(
        isinstance(node.value, ast.Call)
        if isinstance(node, ast.Expr)
        else not isinstance(node, ast.AnnAssign)  # "Answer: yes" is one
        for node in tree.body
    )


def _with_body(task: CodeTask, body: str) -> str:
    """Return the prompt's function with this text as the rest of its body."""
    first = next((line for line in body.splitlines() if line.strip()), "")
    if not first.startswith((" ", "\t")):
        body = textwrap.indent(body, "    ")
    return f"{task.stub.rstrip()}\n{body}\n"


def _defined(program: str) -> set[str]:
    """Return the names that a program binds at its top level."""
    tree = parse(program)
    names: set[str] = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.Import | ast.ImportFrom):
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            names |= {a.asname or a.name for a in ast.walk(node) if isinstance(a, ast.alias)}
        elif not isinstance(node, ast.Expr):
            names |= {
                n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef)
            }
    return names


def _end_of_future_imports(program: str) -> int:
    """Return how many lines at a program's start must stay there."""
    tree = parse(program)
    last = 0
    for node in tree.body if tree else ():
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = node.end_lineno or 0
    return last
