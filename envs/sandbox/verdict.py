"""What a check says about a program."""

from dataclasses import dataclass

STATUSES = (
    "passed",
    "failed",
    "error",
    "timeout",
    "memory",
    "killed",
    "output_limit",
    "sandbox_error",
)
"""``sandbox_error`` is a failure of the sandbox, so the episode is dropped; all others concern the program"""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The outcome of one assert, or of one input."""

    index: int
    status: str
    """one of ``STATUSES``"""
    detail: str = ""
    """what was expected and what came, truncated; empty where the case passed"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of all tests of one program."""

    status: str
    """one of ``STATUSES``: ``passed``, or that of the first case that did not pass"""
    level: str
    """the isolation that was in force"""
    cpu_s: float = 0.0
    """processor time of the program, without that of the tests"""
    wall_s: float = 0.0
    """from the request to the end of the last process"""
    peak_memory_mb: float = 0.0
    """largest resident memory, including the interpreter and its preloaded modules"""
    stderr: str = ""
    """what the program wrote to standard error, truncated"""
    cases: tuple[CaseResult, ...] = ()
    """results in order; incomplete if the run ended early"""
    detail: str = ""
    """one sentence on why the program did not pass"""

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return self.status == "passed"

    @property
    def forgeable(self) -> bool:
        """Whether the program could have forged it: at ``unsafe`` it can read the trainer's memory."""
        return self.level == "unsafe"


@dataclass(frozen=True, slots=True)
class Canary:
    """One probe of the start-up self-test: a thing that a confined program must not be able to do."""

    name: str
    held: bool
    """the sandbox stopped it"""
    detail: str
    """what was tried and what came of it"""
