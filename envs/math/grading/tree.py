"""The tree of an expression, which ``expressions`` reads and ``symbolic`` compares."""

from dataclasses import dataclass
from fractions import Fraction

BOUND = "\N{BULLET}"
"""first character of the names of bound variables, those of a sum, an integral or a limit"""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator and its arguments; a leaf has a ``value``: a number, or the name of a symbol."""

    operator: str
    arguments: tuple["Node", ...] = ()
    value: Fraction | str | None = None


def symbols_of(node: Node) -> frozenset[str]:
    """Return the names of the variables, without those that are bound."""
    own: set[str] = set()
    if node.operator in ("symbol", "apply") and not str(node.value).startswith(BOUND):
        own.add(str(node.value))
    return frozenset(own.union(*(symbols_of(argument) for argument in node.arguments)))


def operators_of(node: Node) -> frozenset[str]:
    """Return the operators in it."""
    return frozenset([node.operator]).union(*map(operators_of, node.arguments))
