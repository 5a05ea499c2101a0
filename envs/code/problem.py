"""What one programming task is, wherever it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """the hidden tests hold the public ones, so that failing these is failing"""
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
