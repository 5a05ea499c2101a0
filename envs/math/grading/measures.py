"""Reading numbers with something around them: units, money, percent and degree signs, times, bases.

Every function returns None for a text that it does not read.
"""

import re
from dataclasses import replace

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading import words
from onelayer.envs.math.grading.notation import unwrap
from onelayer.envs.math.grading.scalars import expression, number, numeral
from onelayer.envs.math.grading.tokens import FUNCTIONS
from onelayer.envs.math.grading.tree import Node, symbols_of
from onelayer.envs.math.grading.units import canonical_unit, is_known

_PERCENT = re.compile(
    r"(.*?)\s*(?:\\?%|\\text\s*\{\s*(?:percent|\\?%)\s*\}|per ?cent|pct\.?|\(\s*\\?%\s*\))"
)
_DEGREES = re.compile(
    r"(.*?)\s*(?:\^\s*\{?\s*\\circ\s*\}?|\\text\s*\{\s*degrees?\s*\}|degrees?|\\circ)"
)
_CURRENCY = re.compile(
    r"(?P<sign>[+-]?)\s*(?:US)?(?:\\text\{\s*)?(?P<unit>\\\$|€|£|¥|₹|\\pounds)(?:\s*\})?\s*(?P<rest>.+)"
)
_RATE = re.compile(r"\s*(?:\\text\s*\{\s*)?(?:\b(?:per|each|an?|every)\b|/)\s*([A-Za-z]+)\s*\}?$")
_EXPLAINED = re.compile(r"([-+]?[\d.,/ ]*\d)\s*(?:\\text\s*\{\s*)?\(([^()]{1,40})\)\s*\}?")
_PRICE = re.compile(r"(.+?)\s*(\\\$|€|£|¥|₹|¢)")
_MEASURE = re.compile(r"([+-]?[\d.,]*\d(?:\s*/\s*\d+)?)(\s*)([A-Za-z][A-Za-z ./^{}\d]*)")
_MEASURED = re.compile(r"(.+?)\s*(?<=[ \d})])([A-Za-z]+(?:\s*\^\s*\{?-?\d\}?)?)")
_CLEAR = frozenset(
    [
        "cm",
        "mm",
        "km",
        "in",
        "ft",
        "yd",
        "mi",
        "kg",
        "mg",
        "lb",
        "oz",
        "ml",
        "mL",
        "mph",
        "min",
        "hr",
    ]
)
"""units that are never a product of variables when they follow an expression"""
_UNIT_BEGINS = re.compile(r"\\(?:text|mathrm)\s*\{|(?<=[\d})! ])[^\W\d_]|(?<=\d)[¢°]")
_CLOCK = re.compile(
    r"(\d{1,2})\s*:\s*([0-5]\d)(?::([0-5]\d))?\s*(?:\\text\s*\{\s*)?([aApP]\.?\s*[mM]\.?)?\s*\}?"
)
_DURATION = re.compile(
    r"\s*(\d{1,3})\s*(?:hours?|hrs?|h)\s*(?:and\s*)?([0-5]?\d)\s*(?:minutes?|mins?|m)\s*"
)
_BASED = re.compile(r"\(?([0-9A-Fa-f]+)\)?\s*_\s*\{?\s*\(?([a-z]+|\d{1,2})\)?\s*\}?")
_IN_BASE = re.compile(r"([0-9A-Fa-f]+)\s*\(?\s*(?:in )?base[ -]?([a-z]+|\d{1,2})\s*\)?")
_BASES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12,
    "sixteen": 16,
}  # fmt: skip


def percent(text: str) -> a.Percent | None:
    r"""``12.5\%``, ``12 percent``."""
    match = _PERCENT.fullmatch(text)
    amount = amount_of(match[1]) if match else None
    return None if amount is None else a.Percent(amount)


def degrees(text: str) -> a.Degrees | None:
    r"""``90^\circ``, ``90 degrees``; but ``\cos 60^\circ`` is a number."""
    match = _DEGREES.fullmatch(text)
    if match is None or r"\circ" in match[1]:
        return None
    amount = amount_of(match[1])
    if amount is None or (amount.tree is not None and _has_function(amount.tree)):
        return None
    return a.Degrees(amount)


def money(text: str) -> a.Quantity | None:
    r"""``\$18``, ``-€5``, ``18¢``."""
    match = _CURRENCY.fullmatch(text)
    if match:
        rest = match["sign"].strip("+") + match["rest"]
        rate = _RATE.search(rest)
        rest = rest[: rate.start()] if rate else rest
        amount: a.Answer | None = amount_of(rest) or measure(rest) or quantity(rest)
        if isinstance(amount, a.Quantity):
            amount = amount.amount  # $18 USD
        unit = "£" if match["unit"] == r"\pounds" else match["unit"].strip("\\")
        unit += "/" + rate[1].lower().removesuffix("s") if rate else ""
        return a.Quantity(amount, unit) if isinstance(amount, a.Scalar) else None
    match = _PRICE.fullmatch(text)
    priced = amount_of(match[1]) if match else None
    return None if priced is None or match is None else a.Quantity(priced, match[2].strip("\\"))


