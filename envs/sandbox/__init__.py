"""Running untrusted programs, and judging them in a process that they cannot influence.

with Sandbox() as sandbox:
    verdict = sandbox.check("def add(a, b): return a + b",
                            {"kind": "asserts", "asserts": ["assert add(2, 3) == 5"]})
"""

from onelayer.envs.sandbox.api import Sandbox
from onelayer.envs.sandbox.limits import Limits
from onelayer.envs.sandbox.test_kinds import JUDGED, validate_tests
from onelayer.envs.sandbox.verdict import STATUSES, Canary, CaseResult, Verdict

__all__ = [
    "JUDGED",
    "STATUSES",
    "Canary",
    "CaseResult",
    "Limits",
    "Sandbox",
    "Verdict",
    "validate_tests",
]
