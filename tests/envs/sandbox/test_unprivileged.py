"""The sandbox isolates as fully for an ordinary user as for root.

Where the tests run as an ordinary user already, all of them show it, and these skip.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
NOBODY = 65534
START = "import site, sys; site.addsitedir(sys.argv.pop(1)); "
PROBE = """
import json
from onelayer.envs.sandbox import Sandbox
tests = {"kind": "asserts", "setup": "", "asserts": ["assert f(3) == 128486"], "extra": []}
with Sandbox() as sandbox:
    right = sandbox.check("def f(n):\\n    return n * 7919 + 104729", tests)
    wrong = sandbox.check("def f(n):\\n    raise SystemExit(0)", tests)
    lost = [c.name for c in sandbox.canaries if not c.held]
    print(json.dumps([sandbox.level, lost, right.status, wrong.status]))
"""

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="these tests do not run as root"
)


@functools.cache
def interpreter() -> tuple[str, str]:
    """Return a Python that an ordinary user may run, and the site-packages to give it."""
    packages = str(Path(pytest.__file__).parents[1])
    version = f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}; "
    for name in (sys.executable, "/usr/bin/python3", *map(shutil.which, ("python3", "python"))):
        if name is None or not os.path.exists(name):
            continue
        command = [name, "-c", START + version + "import pytest, onelayer.envs", packages]
        try:
            outcome = subprocess.run(command, **as_nobody(), timeout=300)  # type: ignore[call-overload]
        except OSError:
            continue
        if outcome.returncode == 0:
            return name, packages
    pytest.skip("an ordinary user may run no Python of this version here")


def as_nobody() -> dict[str, object]:
    """Return the options of ``subprocess.run`` for the unprivileged user."""
    return {
        "user": NOBODY,
        "group": NOBODY,
        "extra_groups": [],
        "cwd": "/",
        "env": {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"},
        "capture_output": True,
        "text": True,
    }


def run(code: str, *arguments: str, seconds: int) -> "subprocess.CompletedProcess[str]":
    """Run Python code as the unprivileged user."""
    python, packages = interpreter()
    command = [python, "-c", START + code, packages, *arguments]
    return subprocess.run(command, **as_nobody(), timeout=seconds)  # type: ignore[call-overload, no-any-return]


def test_an_ordinary_user_gets_full_isolation() -> None:
    outcome = run(f"exec({PROBE!r})", seconds=300)
    assert outcome.returncode == 0, outcome.stderr
    level, lost, right, wrong = json.loads(outcome.stdout)
    assert (level, lost, right) == ("full", [], "passed")
    assert wrong in ("failed", "error")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_attacks", "test_benign"])
def test_attacks_and_honest_programs_end_the_same_for_an_ordinary_user(
    name: str,
) -> None:
    interpreter()
    # Outside pytest's own folder, which only root may enter.
    folder = Path(os.path.realpath("/tmp")) / f"onelayer-nobody-{os.getpid()}-{name}"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'tests'}"]
    options += [f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]
    try:
        outcome = run(
            "import pytest; sys.exit(pytest.main(sys.argv[1:]))",
            *options,
            str(HERE / f"{name}.py"),
            seconds=1200,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert outcome.returncode == 0, outcome.stdout[-5000:] + outcome.stderr[-2000:]
