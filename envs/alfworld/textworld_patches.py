"""Replacements that spare the real engine needless work without changing what it says.

TextWorld 1.7.0 spends nearly all its time on work that it has done before, or whose result nobody reads.
Inside the context of ``spared``, and only there, these names are replaced:

* ``fast_downward.pddl2sas`` remembers its translation of a problem (0.2 s at each load and reset), and leaves
  out the second, "optimized" one, which only planning would need.
* ``pddl.logic._parse_and_convert`` remembers the parsed grammar (70 ms a load). The grammars of two games
  differ only in the task sentence, so only the rule of that sentence is replaced.
* ``pddl.textgen._parse_and_convert`` remembers parsed templates, and gives a fresh copy each time (2 ms).
* ``pddl.textgen.Rule`` remembers parsed conditions, which nothing writes to.
* ``pddl.textgen.deepcopy`` copies what is written to afterwards (the context of a symbol, the dictionaries of
  a context) and shares what is only read (names, variables, facts).

None of this is thread-safe, and neither is TextWorld itself.
"""

import copy
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import fast_downward
from textworld.envs.pddl import logic as pddl_logic
from textworld.envs.pddl import textgen
from textworld.logic import Rule

_TASK_RULE = re.compile(r'"rhs": "(Your task is to: [^"\\]*)"')

_translate_original = fast_downward.pddl2sas
_parse_grammar_original = pddl_logic._parse_and_convert
_parse_template_original = textgen._parse_and_convert


@contextmanager
def spared() -> Iterator[None]:
    """Run TextWorld with the replacements above, and leave it as it was."""
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in _REPLACEMENTS]
    try:
        for owner, name, replacement in _REPLACEMENTS:
            setattr(owner, name, replacement)
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _translate(domain: str, problem: str, verbose: bool = False, optimize: bool = False) -> Any:
    return (None, "") if optimize else _translate_once(domain, problem)


@lru_cache(maxsize=16)
def _translate_once(domain: str, problem: str) -> Any:
    return _translate_original(domain, problem)


def _parse_grammar(text: str, rule_name: str) -> Any:
    found = _TASK_RULE.search(text)
    if found is None:
        return _parse_grammar_original(text, rule_name=rule_name)
    without_task = text[: found.start(1)] + "a task" + text[found.end(1) :]
    actions, shared = _parse_grammar_once(without_task, rule_name)
    grammar = textgen.ContextSensitiveGrammar()
    grammar.update(shared)
    sentence = textgen.ContextSensitiveGrammar.parse(json.dumps({"task": [{"rhs": found[1]}]}))
    grammar._rules["task"] = sentence._rules["task"]
    return actions, grammar


@lru_cache(maxsize=4)
def _parse_grammar_once(text: str, rule_name: str) -> Any:
    return _parse_grammar_original(text, rule_name=rule_name)


def _parse_template(text: str, rule_name: str, trace: bool = False) -> Any:
    return _copy(_parse_template_once(text, rule_name))


@lru_cache(maxsize=4096)
def _parse_template_once(text: str, rule_name: str) -> Any:
    return _parse_template_original(text, rule_name=rule_name)


class _RememberedRule:
    """Stands for ``Rule``, of which ``textgen`` uses one method."""

    parse_conjunctive_query = staticmethod(lru_cache(maxsize=4096)(Rule.parse_conjunctive_query))


def _copy(value: Any) -> Any:
    """Copy the parts that the text generator writes to, and share the rest."""
    if isinstance(value, list):
        return [_copy(symbol) for symbol in value]
    twin = copy.copy(value)
    if isinstance(twin, textgen.ListSymbol):
        twin.symbol = _copy(twin.symbol)  # its context is written to as well
    return twin


_REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (fast_downward, "pddl2sas", _translate),
    (pddl_logic, "_parse_and_convert", _parse_grammar),
    (textgen, "_parse_and_convert", _parse_template),
    (textgen, "Rule", _RememberedRule),
    (textgen, "deepcopy", _copy),
)
