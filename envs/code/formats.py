"""The rows of known data sets in one form: ``{id, prompt, entry_point, tests, public, reference, kind}``.

A row's columns tell which data set it comes from, so a file or folder needs no name.
"""

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from onelayer.envs.data_rows import Row

_LEETCODE = frozenset(
    (
        "task_id",
        "problem_description",
        "starter_code",
        "prompt",
        "entry_point",
        "test",
        "completion",
    )
)
TOLERANCE_OF_APPS = 1e-5

PRELUDE = """\
import bisect, collections, copy, datetime, functools, heapq, itertools, json, math, operator, random, re
import string, sys
from typing import *
from collections import *
from functools import *
from heapq import *
from bisect import *
from itertools import *
from math import *
from operator import *
from string import *
from copy import *
from builtins import *
"""
"""the imports that programs in LeetCode's style rely on: there, and in the harnesses of APPS, TACO and
LiveCodeBench, the starter code's ``List[int]`` needs no import"""

Fields = dict[str, Any]
FIELDS = ("id", "prompt", "entry_point", "tests", "public", "reference", "kind", "preamble")
_REFERENCES = ("reference", "canonical_solution", "solution")


@dataclass(frozen=True, slots=True)
class Format:
    """What rows look like, and how one is read."""

    name: str
    columns: frozenset[str]
    """all of them must be there"""
    read: Callable[[Row], Fields | None]
    """reads a row; None: the row has no tests, which occurs in some data sets, and is left out"""


def fields_of(row: Row, columns: Mapping[str, str]) -> Fields | None:
    """Return a row's fields.

    Args:
        row: as it was read.
        columns: what the fields are called, where a user says so; then the row is of our own form.

    Raises:
        ValueError: the columns are of no known form, or a value can't be read.
    """
    if columns:
        missing = [column for column in columns.values() if column not in row]
        if missing:
            raise ValueError(f"there is no column {missing[0]!r}; there are {', '.join(row)}")
        row = {**row, **{field: row[column] for field, column in columns.items()}}
        return _own(row)
    for form in FORMATS:
        if form.columns <= set(row):
            return form.read(row)
    known = "; ".join(f"{f.name}: {', '.join(sorted(f.columns))}" for f in FORMATS)
    raise ValueError(
        f"its columns {', '.join(row)} are of no known form ({known}); dataset_columns={{prompt: ..., tests: "
        "...}} says which is which"
    )


def _own(row: Row) -> Fields:
    fields = {name: row[name] for name in FIELDS if row.get(name) is not None}
    for name in ("tests", "public"):
        if isinstance(fields.get(name), str):
            fields[name] = _json(fields[name], name)
    for name in _REFERENCES:
        if row.get(name):
            fields.setdefault("reference", row[name])
    if row.get("difficulty"):
        fields.setdefault("kind", str(row["difficulty"]))
    if "class Solution" in str(fields.get("prompt")):
        fields.setdefault("preamble", PRELUDE)
    return fields


def _mbpp(row: Row) -> Fields:
    asserts = [str(line) for line in row["test_list"]]
    setup = row.get("test_setup_code") or "\n".join(row.get("test_imports") or ())
    name = _called(str(row["code"]), asserts)
    return {
        "id": f"mbpp/{row['task_id']}",
        "prompt": row.get("text") or row.get("prompt"),
        "entry_point": name,
        "tests": {"kind": "asserts", "setup": setup, "asserts": asserts, "extra": []},
        "reference": row["code"],
    }


def _mbpp_plus(row: Row) -> Fields:
    fields = _mbpp(row)
    fields["public"] = {**fields["tests"], "asserts": fields["tests"]["asserts"][:1]}
    fields["tests"] = {"kind": "script", "setup": "", "code": row["test"]}
    return fields


def _human_eval(row: Row) -> Fields:
    name = row["entry_point"]
    return {
        "id": row["task_id"],
        "prompt": row["prompt"],
        "entry_point": name,
        "tests": {"kind": "check_fn", "code": f"{row['test']}\n\ncheck({name})\n"},
        "reference": row.get("canonical_solution"),
    }


