r"""Decides whether an answer only repeats a formula of the problem's text.

``\frac{6}{8}`` is no answer to "Simplify 6/8.", nor ``x x-1`` to "Factor x^2-1.". Formulas are compared in
a normal form (see ``normal_form``), numbers by the way they are written.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.kinds import read
from onelayer.envs.math.grading.normal_form import NormalForm, normal_form
from onelayer.envs.math.grading.notation import clean
from onelayer.envs.math.grading.prose import formulas
from onelayer.envs.math.grading.tree import Node
from onelayer.envs.math.grading.worked_out import NEUTRAL, flat, is_literal, scalars_of, value_of

_LONGEST_PROMPT = 20_000
"""how many characters at the end of a problem are searched for formulas"""
_PERCENT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?\\?(?:%|percent|per cent)")

_DEGREES = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?(?:degrees?\b|°|\^ ?\{? ?\\circ)")


@dataclass(frozen=True, slots=True)
class _Said:
    """The formulas and numbers of a problem."""

    claims: frozenset[object]
    """its formulas, the sides of its equations, and the equations"""
    normal: frozenset[NormalForm]
    """the normal forms of the formulas that are not rational numbers"""
    numbers: frozenset[tuple[Fraction, object]]
    """its numbers, each with the way it is written"""


def repeats(answer: a.Answer, gold: a.Answer, prompt: str) -> bool:
    """Return whether ``answer`` is a formula of the problem's text and ``gold`` is not the same formula."""
    stated = _claims_of_problem(prompt[-_LONGEST_PROMPT:])
    said = stated.claims
    if _rewrites_a_number(answer, gold, stated.numbers):
        return True
    if isinstance(answer, a.Degrees) and isinstance(gold, a.Scalar) and gold.value is None:
        angles = {Fraction(m[1]) for m in _DEGREES.finditer(prompt[-_LONGEST_PROMPT:])}
        if answer.amount.value in angles:  # 60° for π/3
            return True
    normal = _normal(answer)
    if normal and normal <= stated.normal and not normal & _normal(gold):
        return True
    claimed = _claims(answer)
    if claimed and claimed <= said and not claimed <= _claims(gold):
        return True
    if not isinstance(answer, a.Relation):
        return False
    value = value_of(answer)
    equations = _equations(answer)
    if not isinstance(value, a.Items):
        equations = [equation for equation in equations if _side_form(value) in equation]
        return any(equation in said for equation in equations if equation not in _equations(gold))
    return all(equation in said and equation not in _equations(gold) for equation in equations)


def _rewrites_a_number(
    answer: a.Answer, gold: a.Answer, numbers: frozenset[tuple[Fraction, object]]
) -> bool:
    """Whether the problem and the answer both write the gold's number, and neither as the gold does.

    So ``37.5%`` is no answer where the problem asks for 37.5% as a fraction, ``3/8``.
    """
    asked, given = _numbers(gold), _numbers(answer)
    if len(asked) != 1 or len(given) != 1 or asked == given:
        return False
    ((value, writing),) = asked
    writings = {written for number, written in numbers if number == value}
    return bool(writings) and writing not in writings and writing not in {w for _, w in given}


def _numbers(answer: a.Answer) -> frozenset[tuple[Fraction, object]]:
    """The numerals and fractions in an answer, each with the way it is written."""
    if isinstance(answer, a.Relation):
        answer = value_of(answer)
    scale = Fraction(1, 100) if isinstance(answer, a.Percent) else Fraction(1)
    return frozenset(
        (s.value * scale, _form(s.tree))
        for s in scalars_of(answer)
        if s.value is not None
        and s.tree is not None
        and s.tree.operator != "power"  # 2^{-3} is worked out as 0.125
        and is_literal(s.tree, s.value)
    )


def _normal(answer: a.Answer) -> frozenset[NormalForm]:
    """The normal forms of the answer's expressions that are not rational numbers."""
    if isinstance(answer, a.Relation):
        answer = value_of(answer)
    trees = [s.tree for s in scalars_of(answer) if s.tree is not None and s.value is None]
    try:
        return frozenset(map(normal_form, trees))
    except ValueError:
        return frozenset()


@lru_cache(maxsize=64)
def _claims_of_problem(prompt: str) -> _Said:
    """Return the formulas of a problem, the sides of its equations, and its numbers."""
    said: set[object] = set()
    normal: set[NormalForm] = set()
    numbers: set[tuple[Fraction, object]] = {
        (Fraction(m[1]) / 100, Fraction(m[1])) for m in _PERCENT.finditer(prompt)
    }
    for formula in formulas(prompt):
        try:
            found = read(clean(formula))
            parts = found.items if isinstance(found, a.Items) else (found,)
            for part in parts:
                said |= {*_claims(part), *_equations(part)}
                for side in (part, *(part.sides if isinstance(part, a.Relation) else ())):
                    said |= _claims(side)
                    normal |= _normal(side)
                    numbers |= _numbers(side)
        except RecursionError:  # a formula of hundreds of factors, which no answer repeats
            continue
    bare = {form for form in normal if _is_a_name(form)}
    return _Said(frozenset(said), frozenset(normal - bare), frozenset(numbers))


def _claims(answer: a.Answer) -> frozenset[object]:
    """The expressions of an answer in one form (``_form``), except lone numerals and names."""
    if isinstance(answer, a.Relation):
        value = value_of(answer)
        return frozenset() if isinstance(value, a.Items) else _claims(value)
    if isinstance(answer, a.Ratio):
        return frozenset([("ratio", *(_form(s.tree) for s in scalars_of(answer) if s.tree))])
    return frozenset(filter(None, map(_claim, scalars_of(answer))))


def _claim(scalar: a.Scalar) -> object:
    """An expression in one form (``_form``), None where it is only a numeral or a name."""
    repeating = scalar.value is not None and ("\\overline" in scalar.text or "..." in scalar.text)
    if scalar.tree is None or repeating:
        return re.sub(r"\s", "", scalar.text)
    form = _form(scalar.tree)
    return None if isinstance(form, Fraction | Node) else form


def _equations(answer: a.Answer) -> list[tuple[object, ...]]:
    """The equations of a chain, one for each equals sign; none of other answers."""
    if not isinstance(answer, a.Relation):
        return []
    sides = list(map(_side_form, answer.sides))
    return [("relation", *pair) for pair in zip(answer.operators, sides, sides[1:], strict=False)]


def _side_form(side: a.Answer) -> object:
    return tuple(_form(s.tree) if s.tree else s.text for s in scalars_of(side))


def _form(node: Node) -> object:
    """A tree in one form: terms and factors sorted, signs before numbers; a leaf as it is."""
    if node.operator == "number":
        return node.value
    if not node.arguments:
        return node
    forms = [_form(part) for part in flat(node, node.operator)]
    if node.operator == "negative":
        return -forms[0] if isinstance(forms[0], Fraction) else ("negative", forms[0])
    if node.operator in NEUTRAL:
        forms = [form for form in forms if form != NEUTRAL[node.operator]] or forms[:1]
        return forms[0] if len(forms) == 1 else (node.operator, *sorted(forms, key=repr))
    if node.operator in ("quotient", "power") and forms[1] == 1:
        return forms[0]
    return (node.operator, node.value, *forms)


def _is_a_name(form: NormalForm) -> bool:
    """Whether it is a variable alone."""
    terms = list(form)
    return len(terms) == 1 and terms[0][1] == 1 and [e for _, e in terms[0][0]] == [1]
