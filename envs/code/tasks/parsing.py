"""Texts that mean something: numbers, lists, expressions."""

import re

from onelayer.envs.code.shipped import function, wrong
from onelayer.envs.code.tasks.draws import integers, word


def _pairs(rng):
    pairs = [f"{word(rng, 2, 1, 'ab')}={word(rng, 3, 0, 'xyz=')}" for _ in range(rng.randint(0, 5))]
    return [";".join(pairs) + rng.choice(["", ";"])]


@function(
    "easy",
    examples=[["color=red;size=10"]],
    draw=_pairs,
    edges=[[""], ["a=1;a=2"], ["url=x=y"], [";;k=v;"], ["empty="]],
)
def parse_pairs(text: str) -> dict[str, str]:
    """Return the keys and values of a text such as "color=red;size=10".

    A value may hold "=" and may be empty, the last value of a key counts, and empty parts are passed over.
    """
    parts = [part.partition("=") for part in text.split(";") if part]
    return {key: value for key, _, value in parts}


@wrong(parse_pairs)
def cuts_values(text):
    return {p.split("=")[0]: p.split("=")[1] for p in text.split(";") if p}


@wrong(parse_pairs)
def fails_on_empty_parts(text):
    return dict(part.split("=", 1) for part in text.split(";"))


@wrong(parse_pairs)
def the_first_value_counts(text):
    found = {}
    for part in text.split(";"):
        if part:
            key, _, value = part.partition("=")
            found.setdefault(key, value)
    return found


def _duration(rng):
    parts = [f"{rng.randint(0, 90)}{unit}" for unit in "hms" if rng.random() < 0.7]
    return ["".join(parts) or "5s"]


@function(
    "easy",
    examples=[["1h30m"]],
    draw=_duration,
    edges=[["45s"], ["2h"], ["1h1s"], ["100m"]],
)
def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as "1h30m" or "2m5s": hours, minutes, seconds, any left out."""
    seconds = {"h": 3600, "m": 60, "s": 1}
    return sum(int(n) * seconds[unit] for n, unit in re.findall(r"(\d+)([hms])", text))


@wrong(parse_duration)
def in_minutes(text):
    minutes = {"h": 60, "m": 1, "s": 0}
    return sum(int(n) * minutes[unit] for n, unit in re.findall(r"(\d+)([hms])", text))


@wrong(parse_duration)
def one_digit(text):
    seconds = {"h": 3600, "m": 60, "s": 1}
    return sum(int(n) * seconds[unit] for n, unit in re.findall(r"(\d)([hms])", text))


@wrong(parse_duration)
def all_parts_needed(text):
    found = re.fullmatch(r"(\d+)h(\d+)m(\d+)s", text)
    return (
        0
        if found is None
        else sum(int(n) * s for n, s in zip(found.groups(), (3600, 60, 1), strict=True))
    )


@function(
    "medium",
    examples=[["{[()]} x"], ["(]"]],
    draw=lambda rng: [
        rng.choice(["", "[a]", "{}"]).join(rng.choice(["()", "(", ")", "[]"]) for _ in range(3))
    ],
    edges=[[""], ["("], [")("], ["([)]"], ["(()"], ["f(a[1], {b})"], ["())("]],
)
def balanced(text: str) -> bool:
    """Return whether every bracket of `text`, of (), [] and {}, is closed by its like in the right order.

    All other characters are passed over.
    """
    opened: list[str] = []
    for character in text:
        if character in "([{":
            opened.append(character)
        elif character in ")]}" and (not opened or opened.pop() + character not in "()[]{}"):
            return False
    return not opened


@wrong(balanced)
def compares_counts(text):
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


@wrong(balanced)
def any_kind_closes(text):
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return False
    return depth == 0


@wrong(balanced)
def forgets_the_open_ones(text):
    opened = []
    for character in text:
        if character in "([{":
            opened.append(character)
        elif character in ")]}" and (not opened or opened.pop() + character not in "()[]{}"):
            return False
    return True


def _roman(n):
    table = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")]
    table += [(40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    text = ""
    for value, letters in table:
        text += letters * (n // value)
        n %= value
    return text


@function(
    "medium",
    examples=[["XIV"]],
    draw=lambda rng: [_roman(rng.randint(1, 3999))],
    edges=[["I"], ["MCMXCIX"], ["CDXLIV"], ["MMMDCCCLXXXVIII"]],
)
def from_roman(text: str) -> int:
    """Return the number of a Roman numeral from I to MMMCMXCIX.

    M is 1000, D 500, C 100, L 50, X 10, V 5 and I 1; one that stands before a larger one is taken off.
    """
    worth = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
    values = [worth[letter] for letter in text] + [0]
    return sum(-v if v < after else v for v, after in zip(values, values[1:], strict=False))


@wrong(from_roman)
def only_adds(text):
    return sum({"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}[c] for c in text)


@wrong(from_roman)
def knows_no_hundreds(text):
    worth = {"M": 1000, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
    values = [worth.get(letter, 0) for letter in text] + [0]
    return sum(-v if v < after else v for v, after in zip(values, values[1:], strict=False))


@wrong(from_roman)
def takes_off_equals(text):
    worth = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
    values = [worth[letter] for letter in text] + [0]
    return sum(-v if v <= after else v for v, after in zip(values, values[1:], strict=False))


@function(
    "medium",
    examples=[["1-3,7"]],
    draw=lambda rng: [
        ",".join(
            rng.choice([f"{n}", f"{n}-{n + rng.randint(0, 4)}"]) for n in integers(rng, 0, 40, 4, 1)
        )
    ],
    edges=[["5"], ["9-9"], ["1,1-2"], ["8-11"]],
)
def expand_ranges(text: str) -> list[int]:
    """Return the numbers of a text such as "1-3,7", in its order: both ends of a range belong to it."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


