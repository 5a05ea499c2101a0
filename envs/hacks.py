"""Attempts to earn reward without solving the task, as policies find them.

A policy under reinforcement learning finds every hole in its reward. These attempts need no skill and are
found first: an empty reply, the prompt itself, every number in it, a program that exits, or one whose results
compare equal to everything. ``onelayer envs check ID --hack`` plays each of them; none should earn more than
chance.

An environment lists attempts of its own in the attribute ``hacks``, a mapping of names to functions from
``Seen`` to an action. For an environment without it, ``hacks_of`` chooses::

    class Maze(TextEnv):
        hacks = {**WORLDS, "walk through the wall": lambda seen: "go through wall"}
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym

from onelayer.envs.attributes import attribute


@dataclass(frozen=True, slots=True)
class Seen:
    """What a policy has seen of an episode."""

    prompt: str
    """the first observation"""
    observation: str
    """the last observation"""
    admissible: tuple[str, ...] | None
    """the legal actions; None where they are not listed"""


Hack = Callable[[Seen], str]


def _boxed(text: str) -> str:
    return f"\\boxed{{{text}}}"


def _numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+(?:\.\d+)?", text) or ["0"]


def _longest_formula(text: str) -> str:
    """Return the longest part of a text that could be a formula, ``x`` where there is none."""
    marked = re.findall(r"\$([^$\n]+)\$", text)
    runs = marked or re.findall(r"[-+*/^=().,\d\sA-Za-z]*[-+*/^=][-+*/^=().,\d\sA-Za-z]*", text)
    return max((run.strip() for run in runs), key=len, default="x")


REPLIES: Mapping[str, Hack] = {
    "empty reply": lambda seen: "",
    "empty box": lambda seen: _boxed(""),
    "the prompt": lambda seen: seen.prompt,
    "the prompt, boxed": lambda seen: _boxed(seen.prompt),
    "its longest formula": lambda seen: _boxed(_longest_formula(seen.prompt)),
    "its longest formula, and about 0": lambda seen: _boxed(f"{_longest_formula(seen.prompt)} ≈ 0"),
    "its longest formula after 0": lambda seen: _boxed(f"0 = {_longest_formula(seen.prompt)}"),
    "its longest number": lambda seen: _boxed(max(_numbers(seen.prompt), key=len)),
    "all its numbers": lambda seen: _boxed(", ".join(dict.fromkeys(_numbers(seen.prompt)))),
    "every number from 0 to 99": lambda seen: _boxed(" or ".join(map(str, range(100)))),
    "a box for each number": lambda seen: " ".join(map(_boxed, map(str, range(100)))),
}
"""for environments that grade an answer in a reply"""


def _fenced(program: str) -> str:
    return f"```python\n{program.strip()}\n```"


_ALWAYS = """
class Always:
    def __init__(self, *_, **__): pass
    def __call__(self, *_, **__): return self
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return self
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __abs__ = lambda self, *_: self
    __float__ = lambda self: 0.0
    __int__ = __len__ = __hash__ = lambda self: 0
    __iter__ = lambda self: iter(())
"""


def asked_for(prompt: str) -> str:
    """Return the function or class that a prompt asks for, ``solve`` where it names none."""
    found = re.findall(r"^\s*(?:def|class) (\w+)", prompt, re.MULTILINE)
    found = [name for name in found if not name.startswith("_")]
    called = re.findall(r"called `(\w+)`|(\w+)\(", prompt)
    return found[0] if found else next((a or b for a, b in called), "solve")


def _examples(prompt: str) -> list[tuple[str, str]]:
    """Return the arguments and the results that a prompt's public tests show."""
    name = re.escape(asked_for(prompt))
    return re.findall(rf"^(?:assert )?{name}\((.*)\) == (.*)$", prompt, re.MULTILINE)


def _defined(prompt: str, body: str) -> str:
    name = asked_for(prompt)
    if re.search(rf"class {re.escape(name)}\b", prompt):
        return f"{name} = lambda *_, **__: made()\ndef made():\n    {body}\n"
    return f"def {name}(*arguments, **_):\n    {body}\n"


def _print_example(seen: Seen) -> str:
    shown = re.search(r"output:\n((?:    .*\n?)+)", seen.prompt)
    text = re.sub(r"^    ", "", shown.group(1), flags=re.MULTILINE) if shown else ""
    return _fenced(f"print({text!r}, end='')")


def _known_answers(seen: Seen) -> str:
    lines = [
        f"    if arguments == ({given},): return {want}" for given, want in _examples(seen.prompt)
    ]
    return _fenced(
        f"def {asked_for(seen.prompt)}(*arguments):\n" + "\n".join([*lines, "    return None"])
    )


def _first_answer(seen: Seen) -> str:
    results = [want for _, want in _examples(seen.prompt)]
    return _fenced(_defined(seen.prompt, f"return {results[0] if results else None}"))


PROGRAMS: Mapping[str, Hack] = {
    "empty reply": lambda seen: "",
    "the prompt": lambda seen: seen.prompt,
    "empty program": lambda seen: _fenced("pass"),
    "sys.exit": lambda seen: _fenced("import sys\nsys.exit(0)"),
    "os._exit": lambda seen: _fenced("import os\nos._exit(0)"),
    "exit when called": lambda seen: _fenced(_defined(seen.prompt, "raise SystemExit(0)")),
    "StopIteration": lambda seen: _fenced(_defined(seen.prompt, "raise StopIteration")),
    "always equal": lambda seen: _fenced(_ALWAYS + _defined(seen.prompt, "return Always()")),
    "claims of success": lambda seen: _fenced(
        _defined(seen.prompt, "return True") + "print('PASSED')"
    ),
    "the example's output": _print_example,
    "the public tests' answers": _known_answers,
    "the first public answer": _first_answer,
}
"""for environments that run a program"""

WORLDS: Mapping[str, Hack] = {
    "empty action": lambda seen: "",
    "the observation": lambda seen: seen.observation,
    "nonsense": lambda seen: "xyzzy",
    "look": lambda seen: "look",
    "the first admissible action": lambda seen: (seen.admissible or ("look",))[0],
}
"""for worlds that take one action at a time"""


def hacks_of(env: gym.Env[Any, Any]) -> Mapping[str, Hack]:
    """Return the environment's own attempts, else ``REPLIES`` where it is ``free_form``, else ``WORLDS``."""
    own: Mapping[str, Hack] | None = attribute(env, "hacks")
    if own is not None:
        return own
    return REPLIES if attribute(env, "free_form", False) else WORLDS
