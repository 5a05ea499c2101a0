"""One check of a program: the runs that a kind of tests needs, and the verdict from what they report."""

import socket
import time
from collections.abc import Mapping
from typing import Any

from onelayer.envs.sandbox import plain_asserts, test_kinds
from onelayer.envs.sandbox.ending import why, written
from onelayer.envs.sandbox.execution import EXIT_MEMORY
from onelayer.envs.sandbox.kept_judges import KeptJudges
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.program_checks import (
    GetServer,
    Outcome,
    check_calls,
    check_plain,
    check_stdio,
)
from onelayer.envs.sandbox.session import Run
from onelayer.envs.sandbox.shown import readable
from onelayer.envs.sandbox.stateless import are_known, are_stateless
from onelayer.envs.sandbox.verdict import STATUSES, CaseResult, Verdict
from onelayer.envs.sandbox.watch import watch

JUDGE_EXTRA_CPU_S = 2.0
JUDGE_EXTRA_MEMORY_MB = 256


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
        runs, cases = check_stdio(server, code, given, limits)
    elif kind == "io_call":
        runs, cases = check_calls(server, code, given, limits)
    else:
        asserts = plain_asserts.read(given)
        decided = asserts and check_plain(server, code, asserts, limits)
        runs, cases = decided or _check_judged(server, kept, code, given, limits)
    bad = next((case for case in cases if case.status != "passed"), None)
    return Verdict(
        status=bad.status if bad else "passed",
        level=level,
        cpu_s=sum(run.cpu_s for run in runs),
        wall_s=time.monotonic() - started,
        peak_memory_mb=max(run.peak_mb for run in runs),
        stderr=written(runs[-1].stderr),
        cases=tuple(cases),
        detail=bad.detail if bad else "",
    )


def _check_judged(
    server: GetServer, kept: KeptJudges, code: str, given: Mapping[str, Any], limits: Limits
) -> Outcome:
    """Run the program and the tests that question it, each in a sandbox of its own."""
    plan = test_kinds.plan(given)
    results: list[CaseResult] = []
    ends: list[str] = []  # the judge's last message: empty, or why it could not go on
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


def judge_limits(limits: Limits) -> Limits:
    """Return the limits of the judge of a program that has these limits."""
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
    """Return the status and the reason why the tests did not finish."""
    if program.ended_by not in (None, "finished") or program.exit_code not in (0, -9):
        return why(program)
    if judge.ended_by == "timeout":
        return "timeout", f"the tests took more than {judge.limits.cpu_s:g} s of the processor"
    if ends:
        return "error", readable(ends[0])
    if judge.exit_code == EXIT_MEMORY:
        return "memory", "the tests ran out of memory"
    # The judge has exchanged messages with the program, which may have caused this.
    return "killed", f"the process of the tests ended with status {judge.exit_code}"
