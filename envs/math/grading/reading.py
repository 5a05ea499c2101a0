"""What an answer is: a number, an interval, a list, a relation, a choice, a text.

``read`` never fails: what is understood as nothing else is a ``Text``. The order of the attempts is the
order of the table in ``_item``: the narrow notations before the wide ones.
"""

import re
from collections.abc import Callable
from fractions import Fraction

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading import words
from onelayer.envs.math.grading.arithmetic import TooLargeError, rational_value
from onelayer.envs.math.grading.expressions import FUNCTIONS, Node, parse_decimal, parse_expression
from onelayer.envs.math.grading.intervals import REAL_LINE, without
from onelayer.envs.math.grading.notation import closing, unwrap
from onelayer.envs.math.grading.units import canonical_unit, is_known

MAX_ITEMS = 200
_NUMERAL = re.compile(r"([+-]?)\s*((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])")
_RELATIONS = re.compile(r"\\(?:leq|geq|neq|approx|equiv|in|sim|cong)(?![A-Za-z])|[=<>]")
_SYMBOLS = {r"\leq": "≤", r"\geq": "≥", r"\neq": "≠", r"\approx": "≈", r"\equiv": "≡", r"\in": "∈", r"\sim": "≈"}  # fmt: skip
_JOINT = re.compile(
    r"\\text\s*\{\s*,?\s*(?:and|or)\s*\}|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])|(?<=\d)or(?=[A-Za-z])"
)
_NAME = re.compile(
    r"\|?\s*(?:\\?[A-Za-z]+'*|\\(?:angle|triangle)\s*[A-Za-z]+)(?:\s*_\s*(?:\{[^{}]*\}|\w))?\s*\|?'*(?:\s*\([^()=]{1,20}\))?\s*"
    r"|\\(?:text|mathrm|overline|mathbf|vec|hat|bar)\s*\{[^{}]*\}\s*(?:\([^()=]{1,20}\))?\s*|[^\W\d_](?:[^\W\d_]| ){2,40}"
)
_CHOICE = re.compile(
    r"\\(?:text|mathrm|mathbf)\s*\{\s*(?P<font>\(?[A-Z]\)?)[.:]?\s*\}\s*(?P<r1>.*)"
    r"|\((?P<paren>[A-Z])\)\s*(?P<r2>.*)|(?P<bare>[A-Z])(?:\s*[.):]\s*(?P<r3>.*)|\s+(?P<r4>[A-Z][a-z]{2,}.*))?"
)


def read(text: str) -> a.Answer:
    """Return what ``text``, in clean notation, is."""
    if not text:
        return a.Text("")
    if len(text) > 4000:
        return a.Text(text)
    pieces = [text] if words.date_of(text) else split_list(text)
    if len(pieces) == 1 or len(pieces) > MAX_ITEMS:
        return _item(text)
    # between semicolons commas may stand: p = 5, q = 2; p = 7, q = 2
    return a.Items(
        tuple(read(piece) if len(_split_top(text, ";")) > 1 else _item(piece) for piece in pieces)
    )


def split_list(text: str, groups: bool = True) -> list[str]:
    """Split at top-level commas, semicolons, ``and`` and ``or``; a grouped number stays whole.

    With both semicolons and commas, the pieces are those between semicolons.
    """
    if r"\begin" in text:
        return [text]
    if groups and re.fullmatch(r"[+-]?\s*(?:\\\$)?\s*" + _GROUPED.pattern + r".*", text):
        text = _GROUPED.sub(lambda m: m[0].replace(",", "\x00"), text)
    pieces = _split_top(text, ";")
    pieces = pieces if len(pieces) > 1 else _split_top(text, ",")
    joined = [part for piece in pieces for part in _split_joints(piece)]
    parts = [part.replace("\x00", ",").strip() for part in joined]
    return (
        [part for part in parts if part]
        if len(parts) > 1 and any(parts)
        else [text.replace("\x00", ",")]
    )