@wrong(expand_ranges)
def leaves_out_the_end(text):
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last)) if last else [int(first)]
    return numbers


@wrong(expand_ranges)
def only_the_ends(text):
    return [int(n) for part in text.split(",") for n in part.split("-")]


@wrong(expand_ranges)
def sorted_and_once(text):
    numbers = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return sorted(numbers)


@function(
    "medium",
    examples=[["1.9.0", "1.10"]],
    draw=lambda rng: [
        ".".join(map(str, integers(rng, 0, rng.choice([1, 12]), 3, 1))),
        ".".join(map(str, integers(rng, 0, rng.choice([1, 12]), 3, 1))),
    ],
    edges=[["1.0", "1"], ["1.0.1", "1"], ["10", "9"], ["0.0", "0"], ["2", "1.99"]],
)
def compare_versions(first: str, second: str) -> int:
    """Return -1, 0 or 1 as the first version is older than, the same as or newer than the second.

    Their parts are numbers between dots, compared from the left; missing ones are 0.
    """
    one, other = [int(n) for n in first.split(".")], [int(n) for n in second.split(".")]
    length = max(len(one), len(other))
    one, other = one + [0] * (length - len(one)), other + [0] * (length - len(other))
    return (one > other) - (one < other)


@wrong(compare_versions)
def as_text(first, second):
    return (first > second) - (first < second)


@wrong(compare_versions)
def longer_is_newer(first, second):
    one, other = [int(n) for n in first.split(".")], [int(n) for n in second.split(".")]
    return (one > other) - (one < other)


@wrong(compare_versions)
def only_shared_parts(first, second):
    for a, b in zip(first.split("."), second.split("."), strict=False):
        if int(a) != int(b):
            return 1 if int(a) > int(b) else -1
    return 0


