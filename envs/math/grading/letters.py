"""The letter of a multiple choice in a response.

Every capital from A to J that stands alone is a candidate, and is judged by the few characters around it, so
that the time is linear in the length of any text.
"""

# ruff: noqa: RUF001  (responses in Chinese are announced with full-width colons)

import re
from collections.abc import Callable
from dataclasses import dataclass

_CANDIDATE = re.compile(r"(?<![A-Za-z0-9_'’\\])[(*]{0,4}+([A-J])[)*]{0,4}+(?![A-Za-z0-9_'])")
_BEFORE, _BEHIND = 60, 40
"""characters around a candidate that are looked at"""
_ANNOUNCED = re.compile(
    r"(?:\b(?:answer|option|choice)\b|答案[是为]?)[\s*_]*+(?:is|would be|must be)?[\s*_]*+[:：]?[\s*_(]*+$",
    re.IGNORECASE,
)
_PICKED = re.compile(
    r"\b(?:finalize|choose|pick|select|go with|leaving|leaves)\s++(?:option\s++)?[\s*_(]*+$",
    re.IGNORECASE,
)
_LINE_ENDS = re.compile(r"[.。:：)](?!\s*+[A-J][.)])|\s*+(?:\n|$)|[^\x00-\x7f]")
_CALLED = re.compile(r"[\s*]*+is (?:correct|right|the answer)")
_SAID = re.compile(r"\b(?:is|it's|it’s|so|be)\s++[\s*(]*+$")
_TEXT_ENDS = re.compile(r"[.!]?\s*+$")
_MORE = re.compile(
    r"[\s*]*+(?:,?\s*+\b(?:and|or)\b|[/&]|,(?=\s*+\(?[A-J]\)?\s*+(?:[,.]|(?:and|or)\b|$)))"
    r"[\s*]*+(?:option\s++)?\(?([A-J])\)?(?![\w'])"
)
_EARLIER = re.compile(r"([A-J])\)?[\s*]*+(?:,|/|&|\band\b|\bor\b)[\s*]*+(?:option\s++)?[(*]*+$")
_DENIED_BEFORE = re.compile(
    r"\b(?:eliminat\w*|rul\w+ out|exclud\w+|discard\w*|reject\w*|not|cannot|except|than|without|\w+n['’]t)"
    r"(?:\s++be)?\s++(?:option\s++)?[(*]*+$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[)*\s]*+\b(?:is|are|cannot|can't|isn't|was)\b\s*+"
    r"(?:wrong|incorrect|not\b|false|impossible|out\b|eliminated|be\b)"
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A letter with its brackets and stars, and what stands around them."""

    letter: str
    marked: str
    before: str
    behind: str
    end: int

    def is_alone(self) -> bool:
        """Return whether it begins a line and is all of the line, or is set off from the rest of it."""
        line = self.before.rpartition("\n")[2]
        closed = self.marked.rstrip("*").endswith(")")
        return not line.strip() and (closed or _LINE_ENDS.match(self.behind) is not None)

    def is_marked(self) -> bool:
        """Return whether it is in parentheses or bold: ``(B)``, ``**B**``, ``**B.**``."""
        bold = self.marked.startswith("**") and (
            self.marked.endswith("**") or re.match(r"[.)]\*\*", self.behind)
        )
        return bool(bold) or ("(" in self.marked and ")" in self.marked)


_EVIDENCE: tuple[Callable[[_Candidate], object], ...] = (
    lambda one: _ANNOUNCED.search(one.before),
    lambda one: _PICKED.search(one.before),
    _Candidate.is_alone,
    _Candidate.is_marked,
    lambda one: _CALLED.match(one.behind),
    lambda one: _SAID.search(one.before) and _TEXT_ENDS.match(one.behind),
)
"""announced, picked, alone on its line, in parentheses or bold, called correct, last: strongest first"""


def chosen_letter(text: str) -> str | None:
    """Return the letter chosen, ``A, B`` where several are, None where none is."""
    candidates = [_around(text, match) for match in _CANDIDATE.finditer(text)][::-1]
    candidates = [one for one in candidates if not _is_denied(one)]
    for holds in _EVIDENCE:
        for one in candidates:
            if holds(one):
                return ", ".join(dict.fromkeys(_with_others(text, one)))
    return None


def _around(text: str, match: re.Match[str]) -> _Candidate:
    begin, end = match.span()
    # A last candidate may end the text: "$" must not match before the characters that were cut off.
    behind = text[end : end + _BEHIND] + ("\0" if len(text) > end + _BEHIND else "")
    return _Candidate(match[1], match[0], text[max(0, begin - _BEFORE) : begin], behind, end)


def _is_denied(one: _Candidate) -> bool:
    return bool(_DENIED_BEFORE.search(one.before) or _DENIED_BEHIND.match(one.behind))


def _with_others(text: str, one: _Candidate) -> list[str]:
    """The letter and those that are joined to it by ``and``, ``or`` or a comma."""
    letters = [one.letter]
    if earlier := _EARLIER.search(one.before):
        letters.insert(0, earlier[1])
    at = one.end
    while more := _MORE.match(text, at):
        letters.append(more[1])
        at = more.end()
    return letters
