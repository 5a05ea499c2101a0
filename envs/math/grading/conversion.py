"""Converting the tree of an expression to sympy."""

from collections.abc import Callable
from typing import Any

import sympy

from onelayer.envs.math.grading.arithmetic import MAX_FACTORIAL, TooLargeError, rational_value
from onelayer.envs.math.grading.numerical import OddRoot
from onelayer.envs.math.grading.tokens import FUNCTIONS
from onelayer.envs.math.grading.tree import Node


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
    if node.operator in _BINDERS:
        bound = sympy.Symbol(str(node.value), real=True)
        return _BINDERS[node.operator](bound, *arguments)
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
    if not (index.is_Integer and index.is_odd):
        return radicand ** (1 / index)
    if radicand.free_symbols:
        return OddRoot(radicand, index)
    return -((-radicand) ** (1 / index)) if radicand.is_negative else radicand ** (1 / index)


def _sum_of(bound: sympy.Symbol, term: sympy.Expr, low: sympy.Expr, high: sympy.Expr) -> sympy.Expr:
    whole = sympy.Symbol(bound.name, integer=True)
    return sympy.Sum(term.xreplace({bound: whole}), (whole, low, high)).doit()


def _product_of(
    bound: sympy.Symbol, factor: sympy.Expr, low: sympy.Expr, high: sympy.Expr
) -> sympy.Expr:
    if (high - low).is_number and high.is_finite and high - low > MAX_FACTORIAL:
        raise TooLargeError("the product has too many factors")
    whole = sympy.Symbol(bound.name, integer=True)
    return sympy.Product(factor.xreplace({bound: whole}), (whole, low, high)).doit()


def _integral(
    bound: sympy.Symbol, integrand: sympy.Expr, low: sympy.Expr, high: sympy.Expr
) -> sympy.Expr:
    return sympy.Integral(integrand, (bound, low, high)).doit()


def _factorial(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        raise ValueError("the factorial of a number that is no integer")
    return sympy.factorial(argument)


_NAMED: dict[str, Callable[..., Any]] = {
    "ln": sympy.log,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "arccot": sympy.acot,
}
_BINDERS: dict[str, Callable[..., Any]] = {
    "sum_of": _sum_of,
    "product_of": _product_of,
    "integral": _integral,
    "limit": lambda bound, body, point: sympy.limit(body, bound, point, "+-"),
    "limit+": lambda bound, body, point: sympy.limit(body, bound, point, "+"),
    "limit-": lambda bound, body, point: sympy.limit(body, bound, point, "-"),
}
_BUILDERS: dict[str, Callable[..., Any]] = {
    "mixed": lambda whole, part: whole + part,
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