def _expression(rng, depth=0):
    if depth > 3 or rng.random() < 0.25:
        return str(rng.randint(0, 12))
    inner = f"{_expression(rng, depth + 1)} {rng.choice('+-*')} {_expression(rng, depth + 1)}"
    return f"({inner})" if rng.random() < 0.4 else inner


@function(
    "hard",
    examples=[["2 + 3 * (4 - 1)"]],
    draw=lambda rng: [_expression(rng)],
    edges=[["7"], ["((7))"], ["10 - 3 - 2"], ["2*3+4"], ["2 - (3 - (4 - 5))"]],
)
def calculate(text: str) -> int:
    """Return the value of an expression of whole numbers, +, -, * and parentheses.

    `*` binds stronger, and equal ones go from left to right. There may be spaces anywhere but within numbers.
    Do it yourself: `eval` and `exec` do not count.
    """
    tokens = re.findall(r"\d+|[-+*()]", text)[::-1]

    def atom() -> int:
        token = tokens.pop()
        if token != "(":
            return int(token)
        value = terms()
        tokens.pop()
        return value

    def factors() -> int:
        value = atom()
        while tokens and tokens[-1] == "*":
            tokens.pop()
            value *= atom()
        return value

    def terms() -> int:
        value = factors()
        while tokens and tokens[-1] in "+-":
            value = value + factors() if tokens.pop() == "+" else value - factors()
        return value

    return terms()


@wrong(calculate)
def from_left_to_right(text):
    value, sign = 0, "+"
    for token in re.findall(r"\d+|[-+*]", text):
        if token in "+-*":
            sign = token
        else:
            n = int(token)
            value = {"+": value + n, "-": value - n, "*": value * n}[sign]
    return value


@wrong(calculate)
def passes_over_parentheses(text):
    total = 0
    for sign, term in re.findall(r"([-+]?)([\d*]+)", re.sub(r"[() ]", "", text)):
        product = 1
        for n in term.split("*"):
            product *= int(n)
        total += -product if sign == "-" else product
    return total


@wrong(calculate)
def from_right_to_left(text):
    tokens = re.findall(r"\d+|[-+*()]", text)[::-1]

    def atom():
        token = tokens.pop()
        if token != "(":
            return int(token)
        value = terms()
        tokens.pop()
        return value

    def factors():
        value = atom()
        while tokens and tokens[-1] == "*":
            tokens.pop()
            value *= atom()
        return value

    def terms():
        value = factors()
        if tokens and tokens[-1] in "+-":
            return value + terms() if tokens.pop() == "+" else value - terms()
        return value

    return terms()


@function(
    "medium",
    examples=[["192.168.0.1"]],
    draw=lambda rng: [
        ".".join(str(n) for n in integers(rng, 0, rng.choice([255, 300]), 5, 3))
        if rng.random() < 0.4
        else ".".join(rng.choice(["0", "7", "255", "256", "01", "10", "a"]) for _ in range(4))
    ],
    edges=[["0.0.0.0"], ["1.2.3"], ["1.2.3.4.5"], ["1.2.3.256"], ["1.2.3.04"], ["1..2.3"], [""]],
)
def is_address(text: str) -> bool:
    """Return whether `text` is four numbers from 0 to 255 between dots, none with a needless leading 0."""
    parts = text.split(".")
    return len(parts) == 4 and all(
        p.isdecimal() and int(p) <= 255 and str(int(p)) == p for p in parts
    )


@wrong(is_address)
def allows_leading_zeros(text):
    parts = text.split(".")
    return len(parts) == 4 and all(p.isdecimal() and int(p) <= 255 for p in parts)


@wrong(is_address)
def knows_no_largest(text):
    parts = text.split(".")
    return len(parts) == 4 and all(p.isdecimal() and str(int(p)) == p for p in parts)


@wrong(is_address)
def allows_more_parts(text):
    parts = text.split(".")
    return len(parts) >= 4 and all(
        p.isdecimal() and int(p) <= 255 and str(int(p)) == p for p in parts
    )
