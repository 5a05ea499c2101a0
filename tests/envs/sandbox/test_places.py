"""Right wherever people run it: with few processes, as process 1, after a kill, with less of Python."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Limits, Sandbox, installation, session
from onelayer.envs.sandbox.pool import ForkServer, Pool
from onelayer.envs.sandbox.usage import queued_s

LINUX = sys.platform.startswith("linux")
pytestmark = pytest.mark.skipif(not LINUX, reason="Linux only")
PRINTS_3 = {"kind": "stdio", "cases": [{"input": "", "output": "3"}]}
ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def available(level: str) -> Iterator[Sandbox]:
    """Give a sandbox of a level, or skip where this machine does not allow it."""
    try:
        box = Sandbox(level, servers=1)
    except RuntimeError as error:
        pytest.skip(str(error))
    with box:
        yield box


def test_the_trainer_may_be_process_1() -> None:
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare")
    code = (
        "import os\nfrom onelayer.envs.sandbox import Sandbox\n"
        "with Sandbox(servers=1) as box:\n"
        f"    print(os.getpid(), box.level, box.check('print(3)', {PRINTS_3}).status)\n"
    )
    flags = ["--pid", "--fork", "--mount-proc"]
    if subprocess.run(["unshare", *flags, "true"], capture_output=True).returncode:
        pytest.skip("no process namespaces here")
    shown = subprocess.run(
        ["unshare", *flags, sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    with available("full"):
        assert shown.stdout.split() == ["1", "full", "passed"], shown.stderr


TRAINER = """
import os, sys, threading, time
from onelayer.envs.sandbox import Limits, Sandbox
box = Sandbox(sys.argv[1], servers=1)
tests = [{"kind": "io_call", "fn_name": "f", "cases": [{"args": [], "output": 1}]},
         {"kind": "check_fn", "code": "def check(c):\\n    assert c()\\ncheck(f)"}]
code = "import time\\ndef f(): time.sleep(60)"
for kind in tests:
    threading.Thread(target=box.check, args=(code, kind), daemon=True,
                     kwargs={"limits": Limits(cpu_s=60, wall_s=120)}).start()
time.sleep(1.5)
if os.fork() == 0:
    time.sleep(30)
    os._exit(0)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("level", ["full", "no-namespaces"])
