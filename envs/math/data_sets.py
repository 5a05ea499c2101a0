"""Problems of a data set: every row is checked when it is loaded, and none is left out silently."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from onelayer.envs.data_rows import Placed, Row, placed_rows, state_of
from onelayer.envs.math import Conventions, Grade, check_gold, grade_answer, grade_response
from onelayer.envs.math.catalogue import DataSet, data_set, whole
from onelayer.envs.math.problems import Problem
from onelayer.errors import UnknownName

CONVENTIONS = Conventions(worked_out=True)


class LoadedProblems:
    """Problems that were read from somewhere."""

    def __init__(self, source: str, problems: Sequence[Problem], left_out: Sequence[str] = ()):
        self.source = source
        self.left_out = tuple(left_out)
        """why rows were left out, each with its place"""
        self._problems = {problem.id: problem for problem in problems}
        self.ids: Sequence[str] = tuple(self._problems)

    def __len__(self) -> int:
        return len(self._problems)

    def __getitem__(self, problem_id: str) -> Problem:
        if problem_id not in self._problems:
            raise UnknownName(
                f"there is no problem {problem_id!r} in {self.source}; the first is {self.ids[0]!r}"
            )
        return self._problems[problem_id]

    def all(self) -> list[Problem]:
        """Return the problems in their order."""
        return list(self._problems.values())

    def prompts(self) -> dict[str, str]:
        """Return what is asked, by id."""
        return {problem.id: problem.prompt for problem in self._problems.values()}

    def some(self, count: int, seed: int) -> "LoadedProblems":
        """Return ``count`` of the problems, drawn with a seed."""
        if not 1 <= count <= len(self):
            raise ValueError(f"{self.source} has {len(self)} problems, so count cannot be {count}")
        drawn = np.random.default_rng(seed).choice(len(self), count, replace=False)
        problems = self.all()
        return LoadedProblems(
            self.source, [problems[i] for i in sorted(drawn.tolist())], self.left_out
        )

    def without(self, reasons: Mapping[str, str]) -> "LoadedProblems":
        """Return the other problems; ``reasons`` says by id which are left out, and why."""
        kept = [problem for problem in self.all() if problem.id not in reasons]
        if not kept:
            raise ValueError(f"{self.source} has no problem left: {next(iter(reasons.values()))}")
        said = [f"{problem_id}: {why}" for problem_id, why in reasons.items()]
        return LoadedProblems(self.source, kept, [*self.left_out, *said])

    def grade(self, problem: Problem, answer: str, conventions: Conventions = CONVENTIONS) -> Grade:
        """Judge an answer by our grader."""
        return grade_answer(
            answer, problem.answer or "", prompt=problem.prompt, conventions=conventions
        )

    def grade_reply(
        self, problem: Problem, reply: str, conventions: Conventions = CONVENTIONS
    ) -> Grade:
        """Judge a reply by our grader, which finds the answer in it."""
        return grade_response(
            reply, problem.answer or "", prompt=problem.prompt, conventions=conventions
        )


def data_problems(
    name: str,
    split: str,
    *,
    path: str | None = None,
    config: str | None = None,
    columns: Mapping[str, str] | None = None,
    skip_unusable: bool = False,
) -> LoadedProblems:
    """Return the problems of a split; see ``MathEnv``. Equal data are read once.

    Raises:
        LookupError: there is no such data set.
        ValueError: there is no such split or configuration, or a row has no answer, none that can be
            parsed, no prompt, or an id that another has; the message names the row.
        FileNotFoundError: there is no such file or folder.
        ConnectionError: the data are not here and the hub cannot be reached.
    """
    source = data_set(name, path, config, columns).source
    written = json.dumps(dict(columns or {}))
    return _read(name, split, path, config, written, skip_unusable, state_of(Path(source.where)))


@lru_cache(maxsize=8)
def _read(
    name: str,
    split: str,
    path: str | None,
    config: str | None,
    columns: str,
    skip_unusable: bool,
    state: object,
) -> LoadedProblems:
    data = data_set(name, path, config, json.loads(columns))
    left_out: list[str] | None = [] if skip_unusable else None
    rows = placed_rows(data.source, split)
    problems = list(_problems(data, f"{Path(name).stem}/{split}", rows, left_out))
    if not problems:
        raise ValueError(f"{data.source.where} holds no problems in split {split!r}")
    return LoadedProblems(name, problems, left_out or ())


def _problems(
    data: DataSet, name: str, rows: Iterable[Placed], left_out: list[str] | None
) -> Iterable[Problem]:
    """Yield the problems; add to ``left_out`` why rows are unusable, or raise where it is None."""
    seen: dict[str, str] = {}
    for number, (place, row) in enumerate(rows):
        try:
            problem = _problem(data, row, f"{name}/{number}")
        except ValueError as error:
            if left_out is None:
                raise ValueError(f"{place}: {error}") from error
            left_out.append(f"{place}: {error}")
            continue
        if problem.id in seen:
            raise ValueError(f"{place}: the id {problem.id!r} stands in {seen[problem.id]} already")
        seen[problem.id] = place
        yield problem


def _problem(data: DataSet, row: Row, number: str) -> Problem:
    columns, find_answer = data.columns, data.find_answer
    if columns.get("prompt", "prompt") not in row and {"prompt", "answer"} <= set(row):
        columns, find_answer = {}, whole  # in our own form already

    def text(field: str) -> str:
        return _text(row, columns.get(field, field))

    prompt = text("prompt")
    if not prompt:
        raise ValueError(_missing(row, columns.get("prompt", "prompt"), "prompt"))
    written = text("answer")
    if not written:
        raise ValueError(_missing(row, columns.get("answer", "answer"), "answer"))
    answer = find_answer(written)
    if answer is None:
        raise ValueError(f"no final answer stands in {written[-80:]!r}")
    try:
        check_gold(answer)
    except ValueError as error:
        shown = answer if len(answer) <= 60 else f"{answer[:60]}..."
        raise ValueError(
            f"the answer {shown!r} cannot be parsed: {error}; take the row out, or leave such rows "
            "out with skip_unusable: true"
        ) from error
    return Problem(text("id") or number, prompt, answer, text("kind"))


def _text(row: Row, column: str) -> str:
    """Return a column as text, empty where it is missing; ``meta.level`` reaches into a mapping."""
    value: Any = row
    for part in [column] if column in row else column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _missing(row: Row, column: str, field: str) -> str:
    if column in row:
        return f"the {field} is empty"
    return (
        f"there is no column {column!r} for the {field}; there are {', '.join(map(repr, row))}, "
        f"and columns={{{field}: ...}} says which"
    )
