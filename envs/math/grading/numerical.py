"""Decides whether two sympy expressions have the same value at a point, with as many digits as that needs.

60 digits do not distinguish ``e^150`` from ``e^150 + 1``. So the sizes of all terms are noted, and a tiny
difference is computed again, with additional digits: twice as many as lie between the largest and the
smallest term.
"""

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy
from sympy.core.function import AppliedUndef

from onelayer.envs.math.grading.arithmetic import TooLargeError

DIGITS = 60
MAX_DIGITS = 5_000
_SPARE = 8
"""how many digits rounding errors may affect"""
Values = Mapping[sympy.Symbol, sympy.Rational]


class OddRoot(sympy.Function):  # type: ignore[misc]
    """The real root of odd index, which a root sign means: ``OddRoot(-8, 3)`` is -2."""

    nargs = 2


class _Undefined(Exception):
    """An expression has no value, or one that is not real where all values must be."""


def agree(one: sympy.Expr, other: sympy.Expr, values: Values, real: bool) -> bool | None:
    r"""Return whether both have the same value, None where one has none.

    Args:
        one: an expression.
        other: another one.
        values: the values of all their variables.
        real: whether a part that is not real makes a value undefined: ``\ln a`` of a negative ``a``.

    Raises:
        TooLargeError: more than ``MAX_DIGITS`` would be needed.
    """
    digits, evaluation = 0, _Evaluation(values, DIGITS, real)
    while digits < evaluation.digits:
        digits = evaluation.digits
        difference = evaluation.difference(one, other)
        if difference is not None and difference > evaluation.error():
            return False
        evaluation = _Evaluation(values, evaluation.digits_needed(), real)
    return None if difference is None else True


def value_at(expression: sympy.Expr, values: Values, real: bool) -> Any | None:
    """Return the value in ``DIGITS`` digits, as a number of mpmath; None where there is none."""
    return _Evaluation(values, DIGITS, real).value(expression)


class _Evaluation:
    """Evaluates expressions, and keeps the binary exponents of the largest and the smallest term."""

    def __init__(self, values: Values, digits: int, real: bool):
        if digits > MAX_DIGITS:
            raise TooLargeError("the numbers have too many digits to compare")
        self.values, self.digits, self.real = values, digits, real
        self.largest = self.smallest = 0

    def value(self, expression: sympy.Expr) -> Any | None:
        """Return the value, None where there is none."""
        try:
            with mpmath.workdps(self.digits):
                return self._value(expression)
        except (_Undefined, ZeroDivisionError, ValueError, mpmath.libmp.NoConvergence):
            return None

    def difference(self, one: sympy.Expr, other: sympy.Expr) -> Any | None:
        """Return the distance of two values, None where either expression has none."""
        first, second = self.value(one), self.value(other)
        if first is None or second is None:
            return None
        with mpmath.workdps(self.digits):
            return abs(first - second)

    def error(self) -> Any:
        """Return the largest difference that rounding alone can cause."""
        return mpmath.ldexp(mpmath.mpf(10) ** (_SPARE - self.digits), self.largest)

    def digits_needed(self) -> int:
        """Return how many digits distinguish any two of the terms seen."""
        return DIGITS + int(2 * 0.302 * (self.largest - self.smallest))

    def _value(self, expression: sympy.Expr) -> Any:
        number = self._computed(expression)
        if isinstance(number, mpmath.mpc) and number.imag == 0:
            number = number.real
        if not mpmath.isfinite(number) or (self.real and isinstance(number, mpmath.mpc)):
            raise _Undefined
        self._note(number)
        return number

    def _computed(self, expression: sympy.Expr) -> Any:
        if expression.is_Rational:
            upper, lower = mpmath.mpf(int(expression.p)), mpmath.mpf(int(expression.q))
            self._note(upper)
            self._note(lower)
            return upper / lower
        if expression.is_Symbol:
            if expression not in self.values:
                raise _Undefined
            return self._computed(self.values[expression])
        if isinstance(expression, sympy.Add):
            return self._sum([self._value(term) for term in expression.args])
        if isinstance(expression, sympy.Mul):
            return mpmath.fprod(self._value(factor) for factor in expression.args)
        if isinstance(expression, sympy.Pow):
            return mpmath.power(*(self._value(part) for part in expression.args))
        function = _FUNCTIONS.get(expression.func)
        if function is None:
            return self._by_sympy(expression)
        arguments = [self._value(argument) for argument in expression.args]
        if isinstance(expression, sympy.sinh | sympy.cosh | sympy.tanh | sympy.coth):
            self._note(
                mpmath.exp(2 * arguments[0])
            )  # tanh and sinh/cosh differ from 1 by about the inverse of this
        return function(*arguments)

    def _sum(self, terms: list[Any]) -> Any:
        """The sum, or 0 where it is within the rounding error."""
        total = mpmath.fsum(terms)
        rounding = max(map(abs, terms)) * mpmath.mpf(10) ** (_SPARE - self.digits)
        return total if abs(total) > rounding else mpmath.mpf(0)

    def _by_sympy(self, expression: sympy.Expr) -> Any:
        number = expression.subs(self.values).evalf(self.digits)
        if not number.is_number or not number.is_finite or number.has(AppliedUndef):
            raise _Undefined
        upper, lower = number.as_real_imag()
        return mpmath.mpc(mpmath.mpf(str(upper)), mpmath.mpf(str(lower)))

    def _note(self, number: Any) -> None:
        if number:
            exponent = int(mpmath.mag(number))
            self.largest, self.smallest = max(self.largest, exponent), min(self.smallest, exponent)


def _odd_root(radicand: Any, index: Any) -> Any:
    if isinstance(radicand, mpmath.mpc) or radicand >= 0:
        return mpmath.power(radicand, 1 / index)
    return -mpmath.power(-radicand, 1 / index)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **{
        getattr(sympy, name): getattr(mpmath, name)
        for name in [
            "exp",
            "log",
            "sin",
            "cos",
            "tan",
            "cot",
            "sec",
            "csc",
            "asin",
            "acos",
            "atan",
            "acot",
            "sinh",
            "cosh",
            "tanh",
            "coth",
            "floor",
            "sign",
        ]
    },
    sympy.Abs: abs,
    sympy.ceiling: mpmath.ceil,
    sympy.factorial: mpmath.factorial,
    sympy.gamma: mpmath.gamma,
    sympy.binomial: mpmath.binomial,
    sympy.Max: max,
    sympy.Min: min,
    OddRoot: _odd_root,
    type(sympy.pi): lambda: +mpmath.pi,
    type(sympy.E): lambda: +mpmath.e,
    type(sympy.I): lambda: mpmath.mpc(0, 1),
    type(sympy.GoldenRatio): lambda: +mpmath.phi,
    type(sympy.EulerGamma): lambda: +mpmath.euler,
}
