"""docs/math.md says what there is."""

import re
from pathlib import Path

import pytest

from onelayer.envs.math.catalogue import CATALOGUE
from onelayer.envs.math.families import CURATED
from onelayer.envs.math.formats import FORMATS
from onelayer.evals.suite import load_suite, shipped_suites

PAGE = (Path(__file__).parents[3] / "docs" / "math.md").read_text(encoding="utf-8")


def rows(title):
    """The table after a heading, as lists of cells."""
    table = re.search(rf"{title}.*?((?:^\|[^\n]*\n)+)", PAGE, re.DOTALL | re.MULTILINE)[1]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_the_families_are_those_that_are_curated_and_a_star_marks_their_own_scorers():
    told = {
        (topic, name, not star)
        for topic, families in rows("## Made problems")
        for name, star in re.findall(r"`(\w+)`(\*?)", families)
    }
    assert told == {(f.topic, f.name, f.by_grader) for f in CURATED.values()}


def test_the_data_sets_are_those_of_the_catalogue():
    told = {name.strip("`"): (source, splits) for name, source, splits, _ in rows("## Data sets")}
    sources = {name: data.source for name, data in CATALOGUE.items()}
    assert told == {
        name: (source.where, ", ".join(source.splits)) for name, source in sources.items()
    }


def test_the_formats_are_those_there_are():
    assert [row[0].split("`")[1] for row in rows("## Answers and rewards")] == list(FORMATS)


def test_every_suite_and_metric_that_is_named_exists():
    named = re.findall(r"`(\w+)`", PAGE.split("## Evaluation")[1].split("|")[0])
    assert set(named) <= set(shipped_suites()) | {"gsm8k"}
    for suite in ("math", "gsm8k", "amc23"):
        for metric in load_suite(suite).metrics:
            shown = re.sub(r"@\d+", "@K", metric)
            assert shown in PAGE or metric in ("success", "return")


def test_the_python_lines_print_what_is_shown(capsys):
    pytest.importorskip("reasoning_gym")
    code, shown = re.search(r"```python\n(.*?)```\s+```\n(.*?)```", PAGE, re.DOTALL).groups()
    exec(compile(code, "math.md", "exec"), {})
    assert capsys.readouterr().out == shown
