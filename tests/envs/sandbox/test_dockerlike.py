"""In a container like Docker's default one the level is "no-namespaces", and it holds what it claims."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROBE = '''
import json
from onelayer.envs.sandbox import Limits, Sandbox

RIGHT = "def f(n):\\n    return n * 7919 + 104729\\n"
CHEAT = "class A:\\n    __eq__ = lambda s, o: True\\ndef f(n):\\n    return A()\\n"
LEAVE = "def f(n):\\n    import os\\n    os._exit(0)\\n"
READ = """
import sys
for path in ("/etc/passwd", "/proc/self/environ"):
    try:
        print("LEAK", open(path).read(), file=sys.stderr)
    except OSError:
        pass
"""
KINDS = {
    "asserts": {"kind": "asserts", "setup": "", "asserts": ["assert f(3) == 128486"], "extra": []},
    "check_fn": {"kind": "check_fn", "code": "def check(g):\\n    assert g(3) == 128486\\ncheck(f)"},
    "script": {"kind": "script", "setup": "", "code": "assert f(3) == 128486"},
    "io_call": {"kind": "io_call", "fn_name": "f", "cases": [{"args": [3], "output": 128486}]},
    "stdio": {"kind": "stdio", "cases": [{"input": "3", "output": "128486"}]},
}
try:
    Sandbox(level="full").close()
    refusal = ""
except RuntimeError as error:
    refusal = str(error)
found = {"refusal": refusal, "statuses": {}, "stderr": ""}
with Sandbox() as sandbox:
    found["level"] = sandbox.level
    found["lost"] = [c.name for c in sandbox.canaries if not c.held]
    for kind, tests in KINDS.items():
        end = "\\nprint(f(int(input())))\\n" if kind == "stdio" else ""
        found["statuses"][kind] = [
            sandbox.check(p + end, tests, limits=Limits(cpu_s=10, wall_s=60)).status
            for p in (RIGHT, CHEAT, LEAVE)
        ]
        found["stderr"] += sandbox.check(READ, tests).stderr
print(json.dumps(found))
'''


def contained(*command: str, seconds: int) -> "subprocess.CompletedProcess[str]":
    """Run a command behind the filter, without what pytest put into the environment."""
    names = ("PATH", "HOME", "TMPDIR", "LANG", "VIRTUAL_ENV")
    return subprocess.run(
        [sys.executable, str(HERE / "dockerlike.py"), *command],
        env={name: os.environ[name] for name in names if name in os.environ},
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def test_the_filter_refuses_what_docker_refuses() -> None:
    attempt = (
        "import ctypes; l = ctypes.CDLL(None); print(l.unshare(0x10000000), l.unshare(0x20000))"
    )
    assert contained(sys.executable, "-c", attempt, seconds=60).stdout == "-1 -1\n"


def test_a_container_gets_the_level_without_namespaces_and_forged_verdicts_fail() -> None:
    outcome = contained(sys.executable, "-c", PROBE, seconds=300)
    assert outcome.returncode == 0, outcome.stderr
    found = json.loads(outcome.stdout)
    assert found["level"] == "no-namespaces"
    assert "full" in found["refusal"] or "namespace" in found["refusal"]
    assert found["lost"] == []
    assert "LEAK" not in found["stderr"]
    for kind, (right, *forged) in found["statuses"].items():
        assert right == "passed", kind
        assert not {"passed", "sandbox_error"} & set(forged), kind


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_attacks", "test_benign"])
def test_attacks_and_honest_programs_end_the_same_in_a_container(name: str, tmp_path: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'temporary'}"]
    outcome = contained(
        sys.executable, "-m", "pytest", *options, str(HERE / f"{name}.py"), seconds=1200
    )
    assert outcome.returncode == 0, outcome.stdout[-5000:]
