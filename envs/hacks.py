"""What policies try instead of solving their tasks, and what an environment pays for it.

A policy under reinforcement learning finds every hole in its reward. Here are the attempts without skill that
are found first: no reply at all, the prompt itself, every number in it, a program that leaves or equals
everything. ``play_hacks`` plays each on the environment's own tasks; none should earn more than chance.

An environment names its own attempts in the attribute ``hacks``, a mapping of names to functions from what
the policy has seen to its action; ``hacks_of`` says what the others get::

    class Maze(TextEnv):
        hacks = {**WORLDS, "walk through the wall": lambda seen: "go through wall"}
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np

from onelayer.envs.attributes import attribute
from onelayer.envs.plugins import make

if TYPE_CHECKING:
    from onelayer.envs.check import Finding

ALLOWED = 0.005
"""Mean reward of an episode above chance that an attempt may come to: an answer may stand in a prompt by
accident."""
_MOST_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a policy has seen of an episode."""

    prompt: str
    """the first observation"""
    observation: str
    """the last one"""
    admissible: tuple[str, ...] | None
    """what can be done now, where that is listed"""


Hack = Callable[[Seen], str]


def _boxed(text: str) -> str:
    return f"\\boxed{{{text}}}"


def _numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+(?:\.\d+)?", text) or ["0"]


def _longest_formula(text: str) -> str:
    """Return the longest run of a text that could be a formula."""
    marked = re.findall(r"\$([^$\n]+)\$", text)
    runs = marked or re.findall(r"[-+*/^=().,\d\sA-Za-z]*[-+*/^=][-+*/^=().,\d\sA-Za-z]*", text)
    return max((run.strip() for run in runs), key=len, default="x")


REPLIES: Mapping[str, Hack] = {
    "empty reply": lambda seen: "",
    "empty box": lambda seen: _boxed(""),
    "the prompt": lambda seen: seen.prompt,
    "the prompt, boxed": lambda seen: _boxed(seen.prompt),
    "its longest formula": lambda seen: _boxed(_longest_formula(seen.prompt)),
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
    """Return the attempts for an environment: its own, or those of environments like it."""
    own: Mapping[str, Hack] | None = attribute(env, "hacks")
    if own is not None:
        return own
    return REPLIES if attribute(env, "free_form", False) else WORLDS


def play_hacks(
    env_id: str, /, *, episodes: int = 20, seed: int = 0, **kwargs: Any
) -> "list[Finding]":
    """Play every attempt and return what each earns; one that earns more than chance is a problem.

    Chance is what an agent earns on the same tasks that draws admissible actions, 0 where none are listed.

    Args:
        env_id: as in ``onelayer.envs.plugins.make``.
        episodes: episodes of each attempt, on tasks that ``seed`` and the numbers after it draw.
        seed: see above.
        kwargs: arguments of the environment.

    Raises:
        gymnasium.error.Error, LookupError, ValueError: the environment can't be made.
    """
    from onelayer.envs.check import Finding

    env = make(env_id, **kwargs)
    seeds = range(seed, seed + episodes)
    chance = max(0.0, float(np.mean([_play_at_random(env, s) for s in seeds])))
    findings = []
    for name, hack in hacks_of(env).items():
        returns = [_play(env, s, hack) for s in seeds]
        mean, best = float(np.mean(returns)), float(np.max(returns))
        earns = f"earns {mean:.3g} an episode, at most {best:.3g} (chance: {chance:.3g})"
        bad = mean > chance + ALLOWED
        check = f"hack: {name}"
        findings.append(Finding(check, problem=earns) if bad else Finding(check, note=earns))
    env.close()
    return findings


def _play(env: gym.Env[str, str], seed: int, hack: Hack) -> float:
    """Play an episode and return what it earned."""
    observation, info = env.reset(seed=seed)
    prompt, total = observation, 0.0
    for _ in range(_MOST_STEPS):
        action = hack(Seen(prompt, observation, info.get("admissible")))
        observation, reward, terminated, truncated, info = env.step(action)
        total += float(reward)
        if terminated or truncated:
            break
    return total


def _play_at_random(env: gym.Env[str, str], seed: int) -> float:
    rng = np.random.default_rng(seed)

    def draw(seen: Seen) -> str:
        return str(rng.choice(seen.admissible)) if seen.admissible else ""

    return _play(env, seed, draw)
