r"""Sums, products, integrals and limits, as nodes of the tree: ``\sum_{k=1}^n k^2`` and the like.

A bound variable is named after its depth, so that ``\sum_k k`` and ``\sum_n n`` give the same tree. The
functions take the parser when it has read the command, and leave it after what they read.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from onelayer.envs.math.grading.token_reader import TokenReader
from onelayer.envs.math.grading.tokens import Token
from onelayer.envs.math.grading.tree import BOUND, Node

OPERATORS = {"sum": "sum_of", "prod": "product_of", "int": "integral", "lim": "limit"}


def read_operator(parser: TokenReader, name: str) -> Node:
    """Return the node of the operator ``name``, a key of ``OPERATORS``.

    Raises:
        ValueError: it has no range, or its variable cannot be found.
    """
    if name == "lim":
        return _limit(parser)
    return _integral(parser) if name == "int" else _over_range(parser, OPERATORS[name])


def _over_range(parser: TokenReader, operator: str) -> Node:
    r"""``\sum_{k=1}^{n} k^2``, its limits in either order; it ends at the next sign."""
    high = parser.argument() if parser.accept("^") else None
    parser.expect("_")
    parser.expect("{")
    variable = _variable(parser.take())
    parser.expect("=")
    low = parser.sum()
    parser.expect("}")
    if high is None:
        parser.expect("^")
        high = parser.argument()
    with _binding(parser, variable) as bound:
        return Node(operator, (parser.product(), low, high), bound)


def _integral(parser: TokenReader) -> Node:
    r"""``\int_0^1 x^2\,dx``; one without limits is a family of functions, and is not read here."""
    parser.expect("_")
    low = parser.argument()
    parser.expect("^")
    high = parser.argument()
    with _binding(parser, _variable_of_integration(parser)) as bound:
        parser.integrals += 1
        integrand = parser.sum()
        parser.integrals -= 1
        parser.expect("d")
        parser.take()
        return Node("integral", (integrand, low, high), bound)


def _limit(parser: TokenReader) -> Node:
    r"""``\lim_{x\to 0^+} \frac{1}{x}``."""
    parser.expect("_")
    parser.expect("{")
    variable = _variable(parser.take())
    if not parser.accept("\\to", "\\rightarrow"):
        raise ValueError("a limit needs \\to")
    side = _take_side(parser)
    point = parser.sum()
    parser.expect("}")
    with _binding(parser, variable) as bound:
        return Node("limit" + side, (parser.product(), point), bound)


def _take_side(parser: TokenReader) -> str:
    """Remove ``^+`` or ``^-`` at the end of the group that the parser is in; return the sign."""
    close = next(
        (i for i in range(parser.at, len(parser.tokens)) if parser.tokens[i].text == "}"), 0
    )
    start = close - 2
    if (
        start > parser.at
        and parser.tokens[start].text == "^"
        and parser.tokens[start + 1].text in "+-"
    ):
        sign = parser.tokens[start + 1].text
        del parser.tokens[start:close]
        return sign
    return ""


def is_differential(first: Token, second: Token) -> bool:
    """Return whether two tokens are the ``dx`` of an integral."""
    return first.text == "d" and second.kind in ("letter", "command")


def _variable_of_integration(parser: TokenReader) -> str:
    depth = 0
    for token, following in zip(
        parser.tokens[parser.at :], parser.tokens[parser.at + 1 :], strict=False
    ):
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(token.text, 0)
        if depth == 0 and is_differential(token, following):
            return _variable(following)
        if depth < 0:
            break
    raise ValueError("an integral needs its dx")


def _variable(token: Token) -> str:
    if token.kind not in ("letter", "command"):
        raise ValueError(f"{token.text!r} is no variable")
    return token.text


@contextmanager
def _binding(parser: TokenReader, variable: str) -> Iterator[str]:
    """Read ``variable`` as a bound one."""
    before = parser.bound
    bound = f"{BOUND}{len(before)}"
    parser.bound = {**before, variable: bound}
    yield bound
    parser.bound = before
