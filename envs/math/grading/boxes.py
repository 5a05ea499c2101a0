r"""The boxes of a response: where a ``\boxed{}`` begins and ends, and which of them are one list."""

import re

from onelayer.envs.math.grading.trailing import AROUND, whole_box

LONGEST = 4_000
"""characters of what is in a box"""
BOX = re.compile(r"\\(?:boxed|fbox|framebox|box) ?\{|\x08oxed ?\{")
LETTERS = re.compile(
    r"\s*+(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?[\s(*]*+(?:[A-Ja-j](?![A-Za-z])|[A-J]{2,10}+(?!\w))"
)
_MENTIONED = re.compile(r"\b(?:in|with|inside|using|of)(?: an?| the)?[\s$]*+$")
_JOIN = re.compile(
    r"[\s$.]*(?:[\w()]+ ){0,5}?[\s$]*(?:,\s*(?:and|or)|,|;|and|or)[\s$]*"
    r"(?:[A-Za-z]\w*(?:_\{?\w\}?)?\s*=)?[\s$]*"
)


def boxes_of(text: str) -> list[tuple[int, int, str]]:
    r"""Return start, end and content of the closed boxes that are not inside another; the last 50.

    A box that is never closed has no content, and discards the boxes before it. "Put it in \boxed{}" only
    mentions a box.
    """
    starts = [m.span() for m in BOX.finditer(text)][-50:]
    boxes: list[tuple[int, int, str]] = []
    for start, begin in starts:
        if boxes and start < boxes[-1][1]:
            continue
        if (
            _MENTIONED.search(text[max(0, start - AROUND) : start])
            and text[begin : begin + 1] == "}"
        ):
            continue
        end = _box_end(text, begin)
        if end < 0:
            boxes.clear()
            continue
        boxes.append((start, end + 1, text[begin:end]))
    return boxes


def _box_end(text: str, inside: int) -> int:
    depth = 1
    for i in range(inside, min(len(text), inside + LONGEST)):
        if text[i] == "{" or text[i] == "}":
            depth += 1 if text[i] == "{" else -1
            if depth == 0:
                return i
    return -1


def joined_boxes(text: str, boxes: list[tuple[int, int, str]], join: bool) -> str | None:
    """Return what the last box holds, with the boxes before it that are joined to it by a comma or a word."""
    kept = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        between = text[box[1] : kept[0][0]]
        if not join or len(between) > 120:
            break
        between = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r"\1", between)
        between = re.sub(r"\\(?:quad|qquad|[()\[\],;! ])", " ", between)
        if not join or len(between) > 60 or not _JOIN.fullmatch(between):
            break
        kept.insert(0, box)
    contents = list(dict.fromkeys(content.strip() for _, _, content in kept))
    if len(kept) == 1:
        start, end, _ = kept[0]
        before, behind = text[max(0, start - AROUND) : start], text[end : end + AROUND]
        return whole_box(before, contents[0], behind) or None
    return ", ".join(contents).strip() or None
