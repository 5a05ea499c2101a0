"""Units and currencies: which words after a number are units, and which name the same unit."""

import re

from onelayer.envs.math.grading.words import scale_of


def _words(text: str) -> list[str]:
    return text.split()


_SAME = {
    "$": "dollar usd bucks us\\$", "¢": "cent cents ¢", "€": "euro eur", "£": "pound_sterling gbp",
    "¥": "yen jpy yuan rmb cny",
    "₹": "rupee rs inr",
    "mm": "millimeter millimetre", "cm": "centimeter centimetre", "m": "meter metre",
    "km": "kilometer kilometre",
    "in": "inch inches", "ft": "foot feet", "yd": "yard", "mi": "mile",
    "mg": "milligram", "g": "gram gm", "kg": "kilogram kilo kgs", "lb": "pound lbs", "oz": "ounce",
    "t": "ton tonne",
    "ml": "milliliter millilitre mL", "l": "liter litre L", "gal": "gallon",
    "s": "second sec secs", "min": "minute mins", "h": "hour hr hrs", "day": "days", "week": "wk",
    "year": "yr yrs",
    "mi/h": "mph", "km/h": "kmh kph kmph", "cup": "cups", "j": "joule J", "n": "newton N",
    "w": "watt W", "v": "volt V", "hz": "hertz Hz",
    "mol": "mole", "k": "kelvin K", "pa": "pascal Pa", "unit": "units", "rad": "radian",
    "person": "people", "child": "children",
}  # fmt: skip
_CANONICAL = {word: unit for unit, words in _SAME.items() for word in words.split()}
_SYMBOLS = frozenset(["m", "g", "s", "h", "l", "L", "t", "N", "J", "W", "V", "K", "F", "C"])
"""units of one letter; in plain text they count only behind a space, else they are variables"""
_NOT_UNITS = frozenset(
    _words(
        "or and not but plus minus times over by mod modulo base squared cubed factorial choose "
        "percent to if when where for  "
        "negative except unless with i e is are was the root than permille permil "
        "zillion gazillion"
    )
)
CURRENCIES = frozenset("$€£¥₹")
SCALED = frozenset(["¢"])
"""units that change the number's value, so they can't be left out"""


def canonical_unit(text: str) -> str | None:
    r"""Return a name equal for equal units, or None where ``text`` is no unit.

    ``text`` is clean notation: ``\text{ cm}^2``, ``cm^2``, ``miles per hour``, ``m/s``, ``apples``.
    """
    marked = r"\text" in text or r"\mathrm" in text
    text = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r" \1 ", text)
    text = re.sub(r"\^\s*\{\s*(-?\d)\s*\}", r"^\1", text).strip(" .,;")
    text = re.sub(r"[²³]", lambda m: "^" + {"²": "2", "³": "3"}[m[0]], text)
    text = re.sub(r"\s*\^\s*", "^", text)
    if re.search(r"\b(?:square|cube) roots?\b", text):
        return None
    text = re.sub(r"\bcubic (\w+)", r"\1^3", re.sub(r"\b(?:square|sq\.?) (\w+)", r"\1^2", text))
    text = re.sub(r"\s*(?:/|\bper\b)\s*", "/", text)
    text = re.sub(r"\s*\\cdot\s*|\*", " ", text)
    if not text or len(text) > 60:
        return None
    if not re.fullmatch(
        r"(?:[^\W\d_]|[$¢€£¥₹°\\])+(?:\^-?\d)?(?:[ /][^\W\d_][\w'-]*(?:\^-?\d)?)*", text
    ):
        return None
    words = re.split(r"([ /])", text)
    if any(word.lower() in _NOT_UNITS or scale_of(word) is not None for word in words[::2]):
        return None
    if (
        not marked
        and len(words) == 1
        and len(text) == 1
        and text.isalpha()
        and text not in _SYMBOLS
    ):
        return None
    return "".join(_canonical_word(w) if i % 2 == 0 else w for i, w in enumerate(words))


def is_known(text: str, spaced: bool) -> bool:
    """Return whether ``text`` begins with a unit of the table; one letter is a unit only where ``spaced``."""
    word = re.match(r"[A-Za-z]*", text.strip())
    name = word[0] if word else ""
    if len(name) == 1:
        return spaced and name in _SYMBOLS
    lower = name.lower()
    return any(n in _SAME or n in _CANONICAL for n in (name, lower, lower.removesuffix("s")))


def _canonical_word(word: str) -> str:
    name, caret, power = word.partition("^")
    lower = name.lower()
    for candidate in (name, lower, lower.removesuffix("s")):
        if candidate in _SAME:
            return candidate + caret + power
        if candidate in _CANONICAL:
            return _CANONICAL[candidate] + caret + power
    return (lower.removesuffix("s") or lower) + caret + power