def test_a_killed_trainer_leaves_nothing_though_a_child_of_it_lives(level: str) -> None:
    with available(level):
        pass
    before = set(os.listdir("/tmp"))
    trainer = subprocess.Popen(
        [sys.executable, "-c", TRAINER, level], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert trainer.stdout is not None
    try:
        assert trainer.stdout.readline() == "ready\n"
        family = descendants(trainer.pid)
        trainer.kill()
        trainer.wait()
        sandboxed = {pid for pid in family if is_server(pid)}
        assert sandboxed
        deadline = time.monotonic() + 30
        while any(is_server(pid) for pid in sandboxed):
            assert time.monotonic() < deadline, "the sandbox outlives its trainer"
            time.sleep(0.05)
        left = {n for n in set(os.listdir("/tmp")) - before if n.startswith("onelayer-sandbox-")}
        mine = {n for n in left if os.stat(f"/tmp/{n}").st_uid == os.getuid()}
        while any(_is_of(name, family) for name in mine):
            assert time.monotonic() < deadline, left
            time.sleep(0.05)
    finally:
        for pid in family:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        trainer.stdout.close()


def _is_of(name: str, family: set[int]) -> bool:
    """Return whether a folder in /tmp is that of a run in a family of processes."""
    with contextlib.suppress(OSError):
        return any(int(run) in family for run in os.listdir(f"/tmp/{name}") if run.isdigit())
    return False


def descendants(pid: int) -> set[int]:
    """Return the processes that come from one."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                parents[int(entry)] = int(fields[1])
    family, before = {pid}, 0
    while len(family) > before:
        before = len(family)
        family |= {child for child, parent in parents.items() if parent in family}
    return family - {pid}


def is_server(pid: int) -> bool:
    """Return whether a process is a fork server or one of its runs, and alive."""
    try:
        dead = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return not dead and b"sandbox/server.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.slow
def test_waiting_for_the_processor_is_not_held_against_a_program(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = "import time\ntime.sleep(1.5)\nprint(3)"
    brief = Limits(cpu_s=2, wall_s=0.5)
    assert sandbox.check(sleeper, PRINTS_3, limits=brief).status == "timeout"
    monkeypatch.setattr(session, "queued_s", lambda pid: 60.0)  # as on a machine with other work
    assert sandbox.check(sleeper, PRINTS_3, limits=brief).status == "passed"
    asked = {"kind": "check_fn", "code": "def check(c):\n    assert c() == 3\ncheck(f)"}
    slow = "import time\ndef f():\n    time.sleep(1.5)\n    return 3"
    assert sandbox.check(slow, asked, limits=brief).status == "passed"
    endless = "import time\ntime.sleep(60)"
    monkeypatch.setattr(session, "MOST_PATIENCE", 2)
    verdict = sandbox.check(endless, PRINTS_3, limits=brief)
    assert verdict.status == "timeout" and verdict.wall_s < 30


def test_threads_that_wait_for_the_processor_are_counted() -> None:
    assert queued_s(os.getpid()) >= 0.0
    assert queued_s(-1) == 0.0


@pytest.mark.slow
def test_programs_that_share_the_processor_with_many_pass(sandbox: Sandbox) -> None:
    spin = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(16)]
    try:
        code = "import time\nwhile time.process_time() < 1: pass\nprint(3)"
        limits = Limits(cpu_s=2, wall_s=2)
        assert [sandbox.check(code, PRINTS_3, limits=limits).status for _ in range(2)] == [
            "passed",
            "passed",
        ]
    finally:
        for process in spin:
            process.kill()
            process.wait()


def test_a_check_waits_where_processes_are_used_up(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onelayer.envs.sandbox import api

    real, tries = api.check_program, []

    def crowded_at_first(*arguments: Any) -> Any:
        tries.append(1)
        if len(tries) < 4:
            raise session.Crowded("no process could be made")
        return real(*arguments)

    monkeypatch.setattr(api, "check_program", crowded_at_first)
    assert sandbox.check("print(3)", PRINTS_3).status == "passed" and len(tries) == 4
    monkeypatch.setattr(api, "CROWDED_SECONDS", 0.0)
    tries.clear()
    assert sandbox.check("print(3)", PRINTS_3).status == "sandbox_error"


def test_modules_that_this_python_lacks_are_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture, sandbox: Sandbox
) -> None:
    server = ForkServer(sandbox.level, (), ["json", "no_such_module", "sqlite3"])
    try:
        assert list(server.missing) == ["no_such_module"]
        assert "ModuleNotFoundError" in server.missing["no_such_module"]
    finally:
        server.close()
    pool = Pool(sandbox.level, 1, ())
    try:
        pool._warn({"sqlite3": "ImportError: no"})
        pool._warn({"sqlite3": "ImportError: no"})
        assert caplog.text.count("programs can't import sqlite3") == 1
        pool.do_without_further("it could not start")
        assert pool.server("import threading") is pool.server("pass")
    finally:
        pool.close()


def test_libraries_of_debian_and_conda_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = tmp_path / "alternatives"
    links.mkdir()
    (tmp_path / "libblas.so.3.9").write_text("")
    (links / "libblas.so.3-x86_64").symlink_to(tmp_path / "libblas.so.3.9")
    (links / "editor").symlink_to(tmp_path / "libblas.so.3.9")
    (links / "libgone.so.3").symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr(installation, "ALTERNATIVES", str(links))
    assert installation.libraries_of(["numpy"]) == [str(links / "libblas.so.3-x86_64")]
    assert installation.libraries_of([]) == [] and installation.library_path(["numpy"]) == {}
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "lib").mkdir()
    for name in ("libcblas.so.3", "python3.11.txt"):
        (tmp_path / "lib" / name).write_text("")
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert str(tmp_path / "lib" / "libcblas.so.3") in installation.libraries_of(["numpy"])
    assert installation.library_path(["numpy"]) == {"LD_LIBRARY_PATH": str(tmp_path / "lib")}
    assert installation.library_path([]) == {}


def test_judges_are_kept_only_where_tests_leave_nothing_behind(sandbox: Sandbox) -> None:
    from onelayer.envs.sandbox.stateless import are_stateless

    for source in (
        "assert abs(f(1) - 2) < 1e-6",
        "import math\ndef check(c):\n    for x in range(3):\n        assert math.isclose(c(x), x)\ncheck(f)",
        "assert sorted(f(x) for x in [1]) == [2] and f'{f(1)}' == '2'",
    ):
        assert are_stateless((source,)), source
    for source in (
        "import random\nrandom.seed(1)",
        "math.pi = 3",
        "class A: pass",
        "import os",
        "setattr(math, 'pi', 3)",
        "from builtins import *",
        "f.__globals__",
        "global x\nx = 1",
        "exec('x = 1')",
        "with f(): pass",
        "del x",
    ):
        assert not are_stateless((source,)), source
    program = "def f(x): return x + 1"
    for _ in range(3):
        verdict = sandbox.check(program, {"kind": "asserts", "asserts": ["assert abs(f(1)) == 2"]})
        assert verdict.passed
        lies = sandbox.check(
            "def f(x): return 1", {"kind": "asserts", "asserts": ["assert abs(f(1)) == 2"]}
        )
        assert lies.status == "failed"
        hangs = {"kind": "asserts", "asserts": ["while True: abs(f(1))"]}
        late = sandbox.check(program, hangs, limits=Limits(cpu_s=0.2, wall_s=1))
        assert late.status in ("timeout", "error")
