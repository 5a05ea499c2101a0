"""Tasks of a data set: each row is checked when it is read, and one bad row refuses them all."""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from onelayer.envs.code.catalogue import CATALOGUE, data_set
from onelayer.envs.code.examples import first_test
from onelayer.envs.code.formats import FIELDS, Fields, fields_of
from onelayer.envs.code.problem import CodeTask, Tests, with_entry_point, with_helpers
from onelayer.envs.code.program import complete, parse, split_stub
from onelayer.envs.code.sandboxes import Runner
from onelayer.envs.contamination import require_apart
from onelayer.envs.data_rows import NoSuchSplit, Placed, placed_rows, state_of
from onelayer.envs.sandbox import validate_tests
from onelayer.errors import EnvironmentFailed, UnknownName
from onelayer.settings import did_you_mean

logger = logging.getLogger(__name__)
_NAMED_AT_MOST = 5
"""how many bad rows a message names"""
_OF_THE_MACHINE = ("timeout", "killed", "memory")
"""outcomes that a busy machine can cause; a run with one of them is repeated once"""


@dataclass(frozen=True, slots=True)
class Data:
    """A data set, and what it calls the fields of a task, as (field, column)."""

    name: str
    config: str | None = None
    columns: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, name: str, config: str | None = None, columns: Mapping[str, str] | None = None
    ) -> "Data":
        """Check what ``CodeEnv`` was given.

        Raises:
            ValueError: ``columns`` names a field that tasks do not have.
        """
        for field in columns or {}:
            if field not in FIELDS:
                raise ValueError(
                    f"dataset_columns names no field {field!r}{did_you_mean(field, FIELDS)}"
                )
        return cls(name, config, tuple(sorted((columns or {}).items())))


def load_tasks(
    data: Data,
    split: str,
    *,
    exclude: Sequence[str] = (),
    verify: bool | None = None,
    runner: Runner = Runner(),  # noqa: B008
) -> tuple[CodeTask, ...]:
    """Return the tasks of a split; see ``CodeEnv``. Equal data are read, and verified, once in a process.

    Raises:
        ValueError: a row is bad, or there is no such split; the message names the row.
        UnknownName: there is no such data set, or none of its rows has an id that is to be left out.
        FileNotFoundError: there is no such file.
        ConnectionError: the data are not here and the hub does not give them.
        EnvironmentFailed: references are to be verified and no sandbox works on this machine.
    """
    found = data_set(data.name, data.config)
    verified_by = runner if (found.sound if verify is None else verify) else None
    state = state_of(Path(found.source.where))
    return _load(data, split, tuple(exclude), verified_by, state)


def require_apart_from_test(
    train: Sequence[CodeTask], data: Data, test_dataset: str | None, *, allowed: bool
) -> None:
    """Compare training tasks with the test split of the data, or of ``test_dataset``, if there is one.

    Raises:
        ValueError: there are near-duplicates, and they are not allowed.
    """
    beside = data if test_dataset is None else replace(data, name=str(test_dataset))
    try:
        test = load_tasks(beside, "test", verify=False)
    except NoSuchSplit:
        return
    asked, tested = ({task.id: task.prompt for task in tasks} for tasks in (train, test))
    require_apart(asked, tested, data.name, beside.name, allowed)


