r"""Whether an answer was worked out, or is the question said again.

The grader compares values, and the value of ``2 * 3`` is 6: rightly, where an answer may be an expression.
But as an answer to "Calculate 2 * 3." it repeats the question, and a policy finds that out in a few updates.
"""

import re
from dataclasses import replace

from onelayer.envs.math import Grade

_PLAIN_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_INLINE_MATHEMATICS = re.compile(r"\\[()\[\]]|\$")
_OPERATION = re.compile(
    r"""
    [\d)}\]] \s* (?: [-+*/^\u00d7\u00f7\u00b7\u2212\u2044] | \\(?:times|cdot|div)(?![a-z]) ) \s*
        [\d({\\+\-\u2212\u221a]
    | [\d)}] \s* \( (?=[-+\d(])                      # 2(3), (2)(3)
    | \d \s* [!%]? \s* \bmod\b | \d!
    | \\ [dt]? frac | \\sqrt | \u221a | \\binom | \\[a-z]+ \s* [({]
    | [a-z] \s* \( \s* [-+\d]            # gcd(4, 6)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TEXT = re.compile(r"\\(?:text|boxed|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")


def worked_out(answer: str) -> bool:
    """Return whether the answer, or a side of an equation in it, is a number and no operation on numbers."""
    bare = _INLINE_MATHEMATICS.sub("", answer)
    while (unwrapped := _TEXT.sub(r"\1", bare)) != bare:
        bare = unwrapped
    sides = [side for side in bare.split("=") if re.search(r"\d", side)] or [bare]
    return any(_OPERATION.search(side) is None for side in sides)


def only_worked_out(grade: Grade, gold: str) -> Grade:
    """Return the grade; of a plain number an answer that still has to be calculated is wrong."""
    if not grade.correct or grade.extracted is None or not _PLAIN_NUMBER.fullmatch(gold.strip()):
        return grade
    return (
        grade
        if worked_out(grade.extracted)
        else replace(grade, correct=False, reason="not worked out")
    )
