"""The letter of a multiple choice in a response."""

# ruff: noqa: RUF001  (responses in Chinese are announced with full-width colons)

import re

_LETTER = r"(?:\*\*|\()*\(?([A-J])\)?(?:\*\*|\))*"
_STATED = (
    rf"\b(?i:answer|option|choice)\b\s*[*_]*\s*(?:is|would be|must be)?\s*[:：]?"
    rf"\s*[*_]*\s*{_LETTER}(?![\w'])",
    rf"\b(?:finalize|choose|pick|select|go with)\s+(?:option\s+)?{_LETTER}(?![\w'])",
    rf"^\s*{_LETTER}(?:[.。:：)]|\s*$|(?=[^\x00-\x7f]))",
    rf"\({_LETTER}\)|\*\*{_LETTER}[.)]?\*\*",
    rf"{_LETTER} is (?:correct|right|the answer)",
    rf"\b(?:is|it's|it’s|so|be)\s+{_LETTER}[.!]?\s*\Z",
)
"""announced, picked, alone on its line, in parentheses or bold, called correct: in this order"""
_MORE = re.compile(
    r"[\s*]*(?:(?:,\s*)?\b(?:and|or)\b|[/&]|,(?=\s*\(?[A-J]\)?\s*(?:[,.]|\s(?:and|or)\b|$)))"
    r"[\s*]*(?:option\s+)?\(?([A-J])\)?(?![\w'])"
)
_BEFORE = re.compile(r"([A-J])\)?[\s*]*(?:,|/|&|\band\b|\bor\b)[\s*]*(?:option\s+)?[(*]*$")
_DENIED_BEFORE = re.compile(
    r"\b(?:eliminat\w*|rul\w+ out|exclud\w+|discard\w*|reject\w*|not|cannot|except|than|without|\w+n['’]t)"
    r"(?:\s+be)?\s+(?:option\s+)?[(*]*$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[)*\s]*\b(?:is|are|cannot|can't|isn't|was)\b\s*(?:wrong|incorrect|not\b|false|impossible|out\b|eliminated|be\b)"
)


def chosen_letter(text: str) -> str | None:
    """Return the letter chosen, ``A, B`` where several are, None where none is."""
    for pattern in _STATED:
        for match in reversed(list(re.finditer(pattern, text, re.MULTILINE))):
            begin = next(match.start(i) for i, group in enumerate(match.groups(), 1) if group)
            before, behind = text[max(0, begin - 60) : begin], text[match.end() :]
            if _DENIED_BEFORE.search(before) or _DENIED_BEHIND.match(behind[:40]):
                continue
            letters = [next(group for group in match.groups() if group)]
            if earlier := _BEFORE.search(before):
                letters.insert(0, earlier[1])
            at = match.end()
            while more := _MORE.match(text, at):
                letters.append(more[1])
                at = more.end()
            return ", ".join(dict.fromkeys(letters))
    return None
