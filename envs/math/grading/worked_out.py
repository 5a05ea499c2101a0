"""Whether an answer to a number was worked out.

Equality compares values, and the value of ``2 * 3`` is 6. As an answer to "Calculate 2 * 3." it repeats the
question, and a policy that is rewarded for it learns nothing else. So the answer's tree must leave no
operation to carry out. ``echoes`` finds answers that repeat the problem in another way.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import rational_value
from onelayer.envs.math.grading.calculus import OPERATORS
from onelayer.envs.math.grading.normal_form import normal_form
from onelayer.envs.math.grading.statements import claimed, exact_sides, states_a_number
from onelayer.envs.math.grading.tree import Node, operators_of, symbols_of

_TASKS = frozenset([*OPERATORS.values(), "limit+", "limit-", "mod"])
"""operations that always remain to be carried out: no number is written with them"""
_CLOSED = frozenset(
    ["number", "constant", "negative", "sum", "product", "quotient", "power", "mixed", "degrees"]
).union(["sqrt", "cbrt", "root", "exp"])
"""operations that may be left in a number, as in ``(1+\\sqrt5)/2``; others only where the gold has them"""
NEUTRAL = {"sum": 0, "product": 1}
"""operations on any number of terms, each with its neutral term"""
_LOGARITHMS = frozenset(["ln", "log"])


def is_worked_out(answer: a.Answer, gold: a.Answer, strictly: bool) -> bool:
    """Return whether nothing is left to calculate in ``answer``, where ``gold`` is a number or numbers.

    Args:
        answer: an answer that equals ``gold``.
        gold: the reference; if it has variables, or an operation left itself, any answer is worked out.
        strictly: whether sums, products, powers and the like must be carried out; else only sums over a
            range, integrals, limits and remainders.
    """
    if strictly and isinstance(gold, a.Relation) and isinstance(answer, a.Relation):
        solved = states_a_number(answer) or not states_a_number(gold)
        if not solved:
            return False
    golds = list(scalars_of(gold))
    if not golds or not all(s.tree is not None and _is_number(s.tree) for s in golds):
        return True
    allowed = frozenset[str]().union(*(operators_of(s.tree) for s in golds if s.tree is not None))
    if allowed & _LOGARITHMS:
        allowed |= _LOGARITHMS
    for found in scalars_of(answer):
        if found.tree is None or operators_of(found.tree) & _TASKS - allowed:
            return False
        if strictly and not _is_done(found.tree, allowed):
            return False
    return True


def scalars_of(answer: a.Answer) -> Iterator[a.Scalar]:
    """Yield the numbers and expressions in an answer; for an equation, those that it states."""
    match answer:
        case a.Scalar():
            yield answer
        case a.Quantity() | a.Percent() | a.Degrees():
            yield answer.amount
        case a.Modular():
            yield from _scalars_in((answer.residue, answer.modulus))
        case a.Items(items=parts) | a.Braces(items=parts) | a.Bracketed(items=parts):
            yield from _scalars_in(parts)
        case a.Union(parts=parts) | a.Ratio(terms=parts):
            yield from _scalars_in(parts)
        case a.Matrix():
            for row in answer.rows:
                yield from _scalars_in(row)
        case a.Relation():
            yield from scalars_of(value_of(answer))


def _scalars_in(parts: Sequence[a.Answer]) -> Iterator[a.Scalar]:
    for part in parts:
        yield from scalars_of(part)


def value_of(relation: a.Relation) -> a.Answer:
    """Return the value that the relation claims, from a side that is worked out: 5 for ``5 = 2 + 3 = x``.

    Without such a side it is the side that claims it. A relation that claims no value is taken as its last
    side that is a number, else as all of its sides.
    """
    value, sides = claimed(relation), exact_sides(relation)
    done = [side for side in reversed(sides) if _is_worked_out_number(side)]
    if value is None:
        return done[0] if done else a.Items(relation.sides)
    return next((side for side in done if _is_the_same(side, value)), value)


def _is_worked_out_number(side: a.Answer) -> bool:
    numbers = list(scalars_of(side))
    return bool(numbers) and all(s.tree is not None and _is_number(s.tree) for s in numbers)


def _is_the_same(side: a.Answer, value: a.Answer) -> bool:
    """Whether a side stands for the value that was compared: ``relations`` checks numbers, nothing else."""
    if side is value or (isinstance(side, a.Scalar) and isinstance(value, a.Scalar)):
        return True
    pairs = [[s.value for s in scalars_of(one)] for one in (side, value)]
    return type(side) is type(value) and pairs[0] == pairs[1] and None not in pairs[0]


def _is_number(tree: Node) -> bool:
    return not symbols_of(tree) and _is_done(tree, frozenset())


def _is_done(node: Node, allowed: frozenset[str]) -> bool:
    """Whether an expression without variables leaves no operation on rational numbers to carry out."""
    if node.operator not in _CLOSED and node.operator not in allowed:
        return False
    value = _value(node)
    if value is not None:
        return is_literal(node, value)
    parts = flat(node, node.operator)
    if node.operator in NEUTRAL and sum(_value(part) is not None for part in parts) > 1:
        return False
    if node.operator == "sum" and not _is_collected(node, len(parts)):
        return False
    if not _is_reduced(node):
        return False
    return all(_is_done(part, allowed) for part in parts)


def _is_collected(total: Node, terms: int) -> bool:
    """Whether a sum has no like terms, unlike ``5√2 + 2√2``."""
    try:
        return len(normal_form(total)) == terms
    except ValueError:  # a term is too large to compute
        return False


def is_literal(node: Node, value: Fraction) -> bool:
    r"""Return whether a number is written as one: ``3/4``, ``2\frac12``, ``2^{10}``, ``1.5*10^3``."""
    match node.operator:
        case "number" | "mixed":
            return True
        case "negative":
            (number,) = node.arguments
            return number.operator != "negative" and is_literal(number, -value)
        case "quotient":
            return value.denominator > 1 and all(map(_is_integer, node.arguments))
        case "power":
            return all(map(_is_integer, node.arguments))
        case "product":
            factor, scale = node.arguments
            is_power_of_ten = scale.operator == "power" and _value(scale.arguments[0]) == 10
            return is_power_of_ten and is_literal(factor, value) and is_literal(scale, value)
    return False


def _is_integer(node: Node) -> bool:
    if node.operator == "negative":
        node = node.arguments[0]
    return (
        node.operator == "number"
        and isinstance(node.value, Fraction)
        and node.value.denominator == 1
    )


def _is_reduced(node: Node) -> bool:
    r"""Whether no factor can be taken out of a root, unlike that of ``\sqrt{242}`` and ``50^{1/2}``."""
    radicand = _value(node.arguments[0]) if node.arguments else None
    match node.operator:
        case "sqrt":
            index = 2
        case "cbrt":
            index = 3
        case "root":
            index = (_value(node.arguments[1]) or Fraction(1)).numerator
        case "power":
            index = (_value(node.arguments[1]) or Fraction(1)).denominator
        case _:
            return True
    if radicand is None or not 1 < index < 64:
        return True
    powers = [n**index for n in range(2, 1000)]
    return all(radicand.numerator % p and radicand.denominator % p for p in powers)


def _value(node: Node) -> Fraction | None:
    try:
        return rational_value(node)
    except (ValueError, ZeroDivisionError):
        return None


def flat(node: Node, operator: str) -> list[Node]:
    """Return the terms of nested sums or the factors of nested products; else the node's arguments."""
    if operator not in NEUTRAL:
        return list(node.arguments)
    if node.operator != operator:
        return [node]
    return [part for argument in node.arguments for part in flat(argument, operator)]