def _split_top(text: str, separator: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for i, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == separator and depth == 0:
            pieces.append(text[start:i])
            start = i + 1
    return [*pieces, text[start:]]


def _split_joints(text: str) -> list[str]:
    """Split at ``and`` and ``or`` between things that are not prose."""
    parts = [p.strip() for p in _JOINT.split(text)]
    if len(parts) == 1 or text.count("(") != text.count(")"):
        return [text]
    if any(
        part.count("(") + part.count("{") != part.count(")") + part.count("}") for part in parts
    ):
        return [text]
    return parts


def _item(text: str) -> a.Answer:
    text = unwrap(text)
    attempts: tuple[Callable[[str], a.Answer | None], ...] = (
        _numeral, _special, _date, _matrix, _choice, _time, _based, _modular, _relation, _ratio, _plus_minus, _union, _brackets,
        _percent, _degrees, _money, _measure, _expression, _quantity, _wordy,
    )  # fmt: skip
    for attempt in attempts:
        answer = attempt(text)
        if answer is not None:
            return answer
    return a.Text(text)


def _numeral(text: str) -> a.Answer | None:
    if re.fullmatch(r"[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?", text):
        text = text.replace(" ", "")
    match = _NUMERAL.fullmatch(text)
    if match is None or not match[2] or match[2] == ".":
        return None
    sign, digits, exponent = match[1], match[2].replace(",", ""), match[3] or ""
    try:
        value = parse_decimal(digits + exponent)
    except ValueError:
        return a.Text(text.replace(" ", ""))
    value = -value if sign == "-" else value
    whole, _, decimals = digits.partition(".")
    significant = (whole + decimals).lstrip("0")
    return a.Scalar(
        text=sign.strip("+") + digits + exponent,
        tree=Node("number", value=value),
        value=value,
        digits=len(significant) if decimals else None,
        places=len(decimals) - (int(exponent[1:]) if exponent else 0),
        grouped=text if "," in match[2] and "." not in match[2] else "",
    )


def _special(text: str) -> a.Answer | None:
    lower = words.comparable(text, case_matters=False)
    if lower in words.EMPTY_SET or text in (r"\emptyset", r"\{\}", r"\{ \}"):
        return a.Braces(())
    if lower in words.REAL_LINE or text == r"\mathbb{R}":
        return REAL_LINE
    if (number := words.number_in_words(lower)) is not None:
        return _number(Fraction(number), text)
    return None


def _number(value: Fraction, text: str) -> a.Scalar:
    return a.Scalar(text, Node("number", value=value), value)


def _date(text: str) -> a.Answer | None:
    date = words.date_of(text)
    return None if date is None else a.Text("date " + date)


def _matrix(text: str) -> a.Answer | None:
    before, begin, _ = text.partition(r"\begin")
    if begin and before.strip(" (["):
        factor = _scalar("-1" if before.strip() == "-" else before.strip().removesuffix(r"\cdot"))
        matrix = _matrix(text[len(before) :])
        if factor.tree is None or not isinstance(matrix, a.Matrix):
            return None
        rows = [[_scaled(cell, factor.tree) for cell in row] for row in matrix.rows]
        return (
            a.Matrix(tuple(tuple(c for c in row if c) for row in rows))
            if all(map(all, rows))
            else None
        )
    match = re.fullmatch(
        r"\\begin\{([pbvBV]?matrix|smallmatrix|array)\}(?:\{[lcr| ]*\})?(.*)\\end\{\1\}",
        _without_fence(text),
    )
    if match and r"\begin" not in match[2] and match[1][0] not in "vV":
        body = re.sub(r"\\(?:h|c)line(?:\{[^{}]*\})?", "", match[2])
        lines = [line for line in body.split("\\\\") if line.strip()]
        rows = tuple(tuple(_item(cell) for cell in line.split("&")) for line in lines)
    elif text.startswith("[[") and text.endswith("]]") and closing(text, 0) == len(text) - 1:
        inner = [row.strip() for row in _split_top(text[1:-1], ",")]
        if not all(row.startswith("[") and row.endswith("]") for row in inner):
            return None
        rows = tuple(tuple(_item(cell) for cell in _split_top(row[1:-1], ",")) for row in inner)
    else:
        return None
    return a.Matrix(rows) if rows and len({len(row) for row in rows}) == 1 else None


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
    match = _CHOICE.fullmatch(text)
    if match is None:
        return None
    letter = match["font"] or match["paren"] or match["bare"]
    rest = match["r1"] or match["r2"] or match["r3"] or match["r4"] or ""
    letter, rest = letter.strip("()"), rest.lstrip(".:) ")
    if rest and (rest[0] in "^_+-*/=<>(|!" or (match["bare"] and _RELATIONS.search(rest))):
        return None
    return a.Choice(letter, rest)


def _time(text: str) -> a.Answer | None:
    match = re.fullmatch(
        r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?\s*(?:\\text\s*\{\s*)?([aApP]\.?\s*[mM]\.?)?\s*\}?",
        text,
    )
    if match:
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
        return a.Time(seconds, re.sub(r"[.\s]", "", match[4] or "").lower())
    plain = re.sub(r"\\text\s*\{([^{}]*)\}", r" \1 ", text)
    match = re.fullmatch(
        r"\s*(\d+)\s*(?:hours?|hrs?|h)\s*(?:and\s*)?(\d+)\s*(?:minutes?|mins?|m)\s*", plain
    )
    if match and int(match[2]) < 60 and len(match[1]) < 4:
        return a.Time(int(match[1]) * 3600 + int(match[2]) * 60)
    return None


_BASES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
          "twelve": 12, "sixteen": 16}  # fmt: skip


