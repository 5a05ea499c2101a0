"""What stands around an answer found in a response and belongs to it: a unit behind, a sign before a box."""

import re

from onelayer.envs.math.grading.units import is_known

SCALE = r"\s*(?:hundred|thousand|million|billion|trillion)\b"
_UNIT = re.compile(
    r"(?:\s|\$|\\\)|\\?,|~)*(?:\\text\s*\{\s*)?"
    r"((?:(?:square|cubic)\s+)?([A-Za-z]+)(?:\s*\^\s*\{?\d\}?|[²³])?(?:\s*(?:/|\bper\b)\s*[A-Za-z]+)?)"
)
_FACTOR_BEFORE = re.compile(r"(?:\d|\\(?:[dt]?frac|sqrt)\s*\{)$")
_FACTOR_BEHIND = re.compile(r"\s*(?:\\pi(?![A-Za-z])|\^(?!\s*\{?\s*\\circ))|[xyznkr](?![A-Za-z'])")


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
    r"""Return the content of a box with a sign or scale around it, None where it is but a part.

    ``-\\boxed{17}`` is -17; ``2\\boxed{17}`` and ``\\boxed{17}\\pi`` are more than what is in the box.
    """
    if _FACTOR_BEFORE.search(before) or _FACTOR_BEHIND.match(behind):
        return None
    scale = re.match(rf"(?:\s|\$|\\text\s*\{{)*({SCALE})", behind[:40])
    sign = f"-({content})" if before.endswith(("-", "\N{MINUS SIGN}")) and content else content
    return sign + " " + scale[1].strip() if scale else sign
