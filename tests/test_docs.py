"""What the pages name exists: files, functions, links and pictures."""

import ast
import importlib
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("onelayer", "envs", "agents", "trainers", "evals", "tests", "benchmarks", "examples")
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMED = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+\.(?:py|yaml))(?::([\w.]+))?`")


def defined(path):
    """The functions and classes of a file, and the methods as ``Class.method``."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (item for item in node.body if isinstance(item, ast.FunctionDef))
            names |= {f"{node.name}.{method.name}" for method in methods}
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_and_function_that_a_page_names_exists(page):
    for name, inside in NAMED.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).is_file(), f"{page.name} names {name}"
        if inside:
            assert inside in defined(ROOT / name), f"{page.name} names {name}:{inside}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_that_a_page_links_to_exists(page):
    for link in re.findall(r"\]\(((?!\w+:)[^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / unquote(link)).exists(), f"{page.name} links to {link}"


def test_the_map_of_an_iteration_names_functions_of_every_folder():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found = NAMED.findall(text)
    assert len([inside for _, inside in found if inside]) > 25
    assert {name.partition("/")[0] for name, _ in found} >= {"onelayer", "agents", "trainers"}


def test_every_page_is_in_the_table_of_contents():
    import yaml

    def files(entry):
        if isinstance(entry, str):
            return [entry]
        nested = entry.values() if isinstance(entry, dict) else entry
        return [name for item in nested for name in files(item)]

    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(files(nav)) == [path.name for path in sorted((ROOT / "docs").glob("*.md"))]


def resolves(name):
    """Whether a dotted name is a module, or something in one."""
    module, found = name, None
    while found is None:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            module = module.rpartition(".")[0]
    for part in name.removeprefix(module).split(".")[1:]:
        found = getattr(found, part, None)
    return found is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_python_name_on_a_page_exists(page):
    pytest.importorskip("torch")
    text = page.read_text(encoding="utf-8")
    names = set(re.findall(r"(?:`|^::: )(onelayer(?:\.\w+)+)", text, flags=re.MULTILINE))
    for module, imported in re.findall(r"^from (onelayer[\w.]*) import (.+)$", text, re.MULTILINE):
        names |= {f"{module}.{name.strip()}" for name in imported.strip("()").split(",")}
    groups = {"onelayer.envs", "onelayer.suites", "onelayer.results.2", "onelayer.results.1"}
    wrong = [name for name in sorted(names - groups) if "*" not in name and not resolves(name)]
    assert wrong == []
