"""What an answer is: a number, an interval, a list, a relation, a choice, a text.

``read`` never fails: what it does not understand is a ``Text``. Attempts are made in the order of the table
in ``_item``: specific notations before general ones.
"""

import re
from collections.abc import Callable

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading import words
from onelayer.envs.math.grading.arithmetic import rational_value
from onelayer.envs.math.grading.intervals import REAL_LINE, joined, without
from onelayer.envs.math.grading.measures import (
    based,
    degrees,
    measure,
    money,
    percent,
    quantity,
    time,
    wordy,
)
from onelayer.envs.math.grading.notation import PLAIN_NUMBER, closing, unwrap
from onelayer.envs.math.grading.scalars import expression, number, numeral, scalar
from onelayer.envs.math.grading.splitting import depth_at, depth_of, split_list, split_top
from onelayer.envs.math.grading.tree import Node

MAX_ITEMS = 200
MAX_NESTING = 60
"""deeper brackets make the answer a text: nobody writes them, and reading them takes quadratic time"""
_RELATIONS = re.compile(r"\\(?:leq|geq|neq|approx|equiv|in|sim|cong)(?![A-Za-z])|[=<>]")
_SYMBOLS = {
    r"\leq": "≤",
    r"\geq": "≥",
    r"\neq": "≠",
    r"\approx": "≈",
    r"\equiv": "≡",
    r"\in": "∈",
    r"\sim": "≈",
}
_NAME = re.compile(
    r"\|?\s*(?:\\?[A-Za-z]+'*(?:\s*\^\s*\{\s*-\s*1\s*\})?(?=\s*\()|\\?[A-Za-z]+'*|\\(?:angle|triangle)\s*[A-Za-z]+)(?:\s*_\s*(?:\{[^{}]*\}|\w))?\s*\|?'*(?:\s*\([^()=]{1,20}\))?\s*"
    r"|[PE]\s*\([^()]{1,40}\)\s*"
    r"|\\(?:text|mathrm|overline|mathbf|vec|hat|bar)\s*\{[^{}]*\}\s*(?:\([^()=]{1,20}\))?\s*"
    r"|[^\W\d_](?:[^\W\d_]| ){2,40}|\\frac\s*\{d[A-Za-z]?\}\s*\{d[A-Za-z]\}"
)
_INTEGER = re.compile(
    r"[\s,;]*+\(?(?:\\text\s*\{)?\s*(?:for|where)\s+(?:all |any |some |an )?integers?\s*\}?\s*([a-z])\)?$"
    r"|[\s,;]*+\(?\s*\(?([a-z])\s*\\in\s*(?:\\mathbb\s*\{?\s*Z\s*\}?)\)?$"
)
_SYSTEM = re.compile(
    r"(?:\\begin\{d?cases\}|\\?\{\s*\\begin\{array\}(?:\{[^{}]*\})?|\\?\{\s*\\begin\{(?:aligned|matrix|gathered)\})"
    r"(.*)\\end\{(?:d?cases|array|aligned|matrix|gathered)\}"
)
_CONDITION = re.compile(r"^(?:\\text\s*\{\s*)?(?:if|when|for|where)?(?:\s*\})?\s*", re.IGNORECASE)
_CHOICE = re.compile(
    r"\\(?:text|mathrm|mathbf)\s*\{\s*(?P<font>\(?[A-Z]\)?)[.:]?\s*\}\s*(?P<r1>.*)"
    r"|\((?P<paren>[A-Z])\)\s*(?P<r2>.*)|(?P<bare>[A-Z])(?:\s*[.):]\s*(?P<r3>.*)|\s+(?P<r4>[A-Z][a-z]{2,}.*))?"
)


def read(text: str) -> a.Answer:
    """Return what ``text``, in clean notation, is."""
    if PLAIN_NUMBER.fullmatch(text):
        return numeral(text) or a.Text(text)
    if not text:
        return a.Text("")
    if len(text) > 4000 or depth_of(text) > MAX_NESTING:
        return a.Text(text)
    if integer := _INTEGER.search(text):
        text = _with_integer(text[: integer.start()], integer[1] or integer[2])
    text = re.sub(r"^(?:\\approx|about|approximately|roughly)\s*", "", text)
    whole = words.date_of(text) or words.number_in_words(text) is not None
    pieces = [text] if whole else split_list(text)
    if len(pieces) == 1 or len(pieces) > MAX_ITEMS:
        return _item(text)
    # a piece between semicolons may hold commas: p = 5, q = 2; p = 7, q = 2
    if len(split_top(text, ";")) > 1:
        return a.Items(tuple(read(piece) for piece in pieces))
    items: list[a.Answer] = []
    for item in map(_item, pieces):
        items.extend(item.items if isinstance(item, a.Items) else (item,))  # \pm 1, \pm 2
    return a.Items(tuple(items))


def _with_integer(text: str, name: str) -> str:
    r"""``k\pi`` for any integer k; the integer is renamed to n, so that its name does not matter."""
    if not re.search(r"(?<![A-Za-z\\])n(?![A-Za-z])", text):
        text = re.sub(rf"(?<![A-Za-z\\]){name}(?![A-Za-z])", "n", text)
        name = "n"
    return f"{text}, {name}\\in\\mathbb{{Z}}"


