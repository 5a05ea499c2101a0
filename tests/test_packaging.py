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
    listed = [*project()["project"]["dependencies"], *extras["train"], *extras["alfworld"]]
    for text in listed:
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


LIGHT = """
import sys

class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {heavy!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Bare())
from onelayer.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_light(*arguments):
    """Run the command line where nothing of the extra ``train`` can be imported."""
    import subprocess
    import sys

    from onelayer.cli import _OF_TRAINING

    code = LIGHT.format(heavy=set(_OF_TRAINING))
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


def test_the_light_package_is_the_environments():
    extras = project()["project"]["optional-dependencies"]
    names = {text.partition(">")[0] for text in project()["project"]["dependencies"]}
    assert names == {"gymnasium", "numpy", "pyyaml"}
    from onelayer.cli import _OF_TRAINING

    assert {text.partition(">")[0] for text in extras["train"]} == set(_OF_TRAINING)
    listed = run_light("envs", "list")
    assert listed.returncode == 0 and "onelayer/ALFWorld-v0" in listed.stdout
    assert run_light("--help").returncode == 0
    checked = run_light("envs", "check", "onelayer/ALFWorld-v0", "--episodes", "1")
    assert checked.returncode == 0 and " 0 failed" in checked.stdout


def test_what_the_light_package_lacks_is_one_line():
    for command in (["train"], ["eval", "tiny", "--suite", "alfworld"], ["warmstart", "--help"]):
        tried = run_light(*command)
        assert tried.returncode == 2
        assert "pip install 'onelayer[train]'" in tried.stderr.splitlines()[-1]
        assert "Traceback" not in tried.stderr


def test_the_makefiles_two_commands_install_what_learns():
    makefile = (ROOT / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if "--editable" in line]
    assert len(installs) == 2 and all(".[train" in line for line in installs)


def test_the_lower_bounds_that_are_tested_are_those_of_the_project():
    from check_lower_bounds import ROOT, TESTS, lower_bounds, pinned

    assert pinned("transformers>=5.13,<6") == "transformers==5.13"
    assert {"torch==2.9", "transformers==5.13"} <= set(lower_bounds())
    assert all((ROOT / test).exists() for test in TESTS)


def test_one_version_is_named_everywhere():
    import re

    import onelayer

    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1]
    changes = re.findall(
        r"^## (\d\S*) - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert cited == onelayer.__version__ == changes[0][0]
    released = re.search(r"^date-released: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.M)[1]
    assert released == changes[0][1]
