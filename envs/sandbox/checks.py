"""One check of a program: the runs that a kind of tests needs, and the verdict from what they report."""

import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onelayer.envs.sandbox import codec, comparison, plain_asserts, test_kinds
from onelayer.envs.sandbox.execution import EXIT_MEMORY
from onelayer.envs.sandbox.kept_judges import KeptJudges
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.plain_asserts import PlainAssert
from onelayer.envs.sandbox.pool import ForkServer
from onelayer.envs.sandbox.session import Run
from onelayer.envs.sandbox.shown import readable, shorten, show
from onelayer.envs.sandbox.stateless import are_known, are_stateless
from onelayer.envs.sandbox.verdict import STATUSES, CaseResult, Verdict
from onelayer.envs.sandbox.watch import watch

JUDGE_EXTRA_CPU_S = 2.0
JUDGE_EXTRA_MEMORY_MB = 256
STDERR_CHARACTERS = 4000

GetServer = Callable[[str], ForkServer]
"""Chooses a fork server that knows what a program imports."""


def check_program(
    server: GetServer,
    kept: KeptJudges,
    level: str,
    code: str,
    given: Mapping[str, Any],
    limits: Limits,
) -> Verdict:
    """Run ``code`` against tests that ``validate_tests`` accepts.

    Raises:
        session.SandboxFailure: the sandbox failed.
        ServerGone: a fork server did.
    """
    started = time.monotonic()
    kind = given["kind"]
    if kind == "stdio":
        runs, cases = _check_stdio(server, code, given, limits)
    elif kind == "io_call":
        runs, cases = _check_calls(server, code, given, limits)
    else:
        asserts = plain_asserts.read(given)
        decided = asserts and _check_plain(server, code, asserts, limits)
        runs, cases = decided or _check_judged(server, kept, code, given, limits)
    bad = next((case for case in cases if case.status != "passed"), None)
    return Verdict(
        status=bad.status if bad else "passed",
        level=level,
        cpu_s=sum(run.cpu_s for run in runs),
        wall_s=time.monotonic() - started,
        peak_memory_mb=max(run.peak_mb for run in runs),
        stderr=_text(runs[-1].stderr),
        cases=tuple(cases),
        detail=bad.detail if bad else "",
    )


def _text(output: bytes | bytearray) -> str:
    text = bytes(output).decode("utf-8", "replace")
    return text if len(text) <= STDERR_CHARACTERS else text[:STDERR_CHARACTERS] + "\n[...]"


def why(run: Run) -> tuple[str, str]:
    """Return the status and the reason of a run that ended before it was done."""
    limits = run.limits
    if run.ended_by == "timeout":
        return "timeout", (
            f"still running after {limits.wall_seconds:g} s on the clock, without its waiting for the "
            f"processor, or {limits.cpu_s:g} s of the processor"
        )
    if run.ended_by == "output_limit":
        return "output_limit", "the program wrote more than it may"
    if run.broken is not None:
        return "error", f"the program's answer could not be read: {run.broken}"
    code = run.exit_code
    if code in (-signal.SIGXCPU, -signal.SIGKILL) and run.cpu_s >= limits.cpu_s:
        return "timeout", f"more than {limits.cpu_s:g} s of the processor"
    if code == EXIT_MEMORY:
        return "memory", f"out of memory ({limits.memory_mb:g} MiB)"
    if code is not None and code < 0:
        return "killed", f"the program died of {_signal_name(-code)}"
    last = _text(run.stderr).strip().splitlines()
    return "error", last[-1][:500] if last else f"the program exited with status {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _check_stdio(
    server: GetServer, code: str, given: Mapping[str, Any], limits: Limits
) -> tuple[list[Run], list[CaseResult]]:
    """One fresh process for each input; stop at the first that fails."""
    runs: list[Run] = []
    cases: list[CaseResult] = []
    for index, case in enumerate(given["cases"]):
        expected = case["output"]
        room = max(int(limits.output_kb * 1024), 2 * len(test_kinds.as_bytes(expected)) + 1024)
        stdin = test_kinds.as_bytes(case["input"])
        task = {"task": "stdio", "code": code}
        run = Run(server(code), limits, task, stdin=stdin, stdout_limit=room, answer_limit=None)
        try:
            watch([run], lambda run, message: None)
        finally:
            run.close()
        runs.append(run)
        if run.ended_by or run.exit_code != 0:
            cases.append(CaseResult(index, *why(run)))
        elif test_kinds.same_output(expected, bytes(run.stdout)):
            cases.append(CaseResult(index, "passed"))
            continue
        else:
            output = bytes(run.stdout).decode("utf-8", "replace")
            detail = (
                f"for the input {shorten(case['input'])} expected "
                f"{shorten(expected)}, got {shorten(output)}"
            )
            cases.append(CaseResult(index, "failed", detail))
        break
    return runs, cases