def _based(text: str) -> a.Answer | None:
    text = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r"\1", text)
    match = re.fullmatch(r"\(?([0-9A-Fa-f]+)\)?\s*_\s*\{?\s*\(?([a-z]+|\d{1,2})\)?\s*\}?", text)
    match = match or re.fullmatch(
        r"([0-9A-Fa-f]+)\s*\(?\s*(?:in )?base[ -]?([a-z]+|\d{1,2})\s*\)?", text
    )
    if match is None:
        return None
    base = int(match[2]) if match[2].isdigit() else _BASES.get(match[2], 0)
    digits = match[1].upper()
    if not 2 <= base <= 36 or any(int(d, 16) >= base for d in digits):
        return None
    return _numeral(digits) if base == 10 else a.Based(digits.lstrip("0") or "0", base)


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
    if r"\begin" in text:
        return None
    cuts = [m for m in _RELATIONS.finditer(text) if _depth_at(text, m.start()) == 0]
    if not cuts or len(cuts) > 40:
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
    return (
        _NAME.fullmatch(text) is not None
        or (
            text.startswith("(")
            and text.endswith(")")
            and all(_NAME.fullmatch(piece.strip()) for piece in text[1:-1].split(","))
        )
        or re.fullmatch(r"[A-Z]\w*\s*:\s*[A-Z]\w*|\w_\{?\d\}?\s*:\s*\w_\{?\d\}?", text) is not None
    )


def _depth_at(text: str, at: int) -> int:
    return sum(c in "([{" for c in text[:at]) - sum(c in ")]}" for c in text[:at])


def _ratio(text: str) -> a.Answer | None:
    terms = _split_top(text, ":")
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
        return without([_item(piece) for piece in _split_top(holes[1], ",")])
    parts = re.split(r"\\cup(?![A-Za-z])|(?<=[)\]}])\s*U\s*(?=[(\[\\])", text)
    if len(parts) < 2:
        return None
    read_parts = tuple(_item(part) for part in parts)
    sets = (a.Bracketed, a.Braces)
    return a.Union(read_parts) if all(isinstance(part, sets) for part in read_parts) else None


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
    pieces = [p.strip() for p in _split_top(inner, ";" if ";" in inner else ",")]
    if not all(pieces) or len(pieces) > MAX_ITEMS:
        return None
    if opening == "{":
        return None if re.search(r"\||:", inner) else a.Braces(tuple(_item(p) for p in pieces))
    if len(pieces) == 1:
        # a bracket around one thing says nothing: (5), [5]
        return _item(pieces[0]) if (opening, end) in (("(", ")"), ("[", "]")) else None
    return a.Bracketed(opening, tuple(_item(p) for p in pieces), end)


def _percent(text: str) -> a.Answer | None:
    match = re.fullmatch(r"(.*?)\s*(?:\\?%|\\text\s*\{\s*(?:percent|\\?%)\s*\}|per ?cent)", text)
    return a.Percent(_item(match[1])) if match and match[1] else None


def _degrees(text: str) -> a.Answer | None:
    match = re.fullmatch(
        r"(.*?)\s*(?:\^\s*\{?\s*\\circ\s*\}?|\\text\s*\{\s*degrees?\s*\}|degrees?|\\circ)", text
    )
    if match is None or not match[1] or r"\circ" in match[1]:
        return None
    amount = _item(match[1])
    if isinstance(amount, a.Scalar) and amount.tree is not None and _has_function(amount.tree):
        return None  # cos 60° is no angle
    return a.Degrees(amount) if isinstance(amount, a.Scalar | a.Items) else None


def _has_function(node: Node) -> bool:
    return node.operator in FUNCTIONS or any(map(_has_function, node.arguments))


