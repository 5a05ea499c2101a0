"""Splitting a text at commas, semicolons, ``and`` and ``or`` outside all brackets."""

import re

_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1, r"\begin": 1, r"\end": -1}
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])")
_JOINT = re.compile(
    r"\\text\s*\{\s*,?\s*(?:and|or)\s*\}|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])|(?<=\d)or(?=[A-Za-z])"
)


def split_list(text: str, groups: bool = True) -> list[str]:
    """Split at top-level commas, semicolons, ``and`` and ``or``; a grouped number stays whole.

    With both semicolons and commas, the pieces are those between semicolons.
    """
    if groups and re.fullmatch(r"[+-]?\s*(?:\\\$)?\s*" + _GROUPED.pattern + r".*", text):
        text = _GROUPED.sub(lambda m: m[0].replace(",", "\x00"), text)
    pieces = split_top(text, ";")
    pieces = pieces if len(pieces) > 1 else split_top(text, ",")
    joined = [part for piece in pieces for part in _split_joints(piece)]
    parts = [part.replace("\x00", ",").strip() for part in joined]
    return (
        [part for part in parts if part]
        if len(parts) > 1 and any(parts)
        else [text.replace("\x00", ",")]
    )


def split_top(text: str, separator: str) -> list[str]:
    """Split ``text`` at a character, outside all brackets and environments."""
    pieces, depth, start = [], 0, 0
    for match in re.finditer(r"\\(?:begin|end)(?![a-z])|[()\[\]{}]|" + re.escape(separator), text):
        if match[0] == separator:
            if depth == 0:
                pieces.append(text[start : match.start()])
                start = match.end()
        else:
            depth += _DEPTH[match[0]]
    return [*pieces, text[start:]]


def _split_joints(text: str) -> list[str]:
    """Split at ``and`` and ``or`` between things that are not prose."""
    if r"\begin" in text:
        return [text]
    text = re.sub(r"\\text\s*\{([^{}]*?\w\s)(and|or)\s*\}", r"\\text{\1} \2 ", text)
    parts = [p.strip() for p in _JOINT.split(text)]
    if len(parts) == 1 or text.count("(") != text.count(")"):
        return [text]
    if any(
        part.count("(") + part.count("{") != part.count(")") + part.count("}") for part in parts
    ):
        return [text]
    return parts


def depth_of(text: str) -> int:
    """Return how deep its brackets are nested."""
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def depth_at(text: str, at: int) -> int:
    """Return how many brackets and environments are open at a place of ``text``."""
    return sum(_DEPTH[m[0]] for m in re.finditer(r"\\(?:begin|end)(?![a-z])|[()\[\]{}]", text[:at]))
