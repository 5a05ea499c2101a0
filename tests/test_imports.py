"""Imports run one way through the house, and a file is found by its name.

Every import counts, also those within functions and those for type checkers.
"""

import ast
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("", "envs", "agents", "evals", "trainers", "commands", "cli")
"""from the ground up; the ground is what lies in ``onelayer/`` itself, such as ``settings.py``"""
ALIKE = {
    # A command's module has the name of the command, and so has what it runs.
    *("export", "report", "warmstart", "plan"),
    # What all environments have.
    *("environment", "catalogue", "formats"),
    # Topics: of programming tasks, and of mathematics.
    *("arithmetic", "words"),
}
"""names that may stand in two folders, because nobody would look for one and find the other"""


def modules() -> dict[str, Path]:
    """Return the file of each module of the library by its name."""
    found = {}
    for top in ("onelayer", "envs", "agents", "evals", "trainers"):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts if top == "onelayer" else ("onelayer", *parts))
            found[name.removesuffix(".__init__")] = path
    return found


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of the library that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in inner}
    return found & set(known)


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: imported(path, known) - {name} for name, path in known.items()}


def floor(name: str) -> int:
    part = name.split(".")[1] if "." in name else ""
    if part in ("cli", "__main__"):
        return FLOORS.index("cli")
    return FLOORS.index(part) if part in FLOORS else 0


def test_no_module_needs_itself_to_be_understood(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other: {' -> '.join(reversed(error.args[1]))}")


def test_imports_never_climb(graph):
    climbing = [
        f"{name} imports {other}"
        for name, others in graph.items()
        for other in others
        if floor(other) > floor(name)
    ]
    assert not climbing


def test_a_circle_and_a_climb_would_be_found():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()
    ground, command = floor("onelayer.settings"), floor("onelayer.commands.train")
    assert ground < floor("onelayer.envs.text") < floor("onelayer.trainers.loss") < command


def test_a_name_stands_in_one_folder_and_is_none_of_pythons_own():
    folders = defaultdict(list)
    for path in modules().values():
        folders[path.stem].append(str(path.parent.relative_to(ROOT)))
    folders.pop("__init__")
    several = {name: found for name, found in folders.items() if len(found) > 1}
    assert not several.keys() - ALIKE
    assert not folders.keys() & sys.stdlib_module_names - ALIKE - {"__main__"}