def _check_calls(
    server: GetServer, code: str, given: Mapping[str, Any], limits: Limits
) -> tuple[list[Run], list[CaseResult]]:
    """One process answers all inputs; what it answers is compared here."""
    wanted = given["cases"]
    results: list[CaseResult] = []
    tolerance = given.get("tolerance", comparison.FLOAT_TOLERANCE)
    longest = max(len(shorten(case["output"], 1 << 30)) for case in wanted)
    task = {
        "task": "calls",
        "code": code,
        "name": given["fn_name"],
        "calls": [codec.encode(arguments) for arguments in test_kinds.calls(given)],
    }

    def take(run: Run, message: Any) -> None:
        index = len(results)
        if run.ended_by is not None:
            return
        if index >= len(wanted) or not isinstance(message, dict) or message.get("case") != index:
            run.broken = "it does not follow the protocol"
            run.kill("error")
            return
        results.append(_call_result(index, wanted[index], message, tolerance))
        if len(results) == len(wanted):
            run.finish()  # whatever it planned for later

    run = Run(
        server(code),
        limits,
        task,
        answer_limit=max(1 << 20, 8 * longest, int(limits.output_kb * 1024)),
    )
    try:
        watch([run], take)
    finally:
        run.close()
    if len(results) < len(wanted):
        results.append(CaseResult(len(results), *why(run)))
    return [run], results


def _call_result(
    index: int, case: Mapping[str, Any], message: Mapping[str, Any], tolerance: float
) -> CaseResult:
    asked = f"for the arguments {shorten(case['args'])}"
    if "raised" in message:
        raised = _words(message["raised"])
        status = "memory" if raised.startswith("MemoryError") else "error"
        return CaseResult(index, status, f"{asked} it raised {raised}")
    if "value" not in message:
        return CaseResult(index, "error", f"{asked} {_words(message.get('no_value'))}")
    right = [case["output"], *([case["or_output"]] if "or_output" in case else [])]
    if any(comparison.matches(output, message["value"], tolerance) for output in right):
        return CaseResult(index, "passed")
    expected, got = shorten(case["output"]), show(message["value"])
    return CaseResult(index, "failed", f"{asked} expected {expected}, got {got}")


def _words(given: Any) -> str:
    """Return text that a program sent; whatever else it sent stays unread."""
    return readable(given, 500) if isinstance(given, str) else "something that is no text"


def _check_plain(
    server: GetServer, code: str, asserts: Sequence[PlainAssert], limits: Limits
) -> tuple[list[Run], list[CaseResult]] | None:
    """One process makes the calls of all asserts; None where it takes the judge to decide one."""
    results: list[CaseResult] = []
    undecided: list[str] = []
    longest = 1 << 20
    calls = [each.call() for each in asserts]
    task = {"task": "plain", "code": code, "calls": calls, "longest": longest}

    def take(run: Run, message: Any) -> None:
        index = len(results)
        if run.ended_by is not None or undecided or index == len(asserts):
            return
        try:
            results.append(CaseResult(index, *asserts[index].outcome(message)))
        except plain_asserts.UndecidedError as reason:
            undecided.append(str(reason))
        if undecided or len(results) == len(asserts):
            run.finish()  # whatever it planned for later

    run = Run(server(code), limits, task, answer_limit=longest)
    try:
        watch([run], take)
    finally:
        run.close()
    if undecided:
        return None
    if len(results) < len(asserts):
        gone = run.ended_by is None and run.exit_code in (0, -signal.SIGKILL)
        late = run.cpu_s >= limits.cpu_s
        results.append(CaseResult(len(results), *(_GONE if gone and not late else why(run))))
    return [run], results