_CURRENCY = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<unit>\\\$|US\\\$|€|£|¥|₹|\\pounds|\\text\{\s*\\\$\s*\})\s*(?P<rest>.+)"
)


def _money(text: str) -> a.Answer | None:
    match = _CURRENCY.fullmatch(text)
    if match:
        unit = {r"\pounds": "£"}.get(match["unit"], match["unit"].strip("US\\text{} "))
        amount = _item(match["sign"].strip("+") + match["rest"])
        if isinstance(amount, a.Quantity):
            amount = amount.amount
        return a.Quantity(amount, unit) if isinstance(amount, a.Scalar) else None
    match = re.fullmatch(r"(.+?)\s*(\\\$|€|£|¥|₹|¢)", text)
    if match and isinstance(amount := _item(match[1]), a.Scalar):
        return a.Quantity(amount, match[2].strip("\\"))
    return None


def _expression(text: str) -> a.Answer | None:
    scalar = _scalar(text)
    return scalar if scalar.tree is not None else _opaque(text)


def _scalar(text: str) -> a.Scalar:
    try:
        tree = parse_expression(text)
    except (ValueError, RecursionError):
        return a.Scalar(text, None)
    try:
        return a.Scalar(text, tree, rational_value(tree))
    except TooLargeError:
        return a.Scalar(text, tree, too_large=True)
    except ZeroDivisionError:
        return a.Scalar(text, None)


_OPAQUE = re.compile(
    r"\\(?:int|sum|prod|lim|begin|setminus|partial|frac\s*\{d\}|mathbb|cap|cup|Gamma|zeta|sqrt|frac)(?![A-Za-z])"
)


def _opaque(text: str) -> a.Answer | None:
    """An expression that only math-verify's parser may read."""
    words_in = re.findall(
        r"(?<![\\A-Za-z])[A-Za-z]{4,}", re.sub(r"\\(?:begin|end)\{[a-z]+\}", "", text)
    )
    if _OPAQUE.search(text) and not words_in and r"\text" not in text:
        return a.Scalar(text, None)
    return None


def _measure(text: str) -> a.Answer | None:
    """A numeral and a unit that is in the table: ``5 cm`` is no product of variables."""
    match = re.fullmatch(r"([+-]?[\d.,]*\d(?:\s*/\s*\d+)?)(\s*)([A-Za-z][A-Za-z ./^{}\d]*)", text)
    if match is None or not is_known(match[3], spaced=bool(match[2])):
        return None
    amount, unit = _numeral(match[1]) or _expression(match[1]), canonical_unit(match[3])
    return a.Quantity(amount, unit) if amount is not None and unit is not None else None


_AMOUNT = re.compile(
    r"(?P<amount>.*?[\d})!])(?P<space>\s*)(?P<unit>(?:\\(?:text|mathrm)\s*\{|[^\W\d_]|[¢°]).*)"
)


def _quantity(text: str) -> a.Answer | None:
    match = _AMOUNT.fullmatch(text) if len(text) < 400 else None
    while match is not None:
        amount, unit = match["amount"], match["unit"]
        word = re.fullmatch(r"(?:\\text\s*\{\s*)?([A-Za-z]+)\s*\}?(?:\s+(.*))?", unit)
        scale = words.scale_of(word[1]) if word else None
        if word and scale is not None:
            scaled = _scalar(f"({amount}) \\cdot {scale}")
            if scaled.tree is None:
                return None
            rest = canonical_unit(word[2]) if word[2] else None
            return scaled if not word[2] else a.Quantity(scaled, rest) if rest else None
        name = canonical_unit(unit)
        if name is not None and (match["space"] or len(name) > 1 or unit.startswith("\\")):
            value = _numeral(amount.strip()) or _expression(amount.strip())
            if isinstance(value, a.Scalar) and value.tree is not None:
                return a.Quantity(value, name)
        match = _next_amount(text, match)
    return None


def _next_amount(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """Return the next place where a unit may begin."""
    return re.compile(
        rf"(?P<amount>.{{{match.end('amount') + 1},}}?[\d}})!])(?P<space>\s*)(?P<unit>(?:\\(?:text|mathrm)\s*\{{|[^\W\d_]|[¢°]).*)"
    ).fullmatch(text)


def _wordy(text: str) -> a.Answer | None:
    """``five apples``."""
    head, _, tail = text.partition(" ")
    number = words.number_in_words(head)
    if number is not None and tail and (unit := canonical_unit(tail)):
        return a.Quantity(_number(Fraction(number), head), unit)
    return None
