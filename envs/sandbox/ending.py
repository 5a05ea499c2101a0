"""Why a run ended before it was done, as a status and a sentence."""

import signal

from onelayer.envs.sandbox.execution import EXIT_MEMORY
from onelayer.envs.sandbox.session import Run

STDERR_CHARACTERS = 4000
"""how much of a program's standard error is shown"""


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
    last = written(run.stderr).strip().splitlines()
    return "error", last[-1][:500] if last else f"the program exited with status {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def written(output: bytes | bytearray) -> str:
    """Return what a program wrote as text, cut where it is long."""
    text = bytes(output).decode("utf-8", "replace")
    return text if len(text) <= STDERR_CHARACTERS else text[:STDERR_CHARACTERS] + "\n[...]"