def _check_judged(
    server: GetServer, kept: KeptJudges, code: str, given: Mapping[str, Any], limits: Limits
) -> tuple[list[Run], list[CaseResult]]:
    """Two processes, each in a sandbox of its own: the program, and the tests that question it."""
    plan = test_kinds.plan(given)
    results: list[CaseResult] = []
    ends: list[str] = []  # what the judge said at its end: nothing, or why it could not go on
    runs: list[Run] = []

    def take(run: Run, message: Any) -> None:
        if run is not runs[1]:
            return
        if "done" in message or "gone" in message:
            ends.append(message.get("gone", ""))
            runs[0].finish()
            if run.stays:
                run.parked = True
            else:
                run.finish()
        elif message["status"] in STATUSES:
            detail = readable(message["detail"])
            results.append(CaseResult(message["case"], message["status"], detail))

    try:
        _begin_judged(server, kept, code, plan, limits, runs)
        watch(runs, take)
    finally:
        for run in runs:
            if run.stays:
                kept.give_back(run)
            else:
                run.close()
    program, judge = runs
    results = _first_of_each(results)
    if ends != [""]:
        status, detail = _blame(program, judge, ends)
        results.append(CaseResult(len(results), status, detail))
    return [program], results


def _begin_judged(
    server: GetServer,
    kept: KeptJudges,
    code: str,
    plan: dict[str, Any],
    limits: Limits,
    runs: list[Run],
) -> None:
    """Add the program's run and the judge's to ``runs``, connected with each other."""
    sources = tuple(piece["source"] for piece in plan["pieces"])
    task = {"task": "candidate", "code": code, "names": plan["names"], "setup": plan["setup"]}
    program_end, judge_end = socket.socketpair()
    with program_end, judge_end:
        runs.append(Run(server(code), limits, task, answer_limit=None, peer=program_end))
        judge = None
        if are_stateless(sources) and are_known(module for module, *_ in plan["python"].values()):
            judge = kept.take(server(""), plan, judge_end, judge_limits(limits))
        if judge is None:
            which = server("\n".join(sources))
            judge = Run(which, judge_limits(limits), {"task": "judge", **plan}, peer=judge_end)
        runs.append(judge)
    runs[0].companions, runs[1].companions = (runs[1],), (runs[0],)


_GONE = ("error", "the program ended while the tests needed it")


def judge_limits(limits: Limits) -> Limits:
    """Return the limits of the tests of a program that has these."""
    return Limits(
        cpu_s=limits.cpu_s + JUDGE_EXTRA_CPU_S,
        wall_s=limits.wall_seconds + JUDGE_EXTRA_CPU_S,
        memory_mb=limits.memory_mb + JUDGE_EXTRA_MEMORY_MB,
        disk_mb=limits.disk_mb,
    )


def _first_of_each(results: list[CaseResult]) -> list[CaseResult]:
    first: dict[int, CaseResult] = {}
    for result in results:
        first.setdefault(result.index, result)
    return list(first.values())


def _blame(program: Run, judge: Run, ends: list[str]) -> tuple[str, str]:
    """Say why the tests did not come to their end."""
    if program.ended_by not in (None, "finished") or program.exit_code not in (0, -9):
        return why(program)
    if judge.ended_by == "timeout":
        return "timeout", f"the tests took more than {judge.limits.cpu_s:g} s of the processor"
    if ends:
        return "error", readable(ends[0])
    if judge.exit_code == EXIT_MEMORY:
        return "memory", "the tests ran out of memory"
    # It has spoken with the program, which may have had its part in this.
    return "killed", f"the process of the tests ended with status {judge.exit_code}"
