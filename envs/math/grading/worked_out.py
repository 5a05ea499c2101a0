r"""Whether an answer was worked out, or is the question said again.

Equality compares values, and the value of ``2 * 3`` is 6. As an answer to "Calculate 2 * 3." it is the
question again, and a policy that is rewarded for it learns nothing else. Two things are decided here, on the
trees:

* an answer to a number is one: no operation is left to do (``is_worked_out``);
* an answer is no formula of the problem's text, unless the gold is that formula as well (``repeats``).
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.arithmetic import rational_value
from onelayer.envs.math.grading.calculus import OPERATORS
from onelayer.envs.math.grading.notation import clean
from onelayer.envs.math.grading.prose import formulas
from onelayer.envs.math.grading.reading import read
from onelayer.envs.math.grading.statements import stated, states_a_number
from onelayer.envs.math.grading.tree import Node, operators_of, symbols_of

_TASKS = frozenset([*OPERATORS.values(), "limit+", "limit-", "mod"])
"""operations that are a task wherever they stand: no number is written with them"""
_CLOSED = frozenset(
    ["number", "constant", "negative", "sum", "product", "quotient", "power", "mixed", "degrees"]
).union(["sqrt", "cbrt", "root", "exp"])
"""operations that may be left in a number, as in ``(1+\\sqrt5)/2``; others only where the gold has them"""
_NEUTRAL = {"sum": 0, "product": 1}
"""operations on any number of terms, and the term that changes nothing"""
_LOGARITHMS = frozenset(["ln", "log"])
_LONGEST_PROMPT = 20_000
"""characters of a problem in which formulas are looked for"""


def is_worked_out(answer: a.Answer, gold: a.Answer, strictly: bool) -> bool:
    """Return whether nothing is left to calculate in ``answer``, where ``gold`` is a number or numbers.

    Args:
        answer: an answer that equals ``gold``.
        gold: where it has variables, or an operation left itself, anything is worked out.
        strictly: whether sums, products, powers and the like must be carried out; else only sums over a
            range, integrals, limits and remainders.
    """
    if strictly and isinstance(gold, a.Relation) and isinstance(answer, a.Relation):
        solved = states_a_number(answer) or not states_a_number(gold)
        if not solved:
            return False
    golds = list(_scalars_of(gold))
    if not golds or not all(s.tree is not None and _is_number(s.tree) for s in golds):
        return True
    allowed = frozenset[str]().union(*(operators_of(s.tree) for s in golds if s.tree is not None))
    if allowed & _LOGARITHMS:
        allowed |= _LOGARITHMS
    for found in _scalars_of(answer):
        if found.tree is None or operators_of(found.tree) & _TASKS - allowed:
            return False
        if strictly and not _is_done(found.tree, allowed):
            return False
    return True


def repeats(answer: a.Answer, gold: a.Answer, prompt: str) -> bool:
    """Return whether ``answer`` is a formula of the problem's text, and ``gold`` is another one."""
    said = _said_in(prompt[-_LONGEST_PROMPT:])
    claimed = _claims(answer)
    if claimed and claimed <= said and not claimed <= _claims(gold):
        return True
    if not isinstance(answer, a.Relation):
        return False
    value = _value_of(answer)
    equations = _equations(answer)
    if not isinstance(value, a.Items):
        equations = [equation for equation in equations if _side_form(value) in equation]
        return any(equation in said for equation in equations if equation not in _equations(gold))
    return all(equation in said and equation not in _equations(gold) for equation in equations)


def _scalars_of(answer: a.Answer) -> Iterator[a.Scalar]:
    """The numbers and expressions an answer is made of; of an equation those it states."""
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
            yield from _scalars_of(_value_of(answer))


def _scalars_in(parts: Sequence[a.Answer]) -> Iterator[a.Scalar]:
    for part in parts:
        yield from _scalars_of(part)


def _value_of(relation: a.Relation) -> a.Answer:
    """The side that is a number, of a chain such as ``x = 2 + 3 = 5``; else what the relation states."""
    for side in reversed(relation.sides):
        numbers = list(_scalars_of(side))
        if numbers and all(s.tree is not None and _is_number(s.tree) for s in numbers):
            return side
    value = stated(relation)
    return a.Items(relation.sides) if value is None else value


def _is_number(tree: Node) -> bool:
    return not symbols_of(tree) and _is_done(tree, frozenset())


def _is_done(node: Node, allowed: frozenset[str]) -> bool:
    """Whether nothing in an expression without variables can be carried out on rational numbers."""
    if node.operator not in _CLOSED and node.operator not in allowed:
        return False
    value = _value(node)
    if value is not None:
        return _is_literal(node, value)
    parts = _flat(node, node.operator)
    if node.operator in _NEUTRAL and sum(_value(part) is not None for part in parts) > 1:
        return False
    if node.operator in ("sqrt", "cbrt", "root") and not _is_reduced(node):
        return False
    return all(_is_done(part, allowed) for part in parts)


