"""What one programming task is, wherever it came from."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onelayer.envs.sandbox import JUDGED
from onelayer.envs.sandbox.syntax import parse

Tests = Mapping[str, Any]
"""one of the kinds of ``onelayer.envs.sandbox``: asserts, check_fn, script, stdio, io_call"""


@dataclass(frozen=True, slots=True, eq=False)
class CodeTask:
    """A text, tests that may be shown, and tests that decide."""

    id: str
    prompt: str
    hidden: Tests
    """what decides the reward; nothing of it reaches the agent"""
    public: Tests | None = None
    """what the agent sees and tries its programs on; None where nothing can be shown"""
    public_note: str = ""
    """where the public tests come from, in words for the agent"""
    public_is_hidden: bool = False
    """the hidden tests include the public ones, so a program that fails these fails the task"""
    kind: str = ""
    """its difficulty or its data set: a row in evaluations"""
    split: str = ""
    """empty where the data name no splits"""
    entry_point: str = ""
    """the function or class that is asked for; empty for a whole program"""
    preamble: str = ""
    """code that the prompt gives and that a program may rely on: imports, functions that are explained"""
    stub: str = ""
    """the unfinished function of a prompt that is code; a reply may be its missing body"""
    reference: str | None = None
    """a program that solves the task"""


def with_entry_point(tests: Tests, entry_point: str) -> Tests:
    """Return tests that name what the program must define, so that no other name is taken from it."""
    if tests["kind"] not in JUDGED or not entry_point or tests.get("entry_point"):
        return tests
    return {**tests, "entry_point": entry_point}


def with_helpers(tests: Tests, beside: str) -> Tests:
    """Return tests that hold those functions of the prompt that they call.

    A program may redefine the functions; the tests still call the prompt's.

    Args:
        tests: of a task.
        beside: what the prompt holds beside the function that is asked for.
    """
    functions = {n.name for n in parse(beside).body if isinstance(n, ast.FunctionDef)}
    sources = [*tests.get("asserts", ()), *tests.get("extra", ()), tests.get("code", "")]
    used = {n.id for s in sources for n in ast.walk(parse(s)) if isinstance(n, ast.Name)}
    if tests["kind"] not in JUDGED or not functions & used:
        return tests
    setup = tests.get("setup") or ""
    return {**tests, "setup": f"{beside}\n{setup}".strip() + "\n"}
