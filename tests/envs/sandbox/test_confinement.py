"""What a run can and can't do to the machine, to other runs and to the process that started it."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Limits, Sandbox, Verdict
from onelayer.envs.sandbox.scratch import remove

SECONDS = Limits(cpu_s=5, wall_s=60)


def run(sandbox: Sandbox, program: str, output: str = "ok", **limits: Any) -> Verdict:
    tests = {"kind": "stdio", "cases": [{"input": "", "output": output}]}
    return sandbox.check(program, tests, limits=Limits(**{"cpu_s": 5, "wall_s": 60, **limits}))


def needs_full(sandbox: Sandbox) -> None:
    if sandbox.level != "full":
        pytest.skip(f"this machine only has the level {sandbox.level}")


def test_a_program_can_not_hold_on_to_the_process_by_replacing_its_exit(sandbox: Sandbox) -> None:
    # The server's code would go on in the child: it binds os._exit before the program runs.
    patched = "import os, sys\nos._exit = lambda code: None\nsys.exit = lambda *a: None\n"
    assert run(sandbox, patched + "print('ok')").passed
    assert run(sandbox, patched + "raise SystemExit(3)").status == "error"
    assert run(sandbox, "print('ok')").passed


def test_signals_to_the_own_group_or_to_everybody_reach_nobody_else(sandbox: Sandbox) -> None:
    server = sandbox._pool.server()
    program = (
        "import os, signal\n"
        "for pid in (0, -1, -os.getpgrp()):\n"
        "    for number in (signal.SIGTERM, signal.SIGKILL):\n"
        "        try: os.kill(pid, number)\n"
        "        except OSError: pass\n"
        "print('ok')\n"
    )
    assert run(sandbox, program).status in ("passed", "killed")
    for _ in range(2 * len(os.sched_getaffinity(0))):
        assert sandbox.check(
            "print(1)", {"kind": "stdio", "cases": [{"input": "", "output": "1"}]}
        ).passed
    assert server.alive and sandbox._pool.server() is not None


def test_no_run_leaves_a_file_for_the_next(sandbox: Sandbox) -> None:
    # A writable cover over site-packages was such a channel.
    needs_full(sandbox)
    places = (
        "import os, sys, sysconfig\n"
        "places = [os.sep, '/tmp', '/dev/shm', '/dev', os.path.dirname(os.__file__)]\n"
        "places += [p for p in sys.path if p]\n"
        "places += [os.path.join(os.path.dirname(os.__file__), 'site-packages')]\n"
        "places += [os.path.dirname(p) for p in places]\n"
    )
    leave = places + (
        "for place in places:\n"
        "    try:\n        open(os.path.join(place, 'left-here'), 'w').close()\n"
        "    except OSError: pass\n"
        "print('ok')\n"
    )
    find = places + (
        "print([p for p in places if os.path.exists(os.path.join(p, 'left-here'))] or 'ok')\n"
    )
    assert run(sandbox, leave).passed
    verdict = run(sandbox, find)
    assert verdict.passed, verdict


def test_devices_can_be_used_but_not_changed(sandbox: Sandbox) -> None:
    before = os.stat("/dev/null")
    program = (
        "import os\n"
        "assert open('/dev/zero', 'rb').read(2) == bytes(2)\n"
        "assert len(open('/dev/urandom', 'rb').read(8)) == 8\n"
        "assert open('/dev/null').read() == ''\n"
        "for path in ('/dev/null', '/dev/zero', '/dev/urandom'):\n"
        "    for change in (lambda: os.chmod(path, 0o777), lambda: os.utime(path, (1, 1)),\n"
        "                   lambda: os.unlink(path), lambda: os.rename(path, path + 'x')):\n"
        "        try:\n            change()\n            print('changed', path)\n"
        "        except OSError: pass\n"
        "print('ok')\n"
    )
    verdict = run(sandbox, program)
    assert verdict.passed, verdict
    after = os.stat("/dev/null")
    assert (stat.S_IMODE(after.st_mode), after.st_mtime) == (
        stat.S_IMODE(before.st_mode),
        before.st_mtime,
    )


def test_a_run_has_no_open_file_but_its_own(sandbox: Sandbox) -> None:
    program = (
        "import os\nopen_files = []\n"
        "for fd in range(200):\n"
        "    try:\n        os.fstat(fd)\n        open_files.append(fd)\n"
        "    except OSError: pass\n"
        "print(*open_files)\n"
    )
    assert run(sandbox, program, "0 1 2").passed
    peer = program.replace("print(*open_files)", "def f(): return open_files")
    calls = {"kind": "io_call", "fn_name": "f", "cases": [{"args": [], "output": [0, 1, 2, 3]}]}
    assert sandbox.check(peer, calls).passed
    for line in ("assert f() == [0, 1, 2, 3]", "assert list(f()) == [0, 1, 2, 4]"):  # with a judge
        assert sandbox.check(peer, {"kind": "asserts", "asserts": [line]}).passed


def test_the_files_of_a_run_get_their_numbers_whatever_they_had_before(sandbox: Sandbox) -> None:
    # A run whose files already had the numbers of other ones lost some of them, and failed.
    ends = [os.pipe() for _ in range(4)]
    try:
        assert run(sandbox, "print('ok')").passed
        asserts = {"kind": "asserts", "asserts": ["assert f() == 1"]}
        assert sandbox.check("def f(): return 1", asserts).passed
    finally:
        for fd in (fd for pair in ends for fd in pair):
            os.close(fd)


def test_a_tree_deeper_than_recursion_is_removed(tmp_path: Path) -> None:
    top = tmp_path / "run"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    (top / "link").symlink_to(tmp_path)
    (top / "barred").mkdir(mode=0)
    for level in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
        if level % 1000 == 0:
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    (tmp_path / "keep").write_text("kept")
    remove(str(top))
    assert not top.exists() and (tmp_path / "keep").read_text() == "kept"
    remove(str(top))  # gone already: nothing to do


def test_a_program_may_write_to_the_streams_that_python_kept(sandbox: Sandbox) -> None:
    program = "import sys\nsys.__stdout__.write('ok')\nsys.__stderr__.write('no newline')"
    verdict = run(sandbox, program)
    assert verdict.passed and verdict.stderr == "no newline"


def test_the_jail_can_be_built_within_another_whose_mounts_are_locked(sandbox: Sandbox) -> None:
    # A remount that forgets a locked flag is refused in a nested user namespace.
    needs_full(sandbox)
    code = (
        "from onelayer.envs.sandbox import Sandbox, namespaces as n\n"
        "import os\n"
        "proc = os.open('/proc', os.O_RDONLY)\n"
        "n.new_user_namespace(n.CLONE_NEWNS, proc)\n"
        "n.mount(None, '/', None, n.MS_REC | n.MS_PRIVATE)\n"
        "n.mount('tmpfs', '/mnt', 'tmpfs', n.MS_NOSUID | n.MS_NODEV | n.MS_NOEXEC)\n"
        "n.new_user_namespace(n.CLONE_NEWNS, proc)\n"
        "with Sandbox('full', servers=1) as box:\n"
        "    print(box.check('print(1)', {'kind': 'stdio', 'cases':"
        " [{'input': '', 'output': '1'}]}).status)\n"
    )
    # A process with threads, such as those of numpy's libraries, may not enter a user namespace.
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=alone
    )
    assert done.stdout == "passed\n", done.stderr


def test_disk_inodes_and_open_files_are_bounded(sandbox: Sandbox) -> None:
    big = "open('x', 'wb').write(bytes(1 << 20))\nprint('ok')"
    assert run(sandbox, big, disk_mb=2).passed
    assert run(sandbox, big.replace("1 << 20", "3 << 20"), disk_mb=2).status == "error"
    files = "x = [open(f'{n}', 'w') for n in range(1000)]"
    assert "Too many open files" in run(sandbox, files).stderr
    needs_full(sandbox)
    many = "for n in range(5000): open(f'{n}', 'w').close()"
    assert "No space left" in run(sandbox, many).stderr
    pieces = "for n in range(9): open(f'{n}', 'wb').write(bytes(1 << 20))"
    assert "No space left" in run(sandbox, pieces, disk_mb=2).stderr


def test_memory_is_bounded_beyond_the_interpreters_own(sandbox: Sandbox) -> None:
    program = "x = bytearray({} << 20)\nprint('ok')"
    assert run(sandbox, program.format(48), memory_mb=64).passed
    assert run(sandbox, program.format(80), memory_mb=64).status == "memory"


def test_standard_input_can_not_be_grown(sandbox: Sandbox) -> None:
    program = "import os\ntry:\n    os.write(0, b'x' * 100)\nexcept OSError:\n    print('ok')"
    assert run(sandbox, program).passed


def test_threads_are_bounded_but_enough(sandbox: Sandbox) -> None:
    program = (
        "import threading\ngate = threading.Event()\n"
        "threads = [threading.Thread(target=gate.wait) for _ in range({})]\n"
        "try:\n    [t.start() for t in threads]\n    print('ok')\n"
        "except RuntimeError:\n    print('refused')\n"
        "gate.set()\n[t.join() for t in threads if t.ident]\n"
    )
    assert run(sandbox, program.format(32)).passed
    assert run(
        sandbox,
        "import threading\nthreading.stack_size(65536)\n" + program.format(3000),
        "refused",
        memory_mb=128,
    ).passed


def test_deep_recursion_has_the_stack_it_needs(sandbox: Sandbox) -> None:
    program = (
        "import sys\nsys.setrecursionlimit(10**6)\n"
        "def depth(n): return 0 if n == 0 else 1 + max(depth(n - 1) for _ in range(1))\n"
        "print('ok' if depth(20_000) == 20_000 else 'wrong')\n"
    )
    verdict = run(sandbox, program)
    assert verdict.passed, verdict


def test_runs_start_alike(sandbox: Sandbox) -> None:
    program = "import random\nprint(random.random(), hash('text'), __name__)"
    outputs = {run(sandbox, program, "?").detail for _ in range(3)}
    assert len(outputs) == 1, outputs


def test_a_program_knows_no_more_than_this_of_its_surroundings(sandbox: Sandbox) -> None:
    program = "import os\nprint(sorted(os.environ))"
    verdict = run(sandbox, program, "?")
    assert "ONELAYER_SECRET_TOKEN" not in verdict.detail and "PYTHONHASHSEED" in verdict.detail
    needs_full(sandbox)
    assert run(
        sandbox,
        "import os\nprint(os.getpid(), os.path.samefile(os.getcwd(), '/tmp'), os.uname().nodename)",
        "1 True sandbox",
    ).passed


def test_root_does_not_run_programs_as_root(sandbox: Sandbox) -> None:
    if os.geteuid() != 0:
        pytest.skip("the tests are not run by root")
    needs_full(sandbox)
    assert run(sandbox, "import os\nprint(os.getuid() != 0 and os.getgid() != 0 and 'ok')").passed


def test_a_program_can_not_pass_for_a_failure_of_the_sandbox(sandbox: Sandbox) -> None:
    failed = b'{"failed":"no lockdown"}'
    frame = len(failed).to_bytes(4, "big") + failed
    for ending in ("os._exit(98)", "os._exit(97)", "os.kill(os.getpid(), 11)", "1 / 0"):
        program = f"import os\nfor fd in range(3, 9):\n    try: os.write(fd, {frame!r})\n"
        program += f"    except OSError: pass\n{ending}\n"
        for tests in (
            {"kind": "stdio", "cases": [{"input": "", "output": "1"}]},
            {"kind": "io_call", "fn_name": "f", "cases": [{"args": [], "output": 1}]},
            {"kind": "asserts", "asserts": ["assert f() == 1"]},
        ):
            verdict = sandbox.check(program, tests)
            assert verdict.status not in ("passed", "sandbox_error"), (ending, tests, verdict)
