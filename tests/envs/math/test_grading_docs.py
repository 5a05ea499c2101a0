"""docs/grading.md: what its lines print, and the verdict on each answer of its tables."""

import re
from pathlib import Path

import pytest

pytest.importorskip("math_verify")

from onelayer.envs.math import Conventions, grade_answer

PAGE = (Path(__file__).parents[3] / "docs" / "grading.md").read_text(encoding="utf-8")


def told(title):
    """(gold, answer, right) of each answer in the table of a section."""
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[2:5] for line in section.splitlines() if line.startswith("| ")]
    quoted = [[re.findall("`(.+?)`", cell) for cell in row] for row in rows]
    return [
        (golds[0], answer, answer in right)
        for golds, right, wrong in quoted
        if golds
        for answer in right + wrong
    ]


VERDICTS = [
    *((Conventions(), *verdict) for verdict in told("What is right and what is wrong")),
    *((Conventions(worked_out=True), *verdict) for verdict in told("Repeating the question")),
]


@pytest.mark.parametrize(("conventions", "gold", "answer", "right"), VERDICTS)
def test_an_answer_in_a_table_gets_the_verdict_told(conventions, gold, answer, right):
    assert grade_answer(answer, gold, conventions=conventions).correct is right


def test_the_tables_are_found():
    assert len(VERDICTS) > 120 and sum(right for *_, right in VERDICTS) > 60


def test_every_option_stands_in_the_table_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (\w+)", PAGE.split("## Options")[1], re.MULTILINE)
    defaults = {name: getattr(Conventions(), name) for name in Conventions.__dataclass_fields__}
    assert {name: str(value) for name, value in defaults.items()} == dict(rows)


def test_the_python_lines_print_what_is_shown(capsys):
    code, shown = re.search(r"```python\n(.*?)```\s+```\n(.*?)```", PAGE, re.DOTALL).groups()
    exec(compile(code, "grading.md", "exec"), {})
    assert capsys.readouterr().out == shown