def _apps(row: Row) -> Fields | None:
    """Read a row of APPS or TACO: JSON in columns, and tests of one of three shapes."""
    given = row["input_output"]
    data = _json(given, "input_output") if isinstance(given, str) and given.strip() else given
    if not data or not data.get("inputs"):
        return None
    pairs = list(zip(data["inputs"], data["outputs"], strict=True))
    starter, name = row.get("starter_code") or "", data.get("fn_name") or ""
    tests: Fields
    if not name:
        cases = [{"input": _text(i), "output": _text(o)} for i, o in pairs]
        tests = {"kind": "stdio", "cases": cases}
    else:
        # In some rows a list of one item holds the result, in others it is the result: accept either.
        wrapped = all(isinstance(o, list) and len(o) == 1 for _, o in pairs)
        calls = [
            {"args": i, "output": o[0], "or_output": o} if wrapped else {"args": i, "output": o}
            for i, o in pairs
        ]
        tests = {
            "kind": "io_call",
            "fn_name": name,
            "cases": calls,
            "tolerance": TOLERANCE_OF_APPS,
        }
    solutions = row.get("solutions")
    if isinstance(solutions, str):
        solutions = _json(solutions, "solutions") if solutions.strip() else []
    question = str(row["question"]).strip()
    number = row.get("problem_id", row.get("id", row.get("url")))
    return {
        "id": f"apps/{number}" if number not in (None, "") else None,
        "prompt": f"{question}\n\n{starter}".strip(),
        "entry_point": name,
        "preamble": PRELUDE if name else "",
        "tests": tests,
        "reference": solutions[0] if solutions else None,
        "kind": str(row.get("difficulty") or ""),
    }


def _leetcode(row: Row) -> Fields:
    """Read a row of LeetCodeDataset: its prompt is the prelude, for the program and the tests alike."""
    method = str(row["entry_point"])
    return {
        "id": str(row["task_id"]),
        "prompt": f"{row['problem_description']}\n\n{row['starter_code']}".strip(),
        "entry_point": "Solution",
        "preamble": row["prompt"],
        "tests": {
            "kind": "check_fn",
            "setup": row["prompt"],
            "code": f"{row['test']}\n\ncheck({method})\n",
        },
        "reference": row["completion"],
        "kind": str(row.get("difficulty") or ""),
    }


FORMATS = (
    Format("this project's", frozenset({"prompt", "tests"}), _own),
    Format("MBPP+", frozenset({"task_id", "code", "test_list", "test"}), _mbpp_plus),
    Format("MBPP", frozenset({"task_id", "code", "test_list"}), _mbpp),
    Format("LeetCodeDataset", _LEETCODE, _leetcode),
    Format("HumanEval", frozenset({"task_id", "prompt", "test", "entry_point"}), _human_eval),
    Format("APPS", frozenset({"question", "input_output"}), _apps),
)
"""the first that fits is taken"""


def _called(code: str, asserts: list[str]) -> str:
    """Return the function of the solution that the tests call."""
    try:
        defined = [
            n.name for n in ast.parse(code).body if isinstance(n, ast.FunctionDef | ast.ClassDef)
        ]
        calls = [n for line in asserts[:1] for n in ast.walk(ast.parse(line))]
    except (SyntaxError, ValueError):
        return ""  # a later check refuses the tests or the solution with a better message
    names = {n.id for n in calls if isinstance(n, ast.Name)}
    return next((name for name in reversed(defined) if name in names), "")


def _text(lines: Any) -> str:
    """Return an input or output, which some rows hold as a list of lines."""
    return "\n".join(map(str, lines)) if isinstance(lines, list) else str(lines)


def _integer(digits: str) -> int:
    """Return an integer, however long: Python itself reads no more than some thousand digits."""
    sign, digits = (-1, digits[1:]) if digits.startswith("-") else (1, digits)
    value = 0
    for start in range(0, len(digits), 4_000):
        piece = digits[start : start + 4_000]
        value = value * 10 ** len(piece) + int(piece)
    return sign * value


def _json(text: str, column: str) -> Any:
    try:
        return json.loads(text, parse_int=_integer)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"its {column} are not JSON: {error}") from error
