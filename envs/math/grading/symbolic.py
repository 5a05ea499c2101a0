"""Whether two expressions are equal, decided by sympy and math-verify, in the worker process.

Values at sample points refute or confirm an equality (see ``numerical``). Where they do neither, math-verify
decides, with decimals as exact fractions and without its timeouts, which use signals.
"""

import re
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import sympy
from math_verify import LatexExtractionConfig, verify
from math_verify import parse as parse_latex
from sympy.core.function import AppliedUndef

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import TooLargeError
from onelayer.envs.math.grading.conversion import to_sympy
from onelayer.envs.math.grading.numerical import DIGITS, agree, value_at
from onelayer.envs.math.grading.rounding import rounds_to
from onelayer.envs.math.grading.tree import Node, symbols_of

_SAMPLES = tuple(
    tuple(sympy.Rational(*map(int, number.split("/"))) for number in line.split())
    for line in (
        "7/5 13/11 19/17 31/29",
        "17/7 29/13 37/23 5/3",
        "-11/13 23/19 -9/7 3/8",
        "-15/4 -22/9 41/12 -6/7",
        "3/7 2/9 5/11 1/4",
        "-3/8 -1/7 2/13 -5/9",
        "23/2 35/3 41/4 57/5",
        "-19/2 -29/3 -35/6 -47/7",
        "7/1 3/1 2/1 5/1",
    )
)
"""values of the variables in alphabetical order: of both signs, near 0, in (-1, 1), larger, whole"""
_ENOUGH = 2
"""number of samples at which both sides must have a value, for an equality to be confirmed"""
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
        for values in _points(symbols):
            one, two = (value_at(side, values, real=False) for side in (first, second))
            if one and two:
                ratio = _ratio(one, two)
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
        computed = sympy.Rational(evaluated)
        return rounds_to(Fraction(int(computed.p), int(computed.q)), value, places)


def expressions_equal(gold: sympy.Expr, answer: sympy.Expr) -> bool:
    """Return whether both are equal wherever they are defined and real."""
    if gold == answer:
        return gold not in (sympy.nan, sympy.zoo)
    if any(e.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo) for e in (gold, answer)):
        return False
    gold, answer = _calls_as_symbols(gold), _calls_as_symbols(answer)
    if sympy.expand(gold - answer) == 0:
        return True
    symbols = _symbols(gold, answer)
    if not symbols:
        return agree(gold, answer, {}, real=False) is True
    agreed: list[bool | None] = []
    if not gold.has(sympy.I) and not answer.has(sympy.I):
        agreed = _agreement(gold, answer, symbols, real=True)
    if False not in agreed and agreed.count(True) < _ENOUGH:
        agreed = _agreement(gold, answer, symbols, real=False)
    if False in agreed:
        return False
    if agreed.count(True) >= _ENOUGH and not gold.has(*STEPPED) and not answer.has(*STEPPED):
        return True
    return bool(verify(gold, answer, timeout_seconds=None))


def _agreement(
    gold: sympy.Expr, answer: sympy.Expr, symbols: Sequence[sympy.Symbol], real: bool
) -> list[bool | None]:
    """Whether both are equal at each sample, None where either is undefined; ends at the first difference."""
    agreed: list[bool | None] = []
    for values in _points(symbols, _positive(gold, answer) if real else ()):
        agreed.append(agree(gold, answer, values, real))
        if agreed[-1] is False:
            break
    return agreed


def _points(
    symbols: Sequence[sympy.Symbol], positive: Collection[sympy.Symbol] = ()
) -> list[dict[sympy.Symbol, sympy.Rational]]:
    """The values of the symbols at each sample, those in ``positive`` without their sign."""
    points = []
    for sample in _SAMPLES:
        point = {}
        for i, symbol in enumerate(symbols):
            value = sample[i % len(sample)] + sympy.Rational(i // len(sample), 3)
            point[symbol] = abs(value) if symbol in positive else value
        points.append(point)
    return points


def _positive(*expressions: sympy.Expr) -> set[sympy.Symbol]:
    r"""The symbols that a root or logarithm takes for positive: those of ``\sqrt{a/b}``, not of ``a^2``."""
    taken = set()
    for part in set().union(*(e.atoms(sympy.Pow, sympy.log) for e in expressions)):
        if isinstance(part, sympy.Pow) and not (part.exp.is_Rational and part.exp.q % 2 == 0):
            continue
        for factor in sympy.Mul.make_args(part.args[0]):
            base, exponent = factor.as_base_exp()
            if base.is_Symbol and exponent.is_odd:
                taken.add(base)
    return taken


def _symbols(*expressions: sympy.Expr) -> list[sympy.Symbol]:
    return sorted(set().union(*(e.free_symbols for e in expressions)), key=lambda s: s.name)


def _calls_as_symbols(expression: sympy.Expr) -> sympy.Expr:
    """Replace ``f(x)`` by a variable, since nothing is known of ``f``."""
    calls = {call: sympy.Symbol(str(call), real=True) for call in expression.atoms(AppliedUndef)}
    return expression.xreplace(calls)


def _ratio(one: Any, other: Any) -> sympy.Rational | None:
    """The quotient of two numbers as a fraction of small denominator, None where it is not one."""
    with mpmath.workdps(DIGITS):
        quotient = one / other
        if isinstance(quotient, mpmath.mpc):
            return None
        fraction = Fraction(str(quotient)).limit_denominator(10**9)
        error = abs(quotient - mpmath.mpf(fraction.numerator) / fraction.denominator)
        if error > abs(quotient) * mpmath.mpf(10) ** (10 - DIGITS):
            return None
    return sympy.Rational(fraction.numerator, fraction.denominator)


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
