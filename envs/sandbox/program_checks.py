"""Checks that need the program alone: what it prints or returns is compared here, in the trainer."""

import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onelayer.envs.sandbox import codec, comparison, plain_asserts, test_kinds
from onelayer.envs.sandbox.ending import why
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.plain_asserts import PlainAssert
from onelayer.envs.sandbox.pool import ForkServer
from onelayer.envs.sandbox.session import Run
from onelayer.envs.sandbox.shown import readable, shorten, show
from onelayer.envs.sandbox.verdict import CaseResult
from onelayer.envs.sandbox.watch import watch

GetServer = Callable[[str], ForkServer]
"""program text -> a fork server that has preloaded what it imports"""
Outcome = tuple[list[Run], list[CaseResult]]
"""the runs of a check, and the result of each case up to the first that failed"""

_GONE = ("error", "the program ended while the tests needed it")


def check_stdio(server: GetServer, code: str, given: Mapping[str, Any], limits: Limits) -> Outcome:
    """Run the program once for each input, each time in a fresh process; stop at the first that fails."""
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


def check_calls(server: GetServer, code: str, given: Mapping[str, Any], limits: Limits) -> Outcome:
    """Call a function with all inputs in one process, and compare what it returns."""
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
    """Return text that a program sent, or an empty string for anything else."""
    return readable(given, 500) if isinstance(given, str) else "something that is no text"


def check_plain(
    server: GetServer, code: str, asserts: Sequence[PlainAssert], limits: Limits
) -> Outcome | None:
    """Make the calls of all asserts in one process; return None where only the judge can decide one."""
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
