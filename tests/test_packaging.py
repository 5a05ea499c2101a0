"""The wheel must hold every folder that the checkout can import."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOP = ("onelayer", "envs", "agents", "trainers", "evals")


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_folder_is_listed():
    listed = {
        name.removeprefix("onelayer.").replace(".", "/")
        if name.removeprefix("onelayer.").split(".")[0] in TOP
        else name.replace(".", "/")
        for name in project()["tool"]["setuptools"]["packages"]
    }
    found = {
        str(path.parent.relative_to(ROOT))
        for top in TOP
        for path in (ROOT / top).rglob("*")
        if path.suffix in {".py", ".json", ".yaml", ".safetensors"}
        and "__pycache__" not in path.parts
    }
    assert found == listed


def test_static_tools_see_every_part_of_the_mapping():
    links = {path.name for path in (ROOT / "typings" / "onelayer").iterdir()}
    own = {path.name for path in (ROOT / "onelayer").iterdir() if path.name != "__pycache__"}
    assert links == own | {"envs", "agents", "trainers", "evals"}


def test_the_tested_versions_are_within_the_ranges_that_users_get():
    from packaging.requirements import Requirement

    pinned = {
        requirement.name: next(iter(requirement.specifier)).version
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
        for requirement in [Requirement(line)]
    }
    extras = project()["project"]["optional-dependencies"]
    for text in [*project()["project"]["dependencies"], *extras["alfworld"]]:
        requirement = Requirement(text)
        if requirement.name in pinned:
            assert requirement.specifier.contains(pinned[requirement.name]), text


def test_importing_the_environments_does_not_import_torch():
    import subprocess
    import sys

    code = (
        "import sys, onelayer.envs.alfworld.environment, onelayer.envs.plugins, onelayer.envs.check\n"
        "import onelayer.trainers.advantages, onelayer.trainers.layer_spec\n"
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_top_level_name_leaks():
    import importlib.util

    for name in ("envs", "agents", "trainers", "evals"):
        spec = importlib.util.find_spec(name)
        assert spec is None or "onelayer" not in str(spec.origin), name


def test_the_lower_bounds_that_are_tested_are_those_of_the_project():
    from check_lower_bounds import ROOT, TESTS, lower_bounds, pinned

    assert pinned("transformers>=5.13,<6") == "transformers==5.13"
    assert {"torch==2.9", "transformers==5.13"} <= set(lower_bounds())
    assert all((ROOT / test).exists() for test in TESTS)
