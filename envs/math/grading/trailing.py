"""What stands around a box in a response: signs, scales and units belong to it; a factor makes it a part."""

# ruff: noqa: RUF001  (an apostrophe and a minus sign may be typographic)

import re

from onelayer.envs.math.grading.tokens import FUNCTIONS
from onelayer.envs.math.grading.units import is_known

SCALE = r"\s*(?:hundred|thousand|million|billion|trillion)\b"
AROUND = 200
"""characters before and behind a box that are looked at"""
_UNIT = re.compile(
    r"(?:\s|\$|\\\)|\\?,|~)*+(?:\\text\s*\{\s*)?"
    r"((?:(?:square|cubic)\s+)?([A-Za-z]+)(?:\s*\^\s*\{?\d\}?|[²³])?(?:\s*(?:/|\bper\b)\s*[A-Za-z]+)?)"
)
_OPENED = re.compile(
    r"(?<!\\)\$|\\[()\[\]]|\\(?:begin|end)\{(?:align|equation|gather|aligned)\*?\}"
)
_LABEL = re.compile(r"\\(?:text|mbox|textbf|mathrm|mathbf)\s*\{[^{}]*\}\s*$")
_STARTS = re.compile(
    r"(?:^|[=<>:,;&$≈]|\\[\[(,;:! ]|\\\\|\\(?:\w*eq\w*|approx|to|in|implies|therefore|q?quad|displaystyle"
    r"|begin\{\w{1,20}\*?\}|left|(?:Long)?(?:[rR]ight|[lL]eftright)arrow|underline\{|colorbox\{\w+\}\{))\s*$"
)
_ENDS = re.compile(
    r"\s*(?:$|[=<>:,;.&$%}\]≈°?]|\\[\]),;:! %$]|\\\\|\\(?:\w*eq\w*|approx|to|q?quad|text|mbox|mathrm|right"
    r"|implies|Rightarrow|degree|circ|end|tag|hfill|pmod|mod|bmod)|\^\s*\{?\s*\\circ|\\?\$)"
)
_FUNCTION = rf"\\(?:{'|'.join(sorted(FUNCTIONS))}|int|sum|prod|lim)(?![A-Za-z])"
_OPERATION = r"\\(?:cdot|times|div|ast|[dt]?frac|[dt]?binom|sqrt)(?![A-Za-z])"
_OPERAND = r"(?:[\d)}]|(?<![A-Za-z\\'’])[A-Za-z])"
_DASHED = r"(?:[\d)}]|(?<![A-Za-z\\'’])[b-zB-HJ-Z])"
"""an operand before a minus sign; not the word "a" or "I", after which it may be a dash"""
_PART_BEFORE = re.compile(
    rf"(?:\d|[/^_×·÷]\s*|{_OPERAND}(?: \* |\*| ?\+ ?)|{_DASHED} ?(?:[-−±]|\\pm|\\mp) ?"
    rf"|{_OPERATION}[\s{{]*|\\[dt]?(?:frac|binom) ?\{{[^{{}}]*\}} ?\{{|\\sqrt ?\[(?:[^\[\]]*\] ?\{{)?"
    rf"|[\^_] ?\{{|{_FUNCTION}(?:\s*_\s*(?:\w|\{{[^{{}}]*\}}))?\s*(?:\\left)?[\s({{]*"
    r"|(?<![A-Za-z\\])[A-Za-z](?:\\left)?\()$"
)
"""text that makes the box after it a part of a larger expression, in a formula and in prose"""
_PART_BEHIND = re.compile(
    rf" ?(?:[+_×·÷±]|/ ?(?:[\d\\(]|[A-Za-z](?![A-Za-z]))|\^(?! ?\{{? ?\\circ)|{_OPERATION}|{_FUNCTION}"
    r"|\\(?:pi|pm|mp)(?![A-Za-z])"
    r"|\*{1,2} ?[\w\\({]|[-−] ?(?:\d|\(|[b-zA-HJ-Z](?![\w'’])|\\(?!text|mbox|q?quad)[a-z]))"
    r"|\((?=[^()]*[-+*/^][^()]*\))|[abcdefijknopqruvwxyz](?![A-Za-z'’])"
)
_EMPHASIS = re.compile(r"(?<![*_])[*_]{1,3}$")
_SIGN = re.compile(r"(?:(?P<minus>[-−])|(?P<both>±|\\pm ?)|\+)$")
_DENIED = re.compile(
    r"(?:\b(?:not|never|cannot|except|isn['’]t|neither)(?: be| equal(?: to)?)?[\s$*]*+"
    r"|(?:\\neq?(?![A-Za-z])|\\not ?=|≠|!=)\s*+)$",
    re.IGNORECASE,
)
REFUTED = re.compile(
    r"[\s$)*]*(?:\bis (?:not|wrong|incorrect|extraneous|false|invalid|impossible|rejected)|isn['’]t)\b"
)
"""text that denies the answer before it"""


def unit_behind(text: str) -> str:
    """Return the unit that ``text`` begins with, with a space before it, else an empty string."""
    match = _UNIT.match(text[:80])
    if match is None or not is_known(match[2], spaced=True):
        words = (match[1].split() if match else [])[1:]
        if match is None or not words or not is_known(words[0], spaced=True):
            return ""
    if match[1] == "in" and re.match(r"\s+\w", text[match.end() :]):
        return ""  # 12 in total
    return " " + match[1]


def whole_box(before: str, content: str, behind: str) -> str | None:
    r"""Return the content of a box with its sign and scale, None where the box is only a part, or denied.

    ``-\\boxed{17}`` is -17; ``2\\boxed{17}``, ``\\boxed{17}\\pi`` and ``x+\\boxed{17}`` are more than what
    is in the box, and so is ``\\sin \\boxed{17}``. In a formula only a relation, a comma or a label may stand
    beside it; in prose no operation may.

    Args:
        before: the ``AROUND`` characters before the box.
        content: what is in it.
        behind: as many characters behind it.
    """
    before = before.rstrip("\\")  # left over from a box whose backslash was doubled
    emphasis = _EMPHASIS.search(before)
    if emphasis and behind.startswith(emphasis[0]):
        before, behind = before[: emphasis.start()], behind[len(emphasis[0]) :]
    if _DENIED.search(before[-30:]) or REFUTED.match(behind[:40]):
        return None
    if _PART_BEFORE.search(before) or _PART_BEHIND.match(behind):
        return None
    sign = _SIGN.search(before)
    if _in_formula(before):
        start = _LABEL.sub("", before[: sign.start()].rstrip() if sign else before)
        if not (_STARTS.search(start) or start != before) or not _ENDS.match(behind):
            return None
    scale = re.match(rf"(?:\s|\$|\\text\s*\{{)*({SCALE})", behind[:40])
    if sign and content and (sign["minus"] or sign["both"]):
        content = f"-({content})" if sign["minus"] else rf"\pm {content}"
    return content + " " + scale[1].strip() if scale else content


def _in_formula(before: str) -> bool:
    """Whether ``before`` ends inside mathematics that it opens."""
    if "$" not in before and "\\" not in before:
        return False
    marks = [match[0] for match in _OPENED.finditer(before)]
    if marks.count("$") % 2:
        return True
    others = [mark for mark in marks if mark != "$"]
    return bool(others) and (others[-1] in ("\\(", "\\[") or others[-1].startswith("\\begin"))
