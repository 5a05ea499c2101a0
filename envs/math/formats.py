r"""How a reply says which of its numbers is the answer: ``\boxed{42}``, ``#### 42``, and so on.

A format is what the instructions ask for; ``extract`` finds an answer that is written that way, and no
other. Whether the answer is right is the grader's business.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from onelayer.settings import did_you_mean

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?:/\d+)?%?")
_PHRASE = re.compile(r"\banswer\s+is\b\s*:?", re.IGNORECASE)
_BRACE = re.compile(r"\\(?:boxed|fbox)\s*\{|\\.|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """One way to mark the answer."""

    name: str
    asked: str
    """the sentence of the instructions"""
    extract: Callable[[str], str | None]
    """the last answer in a reply that is marked this way, None where there is none"""
    write: Callable[[str], str]
    """a reply that gives an answer"""


def answer_format(name: str) -> AnswerFormat:
    """Return a format by its name.

    Raises:
        ValueError: there is no such format.
    """
    if name not in FORMATS:
        raise ValueError(f"unknown answer_format {name!r}{did_you_mean(str(name), FORMATS)}")
    return FORMATS[name]


def last_boxed(text: str) -> str | None:
    r"""Return what the last ``\boxed{...}`` holds; a box that is never closed does not count."""
    opened: list[tuple[int, bool]] = []
    last = (-1, -1)
    for match in _BRACE.finditer(text):
        if match[0].endswith("{") and match[0] != r"\{":
            opened.append((match.end(), len(match[0]) > 1))
        elif match[0] == "}" and opened:
            start, is_box = opened.pop()
            if is_box and start > last[0]:
                last = (start, match.start())
    return text[last[0] : last[1]].strip() or None if last[0] >= 0 else None


def after_hashes(text: str) -> str | None:
    """Return the rest of the line after the last ``####``."""
    _, marks, answer = text.rpartition("####")
    return (answer.strip().split("\n")[0].strip() or None) if marks else None


def _phrased(text: str) -> str | None:
    found = [match.end() for match in _PHRASE.finditer(text)]
    if not found:
        return None
    # The sentence ends at a full stop that no digit follows: 3.5 goes on.
    answer = re.split(r"\.(?!\d)|\n", text[found[-1] :].strip())[0].strip().strip("*").strip()
    return answer or None


def _last_number(text: str) -> str | None:
    found = [match for match in _NUMBER.findall(text) if any(c.isdigit() for c in match)]
    return found[-1] if found else None


FORMATS = {
    made.name: made
    for made in (
        AnswerFormat(
            "boxed",
            "Put the final answer in \\boxed{}.",
            last_boxed,
            "\\boxed{{{}}}".format,
        ),
        AnswerFormat(
            "hash",
            "End with a line that holds #### and the final answer.",
            after_hashes,
            "#### {}".format,
        ),
        AnswerFormat(
            "phrase",
            "End with the sentence: The answer is ...",
            _phrased,
            "The answer is {}".format,
        ),
        AnswerFormat("number", "End with the answer, a number.", _last_number, str),
    )
}
"""by name; ``number`` is for problems whose answers are numbers"""