def _item(text: str) -> a.Answer:
    text = unwrap(text)
    if not text:
        return a.Text("")
    attempts: tuple[Callable[[str], a.Answer | None], ...] = (
        numeral, _special, _date, _matrix, _cases, _choice, time, based, _modular, _relation, _ratio,
        _plus_minus, _union, _brackets,
        percent, degrees, money, measure, expression, quantity, wordy,
    )  # fmt: skip
    for attempt in attempts:
        answer = attempt(text)
        if answer is not None:
            return answer
    return a.Text(text)


def _special(text: str) -> a.Answer | None:
    lower = words.comparable(text, case_matters=False)
    if lower in words.EMPTY_SET or text in (r"\emptyset", r"\{\}", r"\{ \}"):
        return a.Braces(())
    if lower in words.REAL_LINE or text == r"\mathbb{R}":
        return REAL_LINE
    if (value := words.number_in_words(lower)) is not None:
        return number(value, text)
    return None


def _date(text: str) -> a.Answer | None:
    date = words.date_of(text)
    return None if date is None else a.Text("date " + date)


def _matrix(text: str) -> a.Answer | None:
    before, begin, _ = text.partition(r"\begin")
    if begin and before.strip(" (["):
        return _multiple(before.strip(), text[len(before) :])
    match = re.fullmatch(
        r"\\begin\{([pbvBV]?matrix|smallmatrix|array)\}(?:\{[lcr| ]*\})?(.*)\\end\{\1\}",
        _without_fence(text),
    )
    if match and r"\begin" not in match[2] and match[1][0] not in "vV":
        body = re.sub(r"\\(?:h|c)line(?:\{[^{}]*\})?", "", match[2])
        lines = [line for line in body.split("\\\\") if line.strip()]
        rows = tuple(tuple(_item(cell) for cell in line.split("&")) for line in lines)
    elif text.startswith("[[") and text.endswith("]]") and closing(text, 0) == len(text) - 1:
        inner = [row.strip() for row in split_top(text[1:-1], ",")]
        if not all(row.startswith("[") and row.endswith("]") for row in inner):
            return None
        rows = tuple(tuple(_item(cell) for cell in split_top(row[1:-1], ",")) for row in inner)
    else:
        return None
    return a.Matrix(rows) if rows and len({len(row) for row in rows}) == 1 else None


def _cases(text: str) -> a.Answer | None:
    """A system of equations, or a function by cases: values and conditions."""
    match = _SYSTEM.fullmatch(text)
    if match is None or r"\begin" in match[1]:
        return None
    lines = [line.strip(" ,;.") for line in re.sub(r"\\hline", "", match[1]).split("\\\\")]
    lines = [line for line in lines if line.strip(" &")]
    rows = [[cell.strip(" ,;") for cell in line.split("&", 1)] for line in lines]
    if all(len(row) == 2 and row[0] and row[1] for row in rows):
        pairs = [(_item(value), _item(_CONDITION.sub("", condition))) for value, condition in rows]
        if rows and not all(_RELATIONS.match(condition) for _, condition in rows):
            return a.Cases(tuple(pairs))
    statements = tuple(_item(" ".join(row)) for row in rows)
    return (
        a.Items(statements)
        if statements and all(isinstance(s, a.Relation) for s in statements)
        else None
    )


def _multiple(factor: str, matrix: str) -> a.Matrix | None:
    """A number or a sign before a matrix."""
    tree = scalar("-1" if factor == "-" else factor.removesuffix(r"\cdot")).tree
    inner = _matrix(matrix)
    if tree is None or not isinstance(inner, a.Matrix):
        return None
    rows = [[_scaled(cell, tree) for cell in row] for row in inner.rows]
    whole = tuple(tuple(cell for cell in row if cell is not None) for row in rows)
    return a.Matrix(whole) if all(len(row) == len(inner.rows[0]) for row in whole) else None


def _scaled(cell: a.Answer, factor: Node) -> a.Scalar | None:
    if not isinstance(cell, a.Scalar) or cell.tree is None:
        return None
    tree = Node("product", (factor, cell.tree))
    return a.Scalar(f"matrix cell {cell.text}", tree, rational_value(tree))


def _without_fence(text: str) -> str:
    """Drop brackets around an array environment."""
    if text[:1] in "([" and text[1:].lstrip().startswith(r"\begin{array}") and text[-1:] in ")]":
        return text[1:-1].strip()
    return text


def _choice(text: str) -> a.Answer | None:
    match = _CHOICE.fullmatch(re.sub(r"^(?:[Oo]ption|[Cc]hoice) (?=\(?[A-Z]\b)", "", text))
    if match is None:
        return None
    letter = match["font"] or match["paren"] or match["bare"]
    rest = match["r1"] or match["r2"] or match["r3"] or match["r4"] or ""
    letter, rest = letter.strip("()"), rest.lstrip(".:) ")
    if re.search(r"(?<![A-Za-z])[A-J][.):](?:\s|$)", rest):
        return None  # the letters of all choices
    if rest and (rest[0] in "^_+-*/=<>(|!" or (match["bare"] and _RELATIONS.search(rest))):
        return None
    if re.match(r"(?:is|are|was|isn't|cannot|can|or|and|not|nor)\b", rest):
        return None  # a sentence about the letter
    return a.Choice(letter, rest)


