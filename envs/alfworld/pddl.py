"""Reading the PDDL problem of an ALFWorld game: its objects, what holds at the start, and the goal.

Like the planner behind TextWorld, the reader ignores case. It reads problems of ALFWorld's own domain, not
PDDL at large: what the domain's actions do is written in ``native_engine.py``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Formula = str | list["Formula"]
"""An S-expression: a token, or a list of S-expressions."""

ARITIES = {
    name.lower(): arity
    for arity, names in {
        1: "openable opened checked examined full isReceptacleObject isReceptacleObjectFull holdsAny "
        "holdsAnyReceptacleObject isClean cleanable isHot heatable isCool coolable pickupable moveable "
        "toggleable isOn isToggled sliceable isSliced",
        2: "atLocation receptacleAtLocation objectAtLocation inReceptacle inReceptacleObject "
        "wasInReceptacle receptacleType canContain objectType holds",
    }.items()
    for name in names.split()
}
"""The predicates of ALFWorld's domain, with the number of their arguments."""

_SECTION = re.compile(r"\(\s*:(\w+)")
_NEGATED = re.compile(r"\(\s*not\s*\([^()]*\)\s*\)")
_FACT = re.compile(r"\(([^()]*)\)")
_TOKEN = re.compile(r"[()]|[^\s()]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """A PDDL problem, in lower case."""

    types: Mapping[str, str]
    """the type of each declared object"""
    facts: Mapping[str, Sequence[tuple[str, ...]]]
    """for each predicate, the arguments for which it holds at the start"""
    goal: Formula


def read_problem(text: str) -> Problem:
    """Read a problem.

    Raises:
        ValueError: the text is not a PDDL problem with objects, init and goal.
    """
    text = text.lower()
    if ";" in text:
        text = re.sub(";.*", "", text)
    if text.count("(") != text.count(")"):
        raise ValueError("the PDDL problem has unbalanced parentheses")
    sections = _split_sections(text)
    for name in ("objects", "init", "goal"):
        if name not in sections:
            raise ValueError(f"the PDDL problem has no (:{name} ...) section")
    facts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for match in _FACT.findall(_NEGATED.sub("", sections["init"])):
        predicate, *arguments = match.split() or [""]
        if ARITIES.get(predicate, len(arguments)) != len(arguments):
            raise ValueError(f"({match}): {predicate} takes {ARITIES[predicate]} argument(s)")
        facts[predicate].append(tuple(arguments))
    return Problem(
        types=dict(typed_names(sections["objects"].replace(")", " ").split())),
        facts=facts,
        goal=_read_expression(iter(_TOKEN.findall(sections["goal"]))),
    )


def typed_names(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each name with its type: ``a b - t c - u`` gives ``(a, t), (b, t), (c, u)``."""
    waiting: list[str] = []
    words = iter(tokens)
    for word in words:
        if word == "-":
            kind = next(words, "object")
            yield from ((name, kind) for name in waiting)
            waiting = []
        else:
            waiting.append(word)
    yield from ((name, "object") for name in waiting)


def _split_sections(text: str) -> dict[str, str]:
    """Return what follows each ``(:name``, up to the next one."""
    marks = list(_SECTION.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}


def _read_expression(tokens: Iterator[str]) -> Formula:
    """Read one S-expression, and leave what comes after it."""
    token = next(tokens, None)
    if token is None or token == ")":
        raise ValueError("the PDDL problem has an empty or unfinished goal")
    if token != "(":
        return token
    parts: list[list[Formula]] = [[]]
    for token in tokens:
        if token == "(":
            parts.append([])
        elif token != ")":
            parts[-1].append(token)
        elif len(parts) == 1:
            return parts[0]
        else:
            closed = parts.pop()
            parts[-1].append(closed)
    raise ValueError("the PDDL problem has an unfinished goal")
