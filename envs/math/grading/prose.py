"""Mathematics in prose: what stands between delimiters, and runs of plain mathematics."""

# ruff: noqa: RUF001  (signs that look alike are looked for)

import re
from collections.abc import Iterator

MATH = re.compile(
    r"\$\$(.+?)\$\$|(?<!\\)\$((?:[^$\\]|\\.)+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL
)
RUN = re.compile(
    r"(?:\\(?:text|mbox|mathrm)\s*\{[^{}]*\}"
    r"|[-+−–±\d.,/*^()\[\]=<>≤≥≠≈|_:!√∛π×·÷²³½¼¾° ]|\\[a-zA-Z]+|[{}]|(?<![A-Za-z'’])[A-Za-z](?![A-Za-z'])"
    r"|(?:sqrt|sin|cos|tan|log|ln|pi)(?![A-Za-z])|(?<= )(?:and|or|mod)(?= ))+"
)


def formulas(text: str) -> Iterator[str]:
    """Yield what stands between delimiters of mathematics, then the plain runs that hold a digit."""
    for match in MATH.finditer(text):
        yield inside(match)
    for match in RUN.finditer(MATH.sub(" ; ", text)):
        if plain := trimmed(match[0]):
            yield plain


def inside(match: re.Match[str]) -> str:
    """Return what stands between the delimiters of a match of ``MATH``."""
    return next(group for group in match.groups() if group is not None).strip()


def trimmed(run: str) -> str | None:
    """Return a run without the punctuation and lone words at its ends; None where it holds no digit."""
    run = re.sub(r"(?<![\w)])\*\*|\*\*(?![\w(-])", "", run)  # bold, no power
    run = re.sub(r"^(?:[\s,:;=*]|\.(?!\d))+", "", run).rstrip(" ,.:;=*(\n")
    run = re.sub(r"^(?:[A-Za-z]|and|or)\s+(?![-=+*/^(<>])", "", run)
    run = re.sub(r"(?<![-=+*/^(])\s+(?:[A-Za-z]|and|or|mod)$", "", run).strip(" ,:;=\n")
    return run if re.search(r"\d", run) else None
