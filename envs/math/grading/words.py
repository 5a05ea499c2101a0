"""Answers in words: numbers, the empty set, dates, and how two texts may differ."""

import re
from fractions import Fraction


def _words(text: str) -> list[str]:
    return text.split()


_SMALL = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen  "
    "eighteen nineteen"
)
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_NUMBERS = {word: i for i, word in enumerate(_SMALL)} | {
    word: 10 * i for i, word in enumerate(_TENS, start=2)
}
_SCALES = {"hundred": 100, "thousand": 1000} | {
    word: 1000**i
    for i, word in enumerate(
        _words(
            "million billion trillion quadrillion quintillion sextillion septillion octillion nonillion"
        ),
        start=2,
    )
}
_MULTIPLES = _SCALES | {
    "dozen": 12,
    "score": 20,
    "grand": 1000,
    "lakh": 10**5,
    "crore": 10**7,
    "ten": 10,
}
_MONTHS = _words(
    "january february march april may june july august september october november december"
)

EMPTY_SET = frozenset(
    [
        *("no solution", "no solutions", "no real solution", "no real solutions", "empty set"),
        *("there is no solution", "there are no solutions", "there are no real solutions"),
        *("null set", "has no solution", "has no solutions"),
    ]
)
REAL_LINE = frozenset(
    ["all real numbers", "all reals", "all real values", "any real number", "the real numbers"]
)
_SYNONYMS = {
    "dne": "does not exist", "undefined": "does not exist", "none of the above": "none",
    "infinitely many solutions": "infinitely many",
    "infinite solutions": "infinitely many", "infinite": "infinitely many",
}  # fmt: skip
_ARTICLES = re.compile(r"^(?:a|an|the) (?=\w{2})", re.IGNORECASE)


_PARTS = {"half": 2, "halves": 2} | {
    word + plural: count
    for word, count in zip(
        _words(
            "third quarter fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "fifteenth sixteenth twentieth thirtieth"
        ),
        (3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 20, 30),
        strict=True,
    )
    for plural in ("", "s")
}


def number_in_words(text: str) -> Fraction | None:
    """Return the number that ``forty-five``, ``minus one``, ``two thirds`` or ``half`` means, else None."""
    negative = re.fullmatch(r"(?:minus|negative) (.+)", text.strip().lower())
    if negative:
        value = number_in_words(negative[1])
        if value is None and negative[1].isdecimal() and len(negative[1]) < 1000:
            value = Fraction(negative[1])
        return None if value is None else -value
    mixed = re.fullmatch(r"(.+) and (?:a|one) half", text.strip().lower())
    if mixed:
        whole = int(mixed[1]) if re.fullmatch(r"[0-9]{1,18}", mixed[1]) else _whole_number(mixed[1])
        return None if whole is None else whole + Fraction(1, 2)
    count, _, part = text.strip().lower().replace("-", " ").rpartition(" ")
    if part in _PARTS and (count or part == "half"):
        upper = _whole_number(count or "one")
        return None if upper is None else Fraction(upper, _PARTS[part])
    whole = _whole_number(text)
    return None if whole is None else Fraction(whole)


def _whole_number(text: str) -> int | None:
    """45 for ``forty-five``, 300 for ``three hundred``."""
    words = text.lower().replace("-", " ").replace(" and ", " ").split()
    if not words or len(words) > 12 or not all(w in _NUMBERS or w in _SCALES for w in words):
        return None
    total, part, last = 0, 0, 10**18
    for word in words:
        if word in _NUMBERS:
            value = _NUMBERS[word]
            if not (part % 100 == 0 or (part % 10 == 0 and value < 10 and part % 100 >= 20)):
                return None
            if value == 0 and len(words) > 1:
                return None
            part += value
        elif word == "hundred":
            if not 0 < part < 10:
                return None
            part *= 100
        else:
            scale = _SCALES[word]
            if part == 0 or scale >= last:
                return None
            total, part, last = total + part * scale, 0, scale
    return total + part


def scale_of(word: str) -> Fraction | None:
    """Return 1,000,000 for ``million`` and ``millions``, 1/10 for ``tenths``, None for other words."""
    one = word.lower().removesuffix("s")
    if one in _MULTIPLES:
        return Fraction(_MULTIPLES[one])
    if word.lower() in _PARTS and one != "quarter":  # a coin
        return Fraction(1, _PARTS[word.lower()])
    power_of_ten = _SCALES.get(one.removesuffix("th"))
    return Fraction(1, power_of_ten) if power_of_ten and one.endswith("th") else None


def date_of(text: str) -> str | None:
    """Return ``2024-01-05`` for a date in figures with the year first, or with the month's name."""
    match = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text)
    if match:
        return _date(int(match[1]), int(match[2]), int(match[3]))
    match = re.fullmatch(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", text)
    if match and (month := _month(match[1])):
        return _date(int(match[3]), month, int(match[2]))
    match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? (?:of )?([A-Za-z]{3,9})\.?,? (\d{4})", text)
    if match and (month := _month(match[2])):
        return _date(int(match[3]), month, int(match[1]))
    return None


def _month(name: str) -> int | None:
    found = [i for i, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower())]
    return found[0] if len(found) == 1 else None


def _date(year: int, month: int, day: int) -> str | None:
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else None


def comparable(text: str, case_matters: bool) -> str:
    """Return ``text`` without what may differ in equal texts: spaces, articles, fonts."""
    text = re.sub(r"\\(?:text|mathrm|mathbf)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"[\s$]+", " ", text.replace("{", "").replace("}", "")).strip(' .!,;:"')
    text = re.sub(r" ?([-+*/=<>()\[\],^|]) ?", r"\1", text)
    text = _ARTICLES.sub("", text)
    lower = text.lower()
    return text if case_matters else _SYNONYMS.get(lower, lower)