def require_sound(tasks: Sequence[CodeTask], runner: Runner) -> None:
    """Run every task's reference on the task's tests.

    Raises:
        ValueError: one does not pass; the message names the tasks.
        EnvironmentFailed: no sandbox works on this machine, or it failed.
    """

    def problem(task: CodeTask) -> str:
        if task.reference is None:
            return ""
        program = complete(task.reference, task)
        public = () if task.public is None or task.public_is_hidden else (task.public,)
        for given in (*public, task.hidden):
            tests = with_entry_point(given, task.entry_point)
            verdict = runner.check(program, tests)
            if verdict.status in _OF_THE_MACHINE:
                verdict = runner.check(program, tests)
            if verdict.status == "sandbox_error":
                raise EnvironmentFailed(f"the sandbox failed on task {task.id!r}: {verdict.detail}")
            if not verdict.passed:
                failed = next((c.detail for c in verdict.cases if c.status != "passed"), "")
                why = " ".join((failed or verdict.detail or verdict.stderr).split())[:200]
                return (
                    f"{task.id} ({verdict.status}: {why})"
                    if why
                    else f"{task.id} ({verdict.status})"
                )
        return ""

    with ThreadPoolExecutor(max_workers=2 * (os.cpu_count() or 1)) as pool:
        problems = [found for found in pool.map(problem, tasks) if found]
    if problems:
        more = len(problems) - _NAMED_AT_MOST
        listed = "; ".join(problems[:_NAMED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")
        raise ValueError(
            f"the reference solution does not pass its own tests: {listed}. Mend or exclude these rows, or "
            "load with verify=False"
        )


@lru_cache(maxsize=16)
def _load(
    data: Data, split: str, exclude: tuple[str, ...], verified_by: Runner | None, state: object
) -> tuple[CodeTask, ...]:
    rows = placed_rows(data_set(data.name, data.config).source, split)
    kind = data.name if data.name in CATALOGUE else Path(data.name).stem
    tasks = tuple(_tasks(rows, dict(data.columns), kind, split))
    unknown = set(exclude) - {task.id for task in tasks}
    if unknown:
        name = sorted(unknown)[0]
        near = did_you_mean(name, [task.id for task in tasks][:1000])
        raise UnknownName(f"{data.name}, {split}: no task {name!r} to exclude{near}")
    tasks = tuple(task for task in tasks if task.id not in exclude)
    if not tasks:
        raise ValueError(f"{data.name} holds no tasks in split {split!r}")
    if verified_by is not None:
        require_sound(tasks, verified_by)
    return tasks


def _tasks(
    rows: Iterable[Placed], columns: Mapping[str, str], kind: str, split: str
) -> Iterable[CodeTask]:
    seen: dict[str, str] = {}
    untested = 0
    for place, row in rows:
        try:
            fields = fields_of(row, columns)
            task = None if fields is None else _task(fields, kind, split)
        except ValueError as error:
            name = row.get(columns.get("id", "id"), row.get("task_id"))
            raise ValueError(
                f"{place}{f' (id {name!r})' if name is not None else ''}: {error}"
            ) from error
        if task is None:
            untested += 1
            continue
        if task.id in seen:
            raise ValueError(f"{place}: the id {task.id!r} is also that of {seen[task.id]}")
        seen[task.id] = place
        yield task
    if untested:
        logger.warning("%s, %s: left out %d rows that have no tests", kind, split, untested)


def _task(fields: Fields, kind: str, split: str) -> CodeTask:
    """Check a row's fields and return the task."""
    task_id, prompt = fields.get("id"), fields.get("prompt")
    if isinstance(task_id, int):
        task_id = str(task_id)
    for name, value in (("id", task_id), ("prompt", prompt)):
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"its {name} is {'missing' if value is None else repr(value)}")
    assert isinstance(task_id, str) and isinstance(prompt, str)
    tests = _checked_tests(fields.get("tests"), "tests")
    entry_point = _entry_point(fields, tests)
    public, note = first_test(tests)
    if "public" in fields:
        public, note = _checked_tests(fields["public"], "public tests"), ""
    stub, beside = split_stub(prompt, entry_point) or ("", "")
    given = fields.get("preamble") or ""
    if not isinstance(given, str) or (given and parse(given) is None):
        raise ValueError(f"its preamble is no Python: {given!r:.80}")
    preamble = "\n".join(part for part in (given.rstrip(), beside) if part)
    task = CodeTask(
        id=task_id,
        prompt=prompt,
        hidden=with_helpers(tests, beside),
        public=None if public is None else with_helpers(public, beside),
        public_note=note,
        public_is_hidden="public" not in fields,
        kind=str(fields.get("kind") or kind),
        split=split,
        entry_point=entry_point,
        preamble=preamble,
        stub=stub,
        reference=fields.get("reference"),
    )
    reference = task.reference
    if reference is not None and (
        not isinstance(reference, str) or parse(complete(reference, task)) is None
    ):
        raise ValueError(f"its reference solution is no Python program: {reference!r:.80}")
    return task


def _checked_tests(tests: Any, name: str) -> Tests:
    if not isinstance(tests, Mapping):
        raise ValueError(f"its {name} are {'missing' if tests is None else f'{tests!r:.60}'}")
    try:
        validate_tests(tests)
    except ValueError as error:
        raise ValueError(f"its {name} can't be used: {error}") from error
    return tests


def _entry_point(fields: Fields, tests: Tests) -> str:
    """Return the function or class that is asked for, empty for a program."""
    name = fields.get("entry_point") or ""
    if not isinstance(name, str) or (name and not name.isidentifier()):
        raise ValueError(f"its entry_point is {name!r}, not the name of a function or class")
    if tests["kind"] == "stdio":
        return ""
    if tests["kind"] == "io_call":
        called = str(tests["fn_name"])
        if name and name != called:
            raise ValueError(f"its entry_point is {name!r}, and its tests call {called!r}")
        return called
    if not name and "entry_point" not in fields:
        raise ValueError("its entry_point is missing")
    return name


def kinds_of(tasks: Iterable[CodeTask]) -> Counter[str]:
    """Return how many tasks there are of each kind."""
    return Counter(task.kind for task in tasks)