def _modular(text: str) -> a.Answer | None:
    match = re.fullmatch(
        r"(.+?)\s*(?:\\pmod\s*\{?([^{}]+)\}?|\(\s*(?:\\mod|\\bmod|\\text\{mod\}|mod)\s*([^()]+)\))",
        text,
    )
    if match is None:
        return None
    sides = re.split(r"\\equiv|=", match[1])
    return a.Modular(_item(sides[-1]), _item(match[2] or match[3]))


def _relation(text: str) -> a.Answer | None:
    signs = list(_RELATIONS.finditer(text))
    if len(signs) > 40:
        return None
    cuts = [m for m in signs if depth_at(text, m.start()) == 0]
    if not cuts:
        return None
    edges = [0, *(edge for m in cuts for edge in m.span()), len(text)]
    sides = [text[i:j].strip() for i, j in zip(edges[::2], edges[1::2], strict=True)]
    if not all(sides):
        return None
    operators = tuple(_SYMBOLS.get(m[0], m[0]) for m in cuts)
    return a.Relation(tuple(_side(side) for side in sides), operators, _is_name(sides[0]))


def _side(text: str) -> a.Answer:
    pieces = split_list(text)
    return _item(text) if len(pieces) == 1 else a.Items(tuple(_item(piece) for piece in pieces))


def _is_name(text: str) -> bool:
    if text.strip() in (r"\pi", "pi") or re.fullmatch(r"\|\s*[nxyt]\s*\|", text.strip()):
        return False
    return (
        _NAME.fullmatch(text) is not None
        or (
            text.startswith("(")
            and text.endswith(")")
            and all(_NAME.fullmatch(piece.strip()) for piece in text[1:-1].split(","))
        )
        or re.fullmatch(r"[A-Z]\w*\s*:\s*[A-Z]\w*|\w_\{?\d\}?\s*:\s*\w_\{?\d\}?", text) is not None
    )


def _ratio(text: str) -> a.Answer | None:
    terms = split_top(re.sub(r"(?<=\d) to (?=\d)", ":", text), ":")
    if len(terms) < 2 or len(terms) > 6 or not all(term.strip() for term in terms):
        return None
    read_terms = tuple(_item(term) for term in terms)
    return a.Ratio(read_terms) if all(isinstance(term, a.Scalar) for term in read_terms) else None


def _plus_minus(text: str) -> a.Answer | None:
    if r"\pm" not in text and r"\mp" not in text:
        return None
    signs = re.compile(r"\\(pm|mp)(?![A-Za-z])\s*")
    upper = signs.sub(lambda m: "+" if m[1] == "pm" else "-", text)
    lower = signs.sub(lambda m: "-" if m[1] == "pm" else "+", text)
    return a.Items((_item(upper.lstrip("+")), _item(lower.lstrip("+"))))


def _union(text: str) -> a.Answer | None:
    holes = re.fullmatch(r"\\mathbb\{R\}\s*(?:\\setminus|-|/)\s*\\?\{(.+?)\\?\}", text)
    if holes:
        return without([_item(piece) for piece in split_top(holes[1], ",")])
    parts = re.split(r"\\cup(?![A-Za-z])|(?<=[)\]}])\s*U\s*(?=[(\[\\])", text)
    if len(parts) < 2:
        return None
    read_parts = tuple(_item(part) for part in parts)
    sets = (a.Bracketed, a.Braces)
    return joined(read_parts) if all(isinstance(part, sets) for part in read_parts) else None


def _brackets(text: str) -> a.Answer | None:
    if text.startswith(r"\{") and text.endswith(r"\}"):
        opening, inner, end = "{", text[2:-2], "}"
        if closing(text, 1) != len(text) - 1:
            return None
    elif text[:1] in "([{" and closing(text, 0) == len(text) - 1:
        opening, inner, end = text[0], text[1:-1], text[-1]
    elif text.startswith(r"\langle") and text.endswith(r"\rangle"):
        opening, inner, end = "(", text[7:-7], ")"
    else:
        return None
    pieces = [p.strip() for p in split_top(inner, ";" if ";" in inner else ",")]
    if not all(pieces) or len(pieces) > MAX_ITEMS:
        return None
    if opening == "{":
        builder = re.fullmatch(r"\s*[A-Za-z](?:\s*\\in\s*\\mathbb\{R\})?\s*[|:]\s*(.+)", inner)
        if builder:
            return read(builder[1])
        unread = ":" in inner or any(piece.count("|") % 2 for piece in pieces)
        return None if unread else a.Braces(tuple(_item(p) for p in pieces))
    if len(pieces) == 1:
        # brackets around a single item mean nothing: (5), [5]
        return _item(pieces[0]) if (opening, end) in (("(", ")"), ("[", "]")) else None
    return a.Bracketed(opening, tuple(_item(p) for p in pieces), end)