def measure(text: str) -> a.Quantity | None:
    """A numeral and a unit that is in the table: ``5 cm`` and ``5 (cm)`` are no product of variables."""
    explained = _EXPLAINED.fullmatch(text)
    if explained and text[explained.end(1)] == " " and is_known(explained[2], spaced=True):
        amount, unit = amount_of(explained[1]), canonical_unit(explained[2])
        return a.Quantity(amount, unit) if amount is not None and unit is not None else None
    match = _MEASURE.fullmatch(text)
    if match is None or not is_known(match[3], spaced=bool(match[2])):
        return _measured(text)
    amount, unit = amount_of(match[1]), canonical_unit(match[3])
    return a.Quantity(amount, unit) if amount is not None and unit is not None else None


def _measured(text: str) -> a.Quantity | None:
    r"""``8\pi cm^2``, ``5 \times 10^{-7} m``: an expression without a variable, and a unit of the table."""
    match = _MEASURED.fullmatch(text) if len(text) <= 400 else None
    if match is None or not is_known(match[2], spaced=True):
        return None
    name = match[2].partition("^")[0].strip()
    power_of_ten = re.search(r"(?:10\s*\^\s*\{?\s*-?\d+\s*\}?|[eE][+-]?\d+)\s*$", match[1])
    if name not in _CLEAR and not (len(name) == 1 and power_of_ten):
        return None
    amount, unit = amount_of(match[1]), canonical_unit(match[2])
    if amount is None or amount.tree is None or unit is None or symbols_of(amount.tree):
        return None
    return a.Quantity(amount, unit)


def quantity(text: str) -> a.Quantity | a.Scalar | None:
    """A number or expression and any words behind it: ``5 apples``, ``2.5 million``, ``five apples``."""
    if len(text) > 400:
        return None
    if explained := _EXPLAINED.fullmatch(text):  # 9 (apples), 18 (eighteen)
        amount = amount_of(explained[1])
        if amount is not None and words.number_in_words(explained[2]) == amount.value is not None:
            return amount
        name = canonical_unit(explained[2])
        return None if amount is None or name is None else a.Quantity(amount, name)
    for begin in _UNIT_BEGINS.finditer(text):
        before, unit = text[: begin.start()], text[begin.start() :]
        named = before.rstrip().endswith(r"\pi")
        if not unit.startswith("\\") and not named and before.strip()[-1:] not in "0123456789})!":
            continue  # a circle
        scaled = _scaled(before.strip(), unit)
        if scaled is not None:
            return scaled
        name = canonical_unit(unit)
        separate = (
            before.endswith(" ") or unit.startswith("\\") or (name is not None and len(name) > 1)
        )
        amount = amount_of(before) if name is not None and separate and before.strip() else None
        if amount is not None and name is not None and amount.tree is not None:
            return a.Quantity(amount, name)
    return None


def wordy(text: str) -> a.Quantity | None:
    """``five apples``."""
    head, _, tail = text.partition(" ")
    value, unit = words.number_in_words(head), canonical_unit(tail) if tail else None
    return None if value is None or unit is None else a.Quantity(number(value, head), unit)


def time(text: str) -> a.Time | None:
    """``3:20 PM``, ``3 hours 20 minutes``."""
    match = _CLOCK.fullmatch(text)
    if match:
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
        return a.Time(seconds, re.sub(r"[.\s]", "", match[4] or "").lower())
    match = _DURATION.fullmatch(re.sub(r"\\text\s*\{([^{}]*)\}", r" \1 ", text))
    return a.Time(int(match[1]) * 3600 + int(match[2]) * 60) if match else None


def based(text: str) -> a.Based | a.Scalar | None:
    r"""``101_2``, ``101_{\text{two}}``, ``101 base 2``; in base ten, a numeral."""
    text = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r"\1", text)
    match = _BASED.fullmatch(text) or _IN_BASE.fullmatch(text)
    if match is None:
        return None
    base = int(match[2]) if match[2].isdigit() else _BASES.get(match[2], 0)
    digits = match[1].upper()
    if not 2 <= base <= 36 or any(int(d, 16) >= base for d in digits):
        return None
    if base == 10:
        amount = amount_of(digits)
        return None if amount is None else replace(amount, text=text)
    return a.Based(digits.lstrip("0") or "0", base)


def amount_of(text: str) -> a.Scalar | None:
    """Return the number or expression."""
    text = unwrap(text)
    if not text:
        return None
    found = numeral(text) or expression(text)
    if isinstance(found, a.Scalar):
        return found
    value = words.number_in_words(text)
    return None if value is None else number(value, text)


def _has_function(node: Node) -> bool:
    return node.operator in FUNCTIONS or any(map(_has_function, node.arguments))


def _scaled(amount: str, unit: str) -> a.Quantity | a.Scalar | None:
    """``2.5 million``, with or without a unit behind."""
    word = re.fullmatch(r"(?:\\text\s*\{\s*)?([A-Za-z]+)\s*\}?(?:\s+(.*))?", unit)
    scale = words.scale_of(word[1]) if word else None
    if word is None or scale is None:
        return None
    whole = amount_of(amount)
    if whole is None or whole.tree is None:
        return None
    tree = Node("product", (whole.tree, Node("number", value=scale)))
    product = a.Scalar(f"{amount} {unit}", tree)
    if whole.value is not None:
        product = number(whole.value * scale, f"{amount} {unit}")
    rest = canonical_unit(word[2]) if word[2] else None
    if not word[2]:
        return product
    return None if rest is None else a.Quantity(product, rest)
