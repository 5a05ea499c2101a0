"""Run the fast tests of models and training at the oldest versions that pyproject.toml allows.

    python tests/check_lower_bounds.py [--folder DIR] [TEST ...]

Makes a virtual environment (in a temporary folder, or in DIR, which is kept and used again), installs every
dependency at its lower bound and runs ``TESTS`` there. Needs a package index; takes some minutes.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = (
    "tests/agents",
    "tests/trainers/test_any_architecture.py",
    "tests/trainers/test_lora.py",
    "tests/trainers/test_trainer.py",
)
"""what touches torch, transformers and Gymnasium most"""


def main() -> int:
    """Return the exit status of the tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("tests", nargs="*", default=TESTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        python = folder / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *lower_bounds(), "pytest", "hypothesis"], check=True)
        subprocess.run([*install, "--no-deps", "--editable", str(ROOT)], check=True)
        names = ["torch", "transformers", "accelerate", "gymnasium", "numpy", "trl", "safetensors"]
        show = f"from importlib.metadata import version\nfor n in {names}: print(n, version(n))"
        subprocess.run([str(python), "-c", show], check=True)
        return subprocess.run(
            [str(python), "-m", "pytest", "-q", *options.tests], cwd=ROOT
        ).returncode


def lower_bounds() -> list[str]:
    """Return what training needs, each package pinned to the oldest version that is allowed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["train"]]
    return [pinned(requirement) for requirement in needed]


def pinned(requirement: str) -> str:
    """Return ``name==bound`` for ``name>=bound,...``."""
    found = re.fullmatch(r"([\w.-]+)>=([\w.]+)(,.*)?", requirement)
    if found is None:
        raise ValueError(f"the dependency {requirement!r} has no lower bound")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    sys.exit(main())
