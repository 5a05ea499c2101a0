"""The kinds of answers, once read: small immutable trees that ``equality`` compares."""

from dataclasses import dataclass
from fractions import Fraction

from onelayer.envs.math.grading.tree import Node


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number or an expression."""

    text: str
    tree: Node | None
    """None where only math-verify's parser may understand the text"""
    value: Fraction | None = None
    """the exact value, where arithmetic gives one"""
    digits: int | None = None
    """significant digits, where it is written as a decimal"""
    places: int = 0
    """digits behind the decimal point"""
    grouped: str = ""
    """the text with its thousands separators, where it has some: it may be meant as a list"""
    too_large: bool = False
    """its value is too large to compute"""


@dataclass(frozen=True, slots=True)
class Text:
    """Words, or what was not understood."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A letter of a multiple choice, and the text behind it: ``A. 42``."""

    letter: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit, in canonical writing."""

    amount: Scalar
    unit: str


@dataclass(frozen=True, slots=True)
class Percent:
    """``amount`` hundredths."""

    amount: Scalar


@dataclass(frozen=True, slots=True)
class Degrees:
    """``amount`` degrees of an angle."""

    amount: Scalar


@dataclass(frozen=True, slots=True)
class Based:
    """Digits in a base other than ten."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Modular:
    """A residue class."""

    residue: "Answer"
    modulus: "Answer"


@dataclass(frozen=True, slots=True)
class Time:
    """A time of the day or a duration, in seconds."""

    seconds: int
    half: str = ""
    """``am`` or ``pm``"""


@dataclass(frozen=True, slots=True)
class Ratio:
    """``a : b : c``."""

    terms: tuple["Answer", ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list without brackets: its order matters where a convention says so."""

    items: tuple["Answer", ...]


@dataclass(frozen=True, slots=True)
class Braces:
    """A finite set."""

    items: tuple["Answer", ...]


@dataclass(frozen=True, slots=True)
class Bracketed:
    """A tuple, a point, a vector or an interval, with its two brackets as written."""

    opening: str
    items: tuple["Answer", ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Union:
    """Intervals and sets, joined."""

    parts: tuple["Answer", ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """``x = 5``, ``0 < x < 1``: n + 1 sides and n operators, each of ``= < > ≤ ≥ ≠ ≈ ≡ ∈``."""

    sides: tuple["Answer", ...]
    operators: tuple[str, ...]
    name_first: bool
    """the first side is a name: a symbol, ``f(x)``, ``(p, q)``, ``|AB|``"""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple["Answer", ...], ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """A function by cases: values, each with its condition."""

    rows: tuple[tuple["Answer", "Answer"], ...]


Answer = (
    Scalar
    | Text
    | Choice
    | Quantity
    | Percent
    | Degrees
    | Based
    | Modular
    | Time
    | Ratio
    | Items
    | Braces
    | Bracketed
    | Union
    | Relation
    | Matrix
    | Cases
)
