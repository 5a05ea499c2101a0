"""What docs/environments.md and docs/evaluation.md show is what happens."""

import re
from pathlib import Path

import gymnasium as gym
import pytest
import yaml

from onelayer.envs.check import check
from onelayer.evals.suite import load_suite, suite_of

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page, language):
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


@pytest.fixture
def registry():
    registered = dict(gym.registry)
    yield
    gym.registry.clear()
    gym.registry.update(registered)


def test_the_twelve_lines_are_an_environment_that_keeps_its_promises(tmp_path, registry):
    code = blocks("environments.md", "python")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    (tmp_path / "twelve_lines.py").write_text(code)
    findings = check(f"{tmp_path}/twelve_lines.py:Reverse-v0")
    assert [finding for finding in findings if finding.failed] == []


def test_the_suite_that_is_shown_is_the_one_that_ships():
    (text,) = blocks("evaluation.md", "yaml")
    assert suite_of(yaml.safe_load(text), "alfworld") == load_suite("alfworld")


def test_the_table_that_is_shown_is_what_the_code_prints(tmp_path, monkeypatch, capsys):
    pytest.importorskip("evaluate")
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("evaluation.md", "python")
    exec(compile(code, "evaluation.md", "exec"), {})
    printed = capsys.readouterr().out
    table = next(block for block in blocks("evaluation.md", "") if "| task type" in block)
    assert printed.startswith(table)


def test_the_metric_of_ones_own_is_measured(tmp_path, monkeypatch, capsys):
    from onelayer.agents.scripted import RandomAgent
    from onelayer.evals import evaluate, load_suite, write_results

    monkeypatch.chdir(tmp_path)
    suite = load_suite("counting")
    write_results("runs/expert/results.json", {"expert": evaluate(suite, RandomAgent())})
    (code,) = blocks("evaluation.md", "py")
    names = {}
    exec(compile(code, "evaluation.md", "exec"), names)
    assert "Estimate(value=" in capsys.readouterr().out
    assert len(names["rows"]) == 28
    row = evaluate(names["suite"], RandomAgent()).overall
    assert set(row.metrics) == {"success", "short"}


def test_every_flag_that_the_page_names_exists():
    from dataclasses import fields

    from onelayer.commands import evaluate, export, suites, train, view

    page = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    known = {
        f.name.replace("_", "-")
        for command in (evaluate, export, suites, view, train)
        for f in fields(command.Config)
    }
    named = set(re.findall(r"--(?:no-)?([a-z][a-z-]+)", page))
    assert named - known == set()
