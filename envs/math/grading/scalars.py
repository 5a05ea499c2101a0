"""Reading one number or expression."""

import re
from fractions import Fraction

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import TooLargeError, rational_value
from onelayer.envs.math.grading.expressions import parse_expression
from onelayer.envs.math.grading.tokens import parse_decimal
from onelayer.envs.math.grading.tree import Node

_NUMERAL = re.compile(r"([+-]?)\s*((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?)([eE][+-]?\d+)?")
_OPAQUE = re.compile(
    r"\\(?:int|sum|prod|lim|begin|setminus|partial|frac\s*\{d\}|mathbb|cap|cup|Gamma|zeta|sqrt|frac)(?![A-Za-z])"
)


def numeral(text: str) -> a.Scalar | a.Text | None:
    """Return the number that a numeral stands for, a ``Text`` if it is too long; None for other texts."""
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


def expression(text: str) -> a.Answer | None:
    """Return the expression, without a tree if only math-verify reads it; None where ``text`` is none."""
    found = scalar(text)
    return found if found.tree is not None else _opaque(text)


def scalar(text: str) -> a.Scalar:
    """Return the expression, with its tree and its value where it has them."""
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


def number(value: Fraction, text: str) -> a.Scalar:
    """Return a number whose value is known, although ``text`` is no numeral."""
    return a.Scalar(text, Node("number", value=value), value)


def _opaque(text: str) -> a.Answer | None:
    """An expression that only math-verify's parser may read."""
    words_in = re.findall(
        r"(?<![\\A-Za-z])[A-Za-z]{4,}", re.sub(r"\\(?:begin|end)\{[a-z]+\}", "", text)
    )
    if _OPAQUE.search(text) and not words_in and r"\text" not in text:
        return a.Scalar(text, None)
    return None
