"""The sandbox as its users see it: kinds of tests, verdicts, threads, failures, nothing left behind."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from onelayer.envs.sandbox import Limits, Sandbox, Verdict, validate_tests
from onelayer.envs.sandbox.pool import ForkServer, Pool, ServerGone

ADD = {"kind": "stdio", "cases": [{"input": "2 3\n", "output": "5"}]}
CALLS = {
    "kind": "io_call",
    "fn_name": "f",
    "cases": [{"args": [n], "output": [n, n + 1]} for n in range(3)],
}
ASSERTS = {"kind": "asserts", "asserts": ["assert f(1) == [1, 2]"]}
ADDS = "print(sum(map(int, input().split())))"
PAIRS = "def f(n): return [n, n + 1]"


def stdio(*cases: tuple[str, str]) -> dict[str, Any]:
    return {"kind": "stdio", "cases": [{"input": i, "output": o} for i, o in cases]}


def calls(*cases: tuple[list[Any], Any], name: str = "f", **more: Any) -> dict[str, Any]:
    return {
        "kind": "io_call",
        "fn_name": name,
        "cases": [{"args": a, "output": o} for a, o in cases],
        **more,
    }


def test_a_verdict_says_what_happened(sandbox: Sandbox) -> None:
    verdict = sandbox.check(ADDS, ADD)
    assert verdict == Verdict(
        "passed",
        sandbox.level,
        verdict.cpu_s,
        verdict.wall_s,
        verdict.peak_memory_mb,
        cases=verdict.cases,
    )
    assert 0 < verdict.cpu_s < 5 and 0 < verdict.wall_s < 60 and 5 < verdict.peak_memory_mb < 500
    wrong = sandbox.check("import sys; print(6); print('hm', file=sys.stderr)", ADD)
    assert wrong.status == "failed" and wrong.stderr == "hm\n"
    assert "'2 3\\n'" in wrong.detail and "'5'" in wrong.detail and "'6\\n'" in wrong.detail


def test_output_is_compared_token_by_token(sandbox: Sandbox) -> None:
    assert sandbox.check("print(1, 2)\nprint()\nprint(3)", stdio(("", "1\n2 3"))).passed
    assert sandbox.check("print('1')", stdio(("", "1 2"))).status == "failed"
    assert sandbox.check("print('1 2 3')", stdio(("", "1 2"))).status == "failed"
    assert sandbox.check("print('é')", stdio(("", "é"))).passed


def test_programs_stop_at_the_first_input_they_get_wrong(sandbox: Sandbox) -> None:
    tests = stdio(("1 1", "2"), ("1 2", "4"), ("0 0", "0"))
    verdict = sandbox.check(ADDS, tests)
    assert [case.status for case in verdict.cases] == ["passed", "failed"]


def test_a_function_is_called_with_every_input(sandbox: Sandbox) -> None:
    assert sandbox.check(PAIRS, CALLS).passed
    verdict = sandbox.check("def f(n): return [n, 1] if n else 1 / n", CALLS)
    assert [case.status for case in verdict.cases] == ["error", "failed", "failed"]
    assert verdict.status == "error" and "ZeroDivisionError" in verdict.detail
    assert "expected [1, 2], got [1, 1]" in verdict.cases[1].detail


def test_a_function_may_be_a_method_and_numbers_may_be_near(sandbox: Sandbox) -> None:
    program = "class Solution:\n    def f(self, x): return x / 3\n"
    assert sandbox.check(program, calls(([1], 0.333333), tolerance=1e-5)).passed
    assert sandbox.check(program, calls(([1], 0.333333))).status == "failed"
    assert sandbox.check(program, calls(([3], 1), name="Solution.f")).passed


def test_large_answers_pass_and_endless_ones_do_not(sandbox: Sandbox) -> None:
    assert sandbox.check(
        "def f(n): return list(range(n))", calls(([200_000], list(range(200_000))))
    ).passed
    assert (
        sandbox.check("def f(n): return 'x' * 50_000_000", calls(([1], "x"))).status
        == "output_limit"
    )
    long = " ".join(map(str, range(100_000)))
    assert sandbox.check("print(*range(100_000))", stdio(("", long))).passed
    assert sandbox.check("while True: print('x' * 9999)", ADD).status == "output_limit"
    assert (
        sandbox.check("import sys\nwhile True: sys.stderr.write('x' * 9999)", ADD).status
        == "output_limit"
    )


def test_a_value_that_is_no_data_is_an_error_that_says_so(sandbox: Sandbox) -> None:
    verdict = sandbox.check("def f(n): return object()", calls(([1], 1)))
    assert verdict.status == "error" and "object" in verdict.detail


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("1 / 0", "error"),
        ("def f(:", "error"),
        ("import sys; sys.exit(3)", "error"),
        ("import sys; print(5); sys.exit('no')", "error"),
        ("import sys; print(5); sys.exit(0)", "passed"),
        ("print(5); exit()", "passed"),
        ("import os; os.write(1, b'5'); os._exit(0)", "passed"),
        ("import os; print(5, flush=True); os._exit(1)", "error"),
        ("import os; os.abort()", "killed"),
        ("x = bytearray(1 << 40)", "memory"),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory"),
        ("while True: pass", "timeout"),
        ("import time; time.sleep(1000)", "timeout"),
        ("print(5, 5)", "failed"),
        ("", "failed"),
        ("\0", "error"),
        ("print('\ud800')", "error"),
    ],
)
def test_every_ending_has_its_status(sandbox: Sandbox, program: str, status: str) -> None:
    limits = Limits(cpu_s=0.5, wall_s=3) if status == "timeout" else Limits()
    assert sandbox.check(program, ADD, limits=limits).status == status


@pytest.mark.parametrize(
    ("tests", "complaint"),
    [
        ([], "must be an object"),
        ({}, "kind"),
        ({"kind": "exec"}, "'exec'"),
        ({"kind": "asserts"}, "'asserts'"),
        ({"kind": "asserts", "asserts": []}, "at least one assert"),
        ({"kind": "asserts", "asserts": ["assert ("]}, r"asserts\[0\] does not parse"),
        ({"kind": "asserts", "asserts": "assert 1"}, "list of strings"),
        ({"kind": "asserts", "asserts": ["assert 1"], "setup": "if"}, "setup does not parse"),
        ({"kind": "asserts", "asserts": ["assert 1"], "extra": [1]}, "'extra'"),
        ({"kind": "check_fn"}, "'code'"),
        ({"kind": "check_fn", "code": "# nothing"}, "no statement"),
        ({"kind": "script", "setup": "", "code": "x ="}, "does not parse"),
        ({"kind": "stdio", "cases": []}, "at least one case"),
        ({"kind": "stdio", "cases": ["1"]}, r"cases\[0\] must be an object"),
        ({"kind": "stdio", "cases": [{"input": "1"}]}, "'output'"),
        ({"kind": "io_call", "cases": [{"args": [], "output": 1}]}, "'fn_name'"),
        ({"kind": "io_call", "fn_name": "f(", "cases": [{"args": [], "output": 1}]}, "'fn_name'"),
        ({"kind": "io_call", "fn_name": "f", "cases": [{"args": "1", "output": 1}]}, "'args'"),
        ({"kind": "io_call", "fn_name": "f", "cases": [{"args": []}]}, "'output'"),
        (calls(([1], 1), tolerance=-1), "tolerance"),
    ],
)
def test_broken_tests_are_refused_with_a_sentence(
    sandbox: Sandbox, tests: Any, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        validate_tests(tests)
    with pytest.raises(ValueError, match=complaint):
        sandbox.check("", tests)


def test_what_is_no_program_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="str"):
        sandbox.check(b"print(1)", ADD)  # type: ignore[arg-type]


def test_many_threads_check_at_once_and_nobody_gets_anothers_verdict(sandbox: Sandbox) -> None:
    def check(n: int) -> bool:
        right = n % 3 != 0
        program = f"def f(x): return x + {n if right else n + 1}"
        tests = [
            calls(([1], n + 1)),
            {"kind": "asserts", "asserts": [f"assert f(1) == {n + 1}"]},
            stdio(("", str(n))),
        ][n % 2 if n % 5 else 2]
        if tests["kind"] == "stdio":
            program = f"print({n if right else n + 1})"
        return sandbox.check(program, tests).passed is right

    with ThreadPoolExecutor(12) as threads:
        assert all(threads.map(check, range(48)))


def test_checks_can_be_awaited_together(sandbox: Sandbox) -> None:
    async def both() -> list[Verdict]:
        return await asyncio.gather(
            *(sandbox.check_async(PAIRS, t) for t in (CALLS, ASSERTS)),
            sandbox.check_async("print(0)", ADD),
        )

    assert [verdict.status for verdict in asyncio.run(both())] == ["passed", "passed", "failed"]


def test_a_dead_fork_server_is_replaced() -> None:
    with Sandbox("unsafe", servers=1) as box:
        for _ in range(2):
            server = box._pool.server()
            os.kill(server.process.pid, signal.SIGKILL)
            assert box.check(ADDS, ADD).passed
            assert box._pool.server() is not server


def test_a_server_that_dies_takes_its_runs_along_and_costs_a_second_try(tmp_path: Path) -> None:
    with Sandbox("unsafe", servers=1) as box:
        first = box._pool.server().process.pid
        begun, ended = tmp_path / "begun", tmp_path / "ended"  # the unsafe level lets it write
        program = (
            f"import os, time\nopen({str(begun)!r}, 'a').write(f'{{os.getpid()}} ')\n"
            f"time.sleep(2)\nopen({str(ended)!r}, 'a').write('x')\n{ADDS}"
        )
        verdicts: list[Verdict] = []
        thread = threading.Thread(target=lambda: verdicts.append(box.check(program, ADD)))
        thread.start()
        while not begun.exists() or not begun.read_text():
            time.sleep(0.01)
        os.kill(first, signal.SIGKILL)
        thread.join()
        assert verdicts[0].passed
        pids = [int(pid) for pid in begun.read_text().split()]
        assert len(pids) == 2 and ended.read_text() == "x"
        deadline = time.monotonic() + 60
        while any(alive(pid) for pid in pids):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_when_no_server_can_be_had_it_is_the_sandboxs_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sandbox("unsafe", servers=1) as box:
        os.kill(box._pool.server().process.pid, signal.SIGKILL)

        def refuse(self: Pool, text: str = "") -> ForkServer:
            raise ServerGone("no more processes")

        monkeypatch.setattr(Pool, "server", refuse)
        verdict = box.check(ADDS, ADD)
        assert verdict.status == "sandbox_error" and "no more processes" in verdict.detail


def test_a_closed_sandbox_is_closed() -> None:
    box = Sandbox("unsafe", servers=1)
    process = box._pool.server().process
    box.close()
    box.close()
    assert process.returncode is not None
    with pytest.raises(RuntimeError, match="closed"):
        box.check(ADDS, ADD)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_checks_and_sandboxes_leave_no_file_open_and_no_process() -> None:
    with Sandbox("auto", servers=1) as box:
        box.check(ADDS, ADD)
        before = len(os.listdir("/proc/self/fd"))
        for program, tests in ((ADDS, ADD), (PAIRS, CALLS), (PAIRS, ASSERTS), ("1/0", ASSERTS)):
            box.check(program, tests)
        box.check("while True: pass", ADD, limits=Limits(cpu_s=0.2))
        assert len(os.listdir("/proc/self/fd")) == before
    gc.collect()
    after = len(os.listdir("/proc/self/fd"))
    abandoned = Sandbox("unsafe", servers=1)
    process = abandoned._pool.server().process
    scratch = abandoned._pool.server().scratch
    del abandoned
    gc.collect()
    assert process.returncode is not None and not os.path.exists(scratch)
    assert len(os.listdir("/proc/self/fd")) == after


def test_the_interpreters_end_is_the_sandboxs_end() -> None:
    code = (
        "from onelayer.envs.sandbox import Sandbox\n"
        "box = Sandbox('unsafe', servers=1)\n"
        "print(box._pool.server().process.pid, box._pool.server().scratch, flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    pid, scratch = done.stdout.split()
    assert done.returncode == 0, done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert not os.path.exists(scratch)


def test_a_trainer_that_is_killed_takes_its_servers_along() -> None:
    code = (
        "import os\nfrom onelayer.envs.sandbox import Sandbox\n"
        "box = Sandbox('auto', servers=1)\n"
        "print(box._pool.server().process.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    pid = int(done.stdout)
    deadline = time.monotonic() + 60
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_gets_servers_of_its_own_and_leaves_the_parents_alone() -> None:
    with Sandbox("unsafe", servers=1) as box:
        parents = box._pool.server()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                passed = box.check(ADDS, ADD).passed and box._pool.server() is not parents
                box.close()
                os.write(writer, b"yes" if passed else b"no")
            finally:
                os._exit(0)
        os.close(writer)
        assert os.read(reader, 10) == b"yes"
        os.close(reader)
        os.waitpid(pid, 0)
        assert parents.alive and box.check(ADDS, ADD).passed


@pytest.mark.parametrize("servers", [0, -1])
def test_a_sandbox_without_servers_is_refused(servers: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Sandbox("unsafe", servers=servers)


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="paranoid"):
        Sandbox("paranoid")


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_a_process_that_dies_while_it_waits_for_a_run_costs_nothing() -> None:
    with Sandbox("unsafe", servers=1) as box:
        assert box.check(ADDS, ADD).passed
        server = box._pool.server().process.pid
        children = Path(f"/proc/{server}/task/{server}/children")
        for _ in range(3):
            deadline = time.monotonic() + 60
            while not (waiting := children.read_text().split()):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            os.kill(int(waiting[0]), signal.SIGKILL)
            assert box.check(ADDS, ADD).passed
        assert box._pool.server().process.pid == server
