"""Whether two expressions are equal, decided by math-verify and sympy, in the worker process.

math-verify's verdict is kept from its known errors: decimals come to it as exact fractions, sizes are
bounded before anything is evaluated, its timeouts (signals) are off, and numbers at sample points can
refuse a "yes" (it rounds differences below 1e-15 to zero) and confirm an identity it cannot prove.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

import sympy
from math_verify import LatexExtractionConfig, verify
from math_verify import parse as parse_latex
from sympy.core.function import AppliedUndef

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import TooLargeError, rational_value
from onelayer.envs.math.grading.expressions import Node
from onelayer.envs.math.grading.statements import symbols_of
from onelayer.envs.math.grading.tokens import FUNCTIONS

SAMPLES = (
    (sympy.Rational(7, 5), sympy.Rational(13, 11), sympy.Rational(19, 17), sympy.Rational(31, 29)),
    (sympy.Rational(17, 7), sympy.Rational(29, 13), sympy.Rational(37, 23), sympy.Rational(5, 3)),
    (sympy.Rational(-11, 13), sympy.Rational(23, 19), sympy.Rational(-9, 7), sympy.Rational(3, 8)),
    (sympy.Rational(-15, 4), sympy.Rational(-22, 9), sympy.Rational(41, 12), sympy.Rational(-6, 7)),
)
"""the first two are positive, where roots and logarithms are real"""
DIGITS = 60
STEPPED = (
    sympy.floor,
    sympy.ceiling,
    sympy.Mod,
    sympy.Abs,
    sympy.sign,
    sympy.Piecewise,
    sympy.Max,
    sympy.Min,
)
"""functions whose equality at sample points proves nothing elsewhere"""


class SympyAlgebra:
    """The ``Algebra`` of ``equality``."""

    def equal(self, gold: a.Scalar, answer: a.Scalar) -> bool:
        """Return whether both are equal wherever they are defined."""
        if gold.tree is not None and answer.tree is not None:
            return expressions_equal(to_sympy(gold.tree), to_sympy(answer.tree))
        return opaque_equal(gold.text, answer.text)

    def proportional(self, gold: Node, answer: Node, positive: bool) -> bool:
        """Return whether one is a constant multiple of the other."""
        if symbols_of(gold) != symbols_of(answer):
            return False
        first, second = to_sympy(gold), to_sympy(answer)
        symbols = _symbols(first, second)
        for sample in SAMPLES:
            one, two = _at(first, sample, symbols), _at(second, sample, symbols)
            if one is not None and two is not None and one != 0 and two != 0:
                ratio = _rational(one / two)
                if ratio is None or (positive and ratio < 0):
                    return False
                return expressions_equal(first, ratio * second)
        return False

    def rounds(self, exact: Node, value: Fraction, places: int) -> bool:
        """Return whether ``exact``, rounded or cut to ``places`` decimals, is ``value``."""
        number = to_sympy(exact)
        if number.free_symbols:
            return False
        evaluated = number.evalf(DIGITS + max(places, 0))
        if not evaluated.is_Float or not evaluated.is_finite:
            return False
        error = (evaluated - sympy.Rational(value.numerator, value.denominator)) * sympy.Integer(
            10
        ) ** places
        return bool(abs(error) <= 0.5) or bool(
            abs(error) < 1
            and abs(evaluated) > abs(sympy.Rational(value.numerator, value.denominator))
        )


def expressions_equal(gold: sympy.Expr, answer: sympy.Expr) -> bool:
    """Return whether both are equal: by math-verify, and not against numbers at sample points."""
    if gold == answer:
        return gold not in (sympy.nan, sympy.zoo)
    if any(e.has(sympy.nan, sympy.zoo) for e in (gold, answer)):
        return False
    if gold.has(sympy.oo, -sympy.oo) or answer.has(sympy.oo, -sympy.oo):
        return False
    gold, answer = _calls_as_symbols(gold), _calls_as_symbols(answer)
    if sympy.expand(gold - answer) == 0:
        return True
    symbols = _symbols(gold, answer)
    agreed = _agreement(gold, answer, SAMPLES if symbols else SAMPLES[:1], symbols)
    if False in agreed[:2]:
        return False
    stepped = gold.has(*STEPPED) or answer.has(*STEPPED)
    if agreed.count(True) == len(agreed) and not stepped:
        return True
    if gold.is_number and answer.is_number and True not in agreed:
        return False
    return bool(verify(gold, answer, timeout_seconds=None))


def _calls_as_symbols(expression: sympy.Expr) -> sympy.Expr:
    """Take ``f(x)`` as a variable of its own, for nothing is known of ``f``."""
    calls = {call: sympy.Symbol(str(call), real=True) for call in expression.atoms(AppliedUndef)}
    return expression.xreplace(calls)


def _agreement(
    gold: sympy.Expr,
    answer: sympy.Expr,
    samples: Sequence[Sequence[sympy.Rational]],
    symbols: list[sympy.Symbol],
) -> list[bool | None]:
    """Whether both have one value at each sample; None where either has none."""
    digits = DIGITS + 2 * _written_digits(gold) + 2 * _written_digits(answer)
    if digits > 5000:
        raise TooLargeError("the numbers have too many digits to compare")
    agreed: list[bool | None] = []
    for sample in samples:
        one, two = (_at(e, sample, symbols, digits) for e in (gold, answer))
        if one is None or two is None:
            agreed.append(None)
            continue
        size = max(abs(one), abs(two))
        agreed.append(bool(abs(one - two) <= size * sympy.Float(10) ** (8 - digits)))
    return agreed


def _rational(number: sympy.Expr) -> sympy.Rational | None:
    """The fraction with a small denominator that a real number is to all its digits."""
    if not number.is_real:
        return None
    fraction = Fraction(str(number)).limit_denominator(10**9)
    ratio = sympy.Rational(fraction.numerator, fraction.denominator)
    return ratio if abs(number - ratio) <= abs(number) * sympy.Float(10) ** (10 - DIGITS) else None


def _written_digits(expression: sympy.Expr) -> int:
    """How many digits the numbers in it have: two that differ at all differ within about as many."""
    sizes = [n.p.bit_length() + n.q.bit_length() for n in expression.atoms(sympy.Rational)]
    return sum(size * 3 // 10 for size in sizes if size > 40)


def _symbols(*expressions: sympy.Expr) -> list[sympy.Symbol]:
    return sorted(set().union(*(e.free_symbols for e in expressions)), key=lambda s: s.name)


def _at(
    expression: sympy.Expr,
    sample: Sequence[sympy.Rational],
    symbols: list[sympy.Symbol],
    digits: int = DIGITS,
) -> sympy.Expr | None:
    """The value at a sample point, None where there is none."""
    values = {
        s: sample[i % len(sample)] + sympy.Rational(i // len(sample), 3)
        for i, s in enumerate(symbols)
    }
    value = expression.subs(values).evalf(digits)
    return value if value.is_number and value.is_finite and not value.has(AppliedUndef) else None


def to_sympy(node: Node) -> sympy.Expr:
    """Return the sympy expression; every subtree of rational numbers is folded, within its bounds.

    Raises:
        TooLargeError: a number is too large to compute.
    """
    value = rational_value(node)
    if value is not None:
        return sympy.Rational(value.numerator, value.denominator)
    if node.operator == "symbol":
        return sympy.Symbol(str(node.value), real=True)
    if node.operator == "constant":
        return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "infinity": sympy.oo}[str(node.value)]
    arguments = [to_sympy(argument) for argument in node.arguments]
    if node.operator == "apply":
        return sympy.Function(str(node.value))(*arguments)
    return _BUILDERS[node.operator](*arguments)


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if base.is_number and exponent.is_Rational and abs(exponent) > 10_000:
        raise TooLargeError("the power is too large")
    if base.is_Rational and exponent.is_number and not exponent.is_Rational:
        size = abs(exponent.evalf(15))
        if not size.is_finite or size > 10_000:
            raise TooLargeError("the power is too large")
    return base**exponent


def _root(radicand: sympy.Expr, index: sympy.Expr) -> sympy.Expr:
    """The real root of a negative number where ``index`` is odd."""
    if index.is_Integer and index.is_odd and radicand.is_negative:
        return -((-radicand) ** (1 / index))
    return radicand ** (1 / index)


def _factorial(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        raise ValueError("the factorial of a number that is no integer")
    return sympy.factorial(argument)


_NAMED = {
    "ln": sympy.log,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "arccot": sympy.acot,
}
_BUILDERS = {
    "sum": lambda *terms: sympy.Add(*terms),
    "negative": lambda x: -x,
    "product": lambda x, y: x * y,
    "quotient": lambda x, y: x / y,
    "power": _power,
    "sqrt": sympy.sqrt,
    "cbrt": lambda x: _root(x, sympy.Integer(3)),
    "root": lambda x, n: _root(x, n),
    "factorial": _factorial,
    "double_factorial": sympy.factorial2,
    "binomial": sympy.binomial,
    "abs": sympy.Abs,
    "floor": sympy.floor,
    "ceil": sympy.ceiling,
    "max": sympy.Max,
    "min": sympy.Min,
    "gcd": sympy.gcd,
    "lcm": sympy.lcm,
    "mod": sympy.Mod,
    "degrees": lambda x: x * sympy.pi / 180,
    "log": lambda x, base: sympy.log(x) / sympy.log(base),
} | {name: _NAMED.get(name) or getattr(sympy, name) for name in FUNCTIONS - {"log", "lg"}}


def opaque_equal(gold: str, answer: str) -> bool:
    """Compare two texts through math-verify's own parser: sums, integrals, limits, sets."""
    if _letters(gold) != _letters(answer) and _letters(gold.lower()) == _letters(answer.lower()):
        return False  # its parser makes all variables lower case
    if any(_too_large(text) for text in (gold, answer)):
        raise TooLargeError("a number is too large to compute")
    parsed = [
        parse_latex(
            f"${_exact(text)}$",
            [LatexExtractionConfig()],
            fallback_mode="no_fallback",
            parsing_timeout=None,
        )
        for text in (gold, answer)
    ]
    if not parsed[0] or not parsed[1]:
        return False
    one, two = parsed[0][0], parsed[1][0]
    sets = [isinstance(x, sympy.Set) for x in (one, two)]
    if sets[0] != sets[1]:
        return False
    if one == two:
        return True
    if isinstance(one, sympy.Expr) and isinstance(two, sympy.Expr):
        one, two = one.doit(), two.doit()
        return expressions_equal(one, two)
    return bool(verify(one, two, timeout_seconds=None))


def _letters(text: str) -> set[str]:
    return set(re.findall(r"(?<![\\A-Za-z])[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", text)))


def _exact(text: str) -> str:
    """Write decimals as fractions, so that nothing is rounded."""
    text = re.sub(r"\\(frac|sqrt)(\d)", r"\\\1 \2", text)
    return re.sub(
        r"\d*\.\d+",
        lambda m: rf"\frac{{{m[0].replace('.', '')}}}{{{10 ** len(m[0].split('.')[1])}}}",
        text,
    )


def _too_large(text: str) -> bool:
    """Whether it holds a power, factorial or range of large numbers, which sympy would evaluate."""
    numbers = [int(n) for n in re.findall(r"\d{1,20}", text)]
    nested = len(re.findall(r"\^", text)) > 3
    return (
        max(numbers, default=0) > 10_000 or (nested and max(numbers, default=0) > 9) or "!" in text
    )
