"""The tokens of an expression, and the numerals among them."""

import re
from dataclasses import dataclass
from fractions import Fraction


def _words(text: str) -> list[str]:
    return text.split()


MAX_EXPONENT = 20_000
"""a decimal with a larger exponent, such as ``1e999999999``, is not read as a number"""

FUNCTIONS = frozenset(
    _words("sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh ln log lg exp")
)
AGGREGATES = frozenset(["max", "min", "gcd", "lcm"])
PLAIN_CALLS = {"sqrt": "sqrt", "abs": "abs", "floor": "floor", "ceil": "ceil", "cbrt": "cbrt"}
GREEK = frozenset(
    _words(
        "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho "
        "sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell"
    )
)
ACCENTS = frozenset(["vec", "overline", "bar", "hat", "mathbf", "mathcal", "overrightarrow"])
SMALL_WORDS = frozenset(
    _words(
        "no on or of is it to at in an as up us we he me my so do go if by yes nan inf one two six ten odd "
        "not top all any the and for are was none true null even dne"
    )
)
"""runs of letters that are words, not products: ``no`` is not ``on``"""

_NUMBER = re.compile(
    r"(?P<digits>\d+(?:\.\d+)?|\.\d+|\d+\.(?![\d.]))(?P<exponent>[eE][+-]?\d+)?"
    r"|(?P<space>\s+)|(?P<command>\\[A-Za-z]+)|(?P<word>[A-Za-z]+)|(?P<mark>\\[{}|%$]|.)",
    re.DOTALL,
)
_SINGLE_DIGIT = re.compile(r"(\\frac|\\sqrt)\s*(\d)(?=[eE])")
r"""``\frac1e`` is 1/e, and not the beginning of ``1e-1``"""
_REPEATING = re.compile(
    r"(\d*)\.(\d*)(?:\\(?:overline|bar|dot)\s*\{(\d+)\}|\((\d+)\)|(\d*?)(\d+?)\6{2,}(?:\\l?dots|\.\.\.))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a letter, the name of a function, a LaTeX command or a mark."""

    kind: str
    text: str
    spaced: bool
    """whether white space stands before it"""


def tokenize(text: str) -> list[Token]:
    """Split ``text``; the last token is an end.

    Raises:
        ValueError: a run of letters is a word, no product of variables.
    """
    text = _SINGLE_DIGIT.sub(r"\1{\2}", text)
    tokens, spaced = [], False
    for match in _NUMBER.finditer(text):
        kind = match.lastgroup or ""
        if kind == "space":
            spaced = True
            continue
        if kind in ("digits", "exponent"):
            kind = "number"
        if kind == "word" and match[0].lower() not in FUNCTIONS | AGGREGATES | set(PLAIN_CALLS) | {
            "pi"
        }:
            tokens.extend(_letters(match[0], spaced))
        else:
            tokens.append(Token(kind, match[0], spaced))
        spaced = False
    tokens.append(Token("end", "", spaced))
    return tokens


def _letters(word: str, spaced: bool) -> list[Token]:
    if len(word) > 1 and (len(word) > 3 or word.lower() in SMALL_WORDS):
        raise ValueError(f"{word!r} is a word")
    return [Token("letter", c, spaced and i == 0) for i, c in enumerate(word)]


def parse_decimal(digits: str) -> Fraction:
    """Return the exact value of a numeral such as ``1.50`` or ``1.5e3``.

    Raises:
        ValueError: it has more digits or a larger exponent than a number here may have.
    """
    mantissa, _, exponent = digits.lower().partition("e")
    if len(mantissa) > 4000 or (
        exponent and (len(exponent) > 6 or abs(int(exponent)) > MAX_EXPONENT)
    ):
        raise ValueError("the number is too long")
    return Fraction(mantissa + (f"e{exponent}" if exponent else ""))


def repeating_decimal(text: str) -> Fraction | None:
    r"""Return the value of ``0.1\overline{6}``, ``0.1(6)`` or ``0.333...``, or None for other texts."""
    match = _REPEATING.fullmatch(text)
    if match is None or len(text) > 200:
        return None
    whole, fixed, over, bracketed, lead, period = match.groups()
    fixed += lead or ""
    period = over or bracketed or period
    scale = 10 ** len(fixed)
    value = Fraction(int((whole or "0") + fixed), scale)
    return value + Fraction(int(period), scale * (10 ** len(period) - 1))
