"""What is customarily written in two ways: a degree sign in a sum, a constant of integration."""

from dataclasses import replace

from onelayer.envs.math.grading.answers import Scalar
from onelayer.envs.math.grading.tree import Node, operators_of, symbols_of

_CONSTANTS = ("C", "c", "K", "k", "C_1", "c_1")
_LINEAR = ("sum", "negative", "product", "quotient", "degrees")
"""operations through which degree signs are dropped; one inside a function, as in ``sin 30°``, is kept"""


def in_degrees(gold: Scalar, answer: Scalar) -> tuple[Scalar, Scalar]:
    """Return both without degree signs, where only one has some: ``180°-2α`` and ``180-2α``."""
    has = [s.tree is not None and "degrees" in operators_of(s.tree) for s in (gold, answer)]
    variables = all(s.tree is not None and symbols_of(s.tree) for s in (gold, answer))
    return (_plain(gold), _plain(answer)) if has[0] != has[1] and variables else (gold, answer)


def _plain(scalar: Scalar) -> Scalar:
    return scalar if scalar.tree is None else replace(scalar, tree=_without_signs(scalar.tree))


def _without_signs(node: Node) -> Node:
    if node.operator == "degrees":
        return node.arguments[0]
    if node.operator not in _LINEAR:
        return node
    return Node(node.operator, tuple(map(_without_signs, node.arguments)), node.value)


def with_constant_of(gold: Scalar, answer: Scalar) -> Scalar:
    """Return the answer with the gold's name for a constant of integration: ``x^2 + c`` for ``x^2 + C``."""
    wanted, given = _constants(gold), _constants(answer)
    if (
        gold.tree is None
        or answer.tree is None
        or wanted != ["C"]
        or len(given) != 1
        or given == wanted
    ):
        return answer
    others = symbols_of(gold.tree) - {"C"}
    if not others or "C" in symbols_of(answer.tree) or any(name[0].isupper() for name in others):
        return answer
    tree = Node("sum", tuple(_renamed(term, given[0]) for term in answer.tree.arguments))
    return replace(answer, tree=tree, text=f"{answer.text} with C")


def _constants(scalar: Scalar) -> list[str]:
    """The terms of a sum that are a usual letter of a constant."""
    terms = (
        scalar.tree.arguments if scalar.tree is not None and scalar.tree.operator == "sum" else ()
    )
    return [str(t.value) for t in terms if t.operator == "symbol" and t.value in _CONSTANTS]


def _renamed(term: Node, name: str) -> Node:
    return Node("symbol", value="C") if term == Node("symbol", value=name) else term
