"""The kinds of tests: their fields, and the plan that the sandbox makes from them."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from onelayer.envs.sandbox.bound_names import read_names
from onelayer.envs.sandbox.syntax import parse
from onelayer.settings import did_you_mean

KINDS = ("asserts", "check_fn", "stdio", "io_call", "script")
JUDGED = ("asserts", "check_fn", "script")
FIELDS: dict[str, tuple[str, ...]] = {
    "asserts": ("kind", "setup", "asserts", "extra", "entry_point"),
    "check_fn": ("kind", "setup", "code", "entry_point"),
    "stdio": ("kind", "cases"),
    "io_call": ("kind", "fn_name", "cases", "tolerance"),
    "script": ("kind", "setup", "code", "entry_point"),
}
"""kind of tests -> its fields"""


def validate_tests(tests: Mapping[str, Any]) -> None:
    """Check that ``tests`` can be run at all.

    * ``{"kind": "asserts", "setup": str, "asserts": [str], "extra": [str]}``
    * ``{"kind": "check_fn", "setup": str, "code": str}``
    * ``{"kind": "stdio", "cases": [{"input": str, "output": str}]}``
    * ``{"kind": "io_call", "fn_name": str, "cases": [{"args": list, "output": any}]}``, optionally
      ``"tolerance": float`` for floats (default: 1e-9), and in a case ``"or_output"``, another right output
    * ``{"kind": "script", "setup": str, "code": str}``

    ``setup`` and ``extra`` may be left out. ``setup`` runs before the tests; for ``check_fn`` and ``script``
    its imports and classes are also available to the program. In the first, second and last kind,
    ``entry_point`` may name what the program is asked for: every other name that Python knows is Python's.

    Raises:
        ValueError: an unknown kind or field, a missing or wrong field, code that does not parse, no cases.
    """
    if not isinstance(tests, Mapping):
        raise ValueError(f"tests must be an object with a 'kind', got {type(tests).__name__}")
    kind = tests.get("kind")
    if kind not in KINDS:
        raise ValueError(f"the kind of tests must be one of {', '.join(KINDS)}, got {kind!r}")
    _refuse_unknown(tests, FIELDS[kind], f"{kind} tests")
    entry_point = tests.get("entry_point", "")
    if not isinstance(entry_point, str) or (entry_point and not entry_point.isidentifier()):
        raise ValueError(
            f"'entry_point' must be the name of what is asked for, got {entry_point!r}"
        )
    _VALIDATORS[kind](tests)


def _refuse_unknown(given: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for field in given:
        if field not in known:
            hint = did_you_mean(str(field), known)
            raise ValueError(f"{what} have no field {field!r}{hint}; they have {', '.join(known)}")


def _asserts(tests: Mapping[str, Any]) -> None:
    _code(tests, "setup", optional=True)
    for field in ("asserts", "extra"):
        lines = tests.get(field, [] if field == "extra" else None)
        if not _is_list(lines) or not all(isinstance(line, str) for line in lines):
            raise ValueError(f"asserts tests need a list of strings in {field!r}, got {lines!r}")
        for index, line in enumerate(lines):
            _parse(line, f"{field}[{index}]")
    if not tests["asserts"]:
        raise ValueError("asserts tests need at least one assert")


def _check_fn(tests: Mapping[str, Any]) -> None:
    _code(tests, "setup", optional=True)
    _code(tests, "code")


def _script(tests: Mapping[str, Any]) -> None:
    _code(tests, "setup", optional=True)
    _code(tests, "code")


def _stdio(tests: Mapping[str, Any]) -> None:
    for index, case in enumerate(_cases(tests)):
        _refuse_unknown(case, ("input", "output"), f"cases[{index}] of stdio tests")
        for field in ("input", "output"):
            if not isinstance(case.get(field), str):
                raise ValueError(f"cases[{index}] needs a string in {field!r}")
            try:
                as_bytes(case[field])
            except UnicodeEncodeError as error:
                raise ValueError(f"cases[{index}], {field!r}: no text: {error}") from None


def _io_call(tests: Mapping[str, Any]) -> None:
    name = tests.get("fn_name")
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"io_call tests need a function's name in 'fn_name', got {name!r}")
    tolerance = tests.get("tolerance", 0.0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or tolerance < 0:
        raise ValueError(f"'tolerance' must be a number of at least 0, got {tolerance!r}")
    for index, case in enumerate(_cases(tests)):
        _refuse_unknown(case, ("args", "output", "or_output"), f"cases[{index}] of io_call tests")
        if not _is_list(case.get("args")):
            raise ValueError(f"cases[{index}] needs a list in 'args', got {case.get('args')!r}")
        if "output" not in case:
            raise ValueError(f"cases[{index}] needs an 'output'")


_VALIDATORS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "asserts": _asserts,
    "check_fn": _check_fn,
    "stdio": _stdio,
    "io_call": _io_call,
    "script": _script,
}


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _cases(tests: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    cases = tests.get("cases")
    if not _is_list(cases) or not cases:
        raise ValueError(f"{tests['kind']} tests need a list of at least one case in 'cases'")
    for index, case in enumerate(cases):
        if not isinstance(case, Mapping):
            raise ValueError(f"cases[{index}] must be an object, got {type(case).__name__}")
    return cases  # type: ignore[no-any-return]


def _code(tests: Mapping[str, Any], field: str, optional: bool = False) -> None:
    source = tests.get(field, "" if optional else None)
    if not isinstance(source, str):
        raise ValueError(f"{tests['kind']} tests need code in {field!r}, got {source!r}")
    statements = _parse(source, field)
    if not optional and not statements:
        raise ValueError(f"the tests' {field!r} holds no statement")


# The tests of a task are checked against many programs, one after the other.
@functools.lru_cache(maxsize=1024)
def count_statements(source: str) -> int:
    """Return how many statements source text has at its outermost level."""
    return len(parse(source).body)


def _parse(source: str, where: str) -> int:
    try:
        return count_statements(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"the tests' {where} does not parse: {error}") from None


def plan(tests: Mapping[str, Any]) -> dict[str, Any]:
    """Return the judge's plan for tests that run code.

    Returns:
        ``pieces``, each a ``source`` and the number of its ``case`` (None: preparation); ``names``, what
        the program may define for them; ``asked``, what it must define; ``bound``, those of ``names`` that
        the tests define for themselves; ``python``, names that mean a module of Python or an object in one,
        see ``bound_names.Meaning``; ``setup``, whose imports and classes the program's process runs too.
    """
    kind = tests["kind"]
    pieces: list[dict[str, Any]] = []
    if tests.get("setup"):
        pieces.append({"source": tests["setup"], "case": None})
    judged = kind == "asserts"
    sources = [*tests["asserts"], *tests.get("extra", ())] if judged else [tests["code"]]
    pieces += [{"source": source, "case": index} for index, source in enumerate(sources)]
    meaning = read_names(tuple(piece["source"] for piece in pieces), tests.get("entry_point", ""))
    return {
        "pieces": pieces,
        "names": sorted(meaning.names),
        "asked": sorted(meaning.asked),
        "bound": sorted(meaning.bound & meaning.names),
        "python": {name: list(found) for name, found in meaning.python.items()},
        "setup": "" if kind == "asserts" else tests.get("setup", ""),
    }


def calls(tests: Mapping[str, Any]) -> list[list[Any]]:
    """Return the arguments of each case of ``io_call`` tests."""
    return [list(case["args"]) for case in tests["cases"]]


def same_output(expected: str, output: bytes) -> bool:
    """Compare what a program printed with what was expected, as APPS, TACO and LiveCodeBench do.

    Words are compared: white space does not count, unless the expected output is a drawing. A number with a
    decimal point may be written differently, and differ by 1e-8 plus 1e-5 of its value; a whole number must
    be equal.
    """
    wanted = as_bytes(expected)
    if _is_drawing(wanted):
        return [line.rstrip() for line in output.rstrip().splitlines()] == [
            line.rstrip() for line in wanted.rstrip().splitlines()
        ]
    words, given = wanted.split(), output.split()
    return len(words) == len(given) and all(map(_same_word, words, given))


def as_bytes(text: str) -> bytes:
    """Return text of a test as bytes in UTF-8; surrogates stand for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _is_drawing(expected: bytes) -> bool:
    """Return whether lines begin at different columns, as those of a triangle do, or hold wide gaps."""
    lines = [line for line in expected.splitlines() if line.strip()]
    columns = {len(line) - len(line.lstrip(b" ")) for line in lines}
    return len(columns) > 1 or any(b"  " in line.strip() for line in lines)


_DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_LONGEST_NUMBER = 60
"""digits; a longer number is compared as text"""


def _same_word(wanted: bytes, given: bytes) -> bool:
    if wanted == given:
        return True
    if max(len(wanted), len(given)) > _LONGEST_NUMBER:
        return False
    if not (_DECIMAL.fullmatch(wanted) and _DECIMAL.fullmatch(given)):
        return False
    own, other = float(wanted), float(given)
    if wanted.lstrip(b"+-").isdigit():
        return Decimal(wanted.decode()) == Decimal(given.decode()) and not given.isdigit()
    return abs(other - own) <= 1e-8 + 1e-5 * abs(own)