def _is_literal(node: Node, value: Fraction) -> bool:
    r"""Whether a rational number is written as one: ``3/4``, ``2\frac12``, ``2^{10}``, ``1.5*10^3``."""
    match node.operator:
        case "number" | "mixed":
            return True
        case "negative":
            return _is_literal(node.arguments[0], -value)
        case "quotient":
            return value.denominator > 1 and all(map(_is_integer, node.arguments))
        case "power":
            return all(map(_is_integer, node.arguments))
        case "product":
            factor, scale = node.arguments
            is_power_of_ten = scale.operator == "power" and _value(scale.arguments[0]) == 10
            return is_power_of_ten and _is_literal(factor, value) and _is_literal(scale, value)
    return False


def _is_integer(node: Node) -> bool:
    if node.operator == "negative":
        node = node.arguments[0]
    return (
        node.operator == "number"
        and isinstance(node.value, Fraction)
        and node.value.denominator == 1
    )


def _is_reduced(root: Node) -> bool:
    r"""Whether no factor can be drawn out of the root of an integer, as it can of ``\sqrt{242}``."""
    radicand = _value(root.arguments[0])
    index = (
        _value(root.arguments[1])
        if root.operator == "root"
        else Fraction(2 + (root.operator == "cbrt"))
    )
    if radicand is None or index is None or radicand.denominator > 1 or not 1 < index < 64:
        return True
    return not any(radicand % n**index.numerator == 0 for n in range(2, 1000))


def _value(node: Node) -> Fraction | None:
    try:
        return rational_value(node)
    except (ValueError, ZeroDivisionError):
        return None


@lru_cache(maxsize=64)
def _said_in(prompt: str) -> frozenset[object]:
    """What every formula of a problem, and every side of an equation in it, claims."""
    said: set[object] = set()
    for formula in formulas(prompt):
        found = read(clean(formula))
        parts = found.items if isinstance(found, a.Items) else (found,)
        for part in parts:
            said |= {*_claims(part), *_equations(part)}
            for side in part.sides if isinstance(part, a.Relation) else ():
                said |= _claims(side)
    return frozenset(said)


def _claims(answer: a.Answer) -> frozenset[object]:
    """The expressions of an answer, each in one form, without those that are only a numeral or a name."""
    if isinstance(answer, a.Relation):
        value = _value_of(answer)
        return frozenset() if isinstance(value, a.Items) else _claims(value)
    return frozenset(filter(None, map(_claim, _scalars_of(answer))))


def _claim(scalar: a.Scalar) -> object:
    """What a number or expression claims; None where it is only a numeral or a name."""
    repeating = scalar.value is not None and ("\\overline" in scalar.text or "..." in scalar.text)
    if scalar.tree is None or repeating:
        return re.sub(r"\s", "", scalar.text)
    form = _form(scalar.tree)
    return None if isinstance(form, Fraction | Node) else form


def _equations(answer: a.Answer) -> list[tuple[object, ...]]:
    """The equations of a chain, one for each sign in it; of other answers none."""
    if not isinstance(answer, a.Relation):
        return []
    sides = list(map(_side_form, answer.sides))
    return [("relation", *pair) for pair in zip(answer.operators, sides, sides[1:], strict=False)]


def _side_form(side: a.Answer) -> object:
    return tuple(_form(s.tree) if s.tree else s.text for s in _scalars_of(side))


def _form(node: Node) -> object:
    """A tree in one form: sums and products in one order, signs before numbers; a leaf as it is."""
    if node.operator == "number":
        return node.value
    if not node.arguments:
        return node
    forms = [_form(part) for part in _flat(node, node.operator)]
    if node.operator == "negative":
        return -forms[0] if isinstance(forms[0], Fraction) else ("negative", forms[0])
    if node.operator in _NEUTRAL:
        forms = [form for form in forms if form != _NEUTRAL[node.operator]] or forms[:1]
        return forms[0] if len(forms) == 1 else (node.operator, *sorted(forms, key=repr))
    if node.operator in ("quotient", "power") and forms[1] == 1:
        return forms[0]
    return (node.operator, node.value, *forms)


def _flat(node: Node, operator: str) -> list[Node]:
    """The terms of a sum of sums, the factors of a product of products; of others the arguments."""
    if operator not in _NEUTRAL:
        return list(node.arguments)
    if node.operator != operator:
        return [node]
    return [part for argument in node.arguments for part in _flat(argument, operator)]
