"""Variables, constants and calls in an expression, by their names.

The functions take the parser when it has read the name, and leave it after what they read.
"""

from fractions import Fraction

from onelayer.envs.math.grading.token_reader import TokenReader
from onelayer.envs.math.grading.tree import Node


def read_symbol(parser: TokenReader, name: str) -> Node:
    """Return the constant, binomial coefficient, variable or call that begins with a letter."""
    if name in ("e", "i") and name not in parser.bound and parser.peek().text != "_":
        return Node("constant", value=name)
    if name == "C" and (combinations := _combinations(parser)) is not None:
        return combinations
    name += _subscript(parser)
    while parser.accept("'"):
        name += "'"
    return _called(parser, name)


def _called(parser: TokenReader, name: str) -> Node:
    """``f(x+1)`` and ``y(0)`` are calls; ``x(x+1)`` is a product."""
    if name in parser.bound or not (parser.peek().text == "(" and _is_call(parser, name)):
        return Node("symbol", value=parser.bound.get(name, name))
    parser.take()
    arguments = [parser.sum()]
    while parser.accept(","):
        arguments.append(parser.sum())
    parser.expect(")")
    return Node("apply", tuple(arguments), value=name)


def _is_call(parser: TokenReader, name: str) -> bool:
    """Whether the parenthesis behind a name holds arguments: a number, a letter, or several."""
    if name[0] in "fghFGHP":
        return True
    spaced = parser.peek().spaced
    inside = [token.text for token in parser.tokens[parser.at + 1 : parser.at + 4]]
    kinds = [token.kind for token in parser.tokens[parser.at + 1 : parser.at + 4]]
    if inside[:1] == ["-"]:
        inside, kinds = inside[1:], kinds[1:]
    if inside[1:2] == [")"] and (kinds[0] == "number" or (kinds[0] == "letter" and not spaced)):
        return True
    if spaced:
        return False
    depth = 0
    for token in parser.tokens[parser.at :]:
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(token.text, 0)
        if depth == 0:
            return False
        if depth == 1 and token.text == ",":
            return True
    return False


def _combinations(parser: TokenReader) -> Node | None:
    """``C_{10}^3`` as a binomial coefficient; None where ``C`` is a name."""
    at = parser.at
    if parser.accept("_"):
        upper = parser.argument()
        if parser.accept("^"):
            lower = parser.argument()
            numbers = [n.value for n in (upper, lower) if isinstance(n.value, Fraction)]
            if len(numbers) < 2 or numbers[0] >= max(numbers[1], Fraction(2)):
                return Node("binomial", (upper, lower))
    parser.at = at
    return None


def _subscript(parser: TokenReader) -> str:
    if not parser.accept("_"):
        return ""
    if not parser.accept("{"):
        return "_" + parser.take().text
    return "_" + parser.raw_group()


def read_greek(parser: TokenReader, name: str) -> Node:
    """Return a Greek variable or call; ``Γ(`` and ``ζ(`` are refused, since they may be functions."""
    if name in ("Gamma", "zeta") and parser.peek().text == "(":
        raise ValueError(f"\\{name}( may be a function")
    return _called(parser, "\\" + name + _subscript(parser))


def read_accented(parser: TokenReader, name: str) -> Node:
    r"""Return the variable or call whose name is ``\vec{v}`` or the like."""
    return _called(parser, name + _subscript(parser))
