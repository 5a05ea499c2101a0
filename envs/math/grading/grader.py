"""Grade an answer, or the answer in a response, against a reference.

Numbers, lists of numbers, choices, texts and whatever else structure and exact arithmetic can decide are
graded in this process. A comparison that needs algebra is made in the worker, by the same code.
"""

import logging
import re
from functools import lru_cache
from types import UnionType

from onelayer.envs.math.grading import answers as a
from onelayer.envs.math.grading.algebra_client import WORKER
from onelayer.envs.math.grading.arithmetic import rational_value
from onelayer.envs.math.grading.comparing import Algebra
from onelayer.envs.math.grading.conventions import Conventions, Grade
from onelayer.envs.math.grading.echoes import repeats
from onelayer.envs.math.grading.equality import Comparison
from onelayer.envs.math.grading.expressions import parse_expression
from onelayer.envs.math.grading.extraction import MAX_ANSWER, find_answer
from onelayer.envs.math.grading.kinds import read
from onelayer.envs.math.grading.notation import clean
from onelayer.envs.math.grading.statements import standing
from onelayer.envs.math.grading.tree import Node
from onelayer.envs.math.grading.worked_out import is_worked_out, scalars_of

logger = logging.getLogger(__name__)

DEFAULT = Conventions()
_CACHED = 100
"""characters of the longest text whose reading is cached; at some 300 bytes each, that is 60 MB at most"""


def grade_response(
    response: str, gold: str, *, prompt: str = "", conventions: Conventions = DEFAULT
) -> Grade:
    r"""Find the answer in ``response`` and compare it with ``gold``.

    ``gold`` may be the answer itself, with or without ``$`` around it, or a solution that ends in one
    (``\boxed{}``, ``#### 42``). Any two strings are graded, within a second of processor time and bounded
    memory. ``prompt`` is the problem: with the convention ``worked_out`` no formula of it is an answer.

    Raises:
        ImportError: math-verify is not installed.
        TypeError: an argument is not a string.
    """
    _check_strings(response, gold)
    if response.strip() == gold.strip():
        return Grade(bool(gold.strip()), gold, "identical")
    reference = stated_answer(gold)
    answer = find_answer(
        response,
        join_boxes=conventions.join_boxes,
        require_box=conventions.require_box,
        letter=_is_a(reference, a.Choice),
        unit=_is_a(reference, a.Quantity | a.Degrees),
    )
    return (
        Grade(False, None, "no answer")
        if answer is None
        else _grade(answer, reference, prompt, conventions)
    )


def grade_answer(
    answer: str, gold: str, *, prompt: str = "", conventions: Conventions = DEFAULT
) -> Grade:
    """Compare a bare answer with ``gold``; otherwise like ``grade_response``."""
    _check_strings(answer, gold)
    if answer.strip() == gold.strip():
        return Grade(True, answer, "identical")
    return _grade(answer, stated_answer(gold), prompt, conventions)


def check_gold(gold: str) -> None:
    """Check that answers can be compared with ``gold``.

    Raises:
        ValueError: it is empty, too long, prose, unbalanced, undefined (``1/0``), or too large a number.
    """
    parse_gold(gold)


def parse_gold(gold: str) -> a.Answer:
    """Return how ``gold`` is understood.

    Raises:
        ValueError: as for ``check_gold``.
    """
    _check_strings(gold, gold)
    stated = stated_answer(gold)
    if not stated.strip():
        raise ValueError("the gold answer is empty; give the expected answer")
    if len(stated) > MAX_ANSWER:
        raise ValueError(
            f"the gold answer has {len(stated)} characters; at most {MAX_ANSWER} are compared"
        )
    if _is_prose(stated):
        raise ValueError(
            f"the gold answer {stated[:60]!r}... is prose, {len(stated.split())} words that no answer would "
            "repeat; give the value or the few words that count"
        )
    answer = _read(stated)
    if isinstance(answer, a.Scalar) and answer.too_large:
        raise ValueError(f"the gold answer {stated[:60]!r} is too large a number to compute")
    if isinstance(answer, a.Text) and not any(c.isalnum() for c in answer.text):
        raise ValueError(f"the gold answer {stated[:60]!r} holds neither a number nor words")
    if isinstance(answer, a.Text) and _is_undefined(answer.text):
        raise ValueError(f"the gold answer {stated[:60]!r} divides by zero")
    unread = isinstance(answer, a.Text) or (isinstance(answer, a.Scalar) and answer.tree is None)
    if unread and _is_broken(stated):
        raise ValueError(
            f"the gold answer {stated[:60]!r} cannot be read; check its brackets and commands"
        )
    return answer


def stated_answer(gold: str) -> str:
    """Return the answer that is marked in ``gold``, a solution; ``gold`` itself where none is."""
    if not any(mark in gold for mark in ("oxed{", "boxed", "####", "answer is", "<answer>")):
        return gold
    found = find_answer(gold, marked=True)
    if found is None and "boxed{" in gold:  # a gold whose box was cut off
        found = gold.rpartition("boxed{")[2]
    return gold if found is None else found


class NeedsAlgebraError(Exception):
    """The comparison needs computer algebra."""


class _NoAlgebra:
    def equal(self, gold: a.Scalar, answer: a.Scalar) -> bool:
        raise NeedsAlgebraError

    def proportional(self, gold: Node, answer: Node, positive: bool) -> bool:
        raise NeedsAlgebraError

    def rounds(self, exact: Node, value: object, places: int) -> bool:
        raise NeedsAlgebraError


def compare(gold: str, answer: str, conventions: Conventions, algebra: Algebra) -> bool:
    """Return whether two bare answers are the same, asking ``algebra`` where structure does not decide."""
    expected = _read(gold)
    comparison = Comparison(conventions, algebra)
    if comparison.same(expected, _read(answer)):
        return True
    pointed = (
        _with_decimal_point(answer) if conventions.decimal_comma and _is_decimal(expected) else None
    )
    return pointed is not None and comparison.same(expected, _read(pointed))


_DECIMAL_COMMA = re.compile(r"([^\d.,]*)(\d+|\d{1,3}(?:\.\d{3})+),(\d+)([^\d.,]*)")


def _with_decimal_point(answer: str) -> str | None:
    """``2,74`` as ``2.74``; None where the comma may group thousands."""
    match = _DECIMAL_COMMA.fullmatch(answer.strip())
    if match is None or (len(match[3]) == 3 and len(match[2]) <= 3 and match[2] != "0"):
        return None
    return f"{match[1]}{match[2].replace('.', '')}.{match[3]}{match[4]}"


def _is_decimal(answer: a.Answer) -> bool:
    if isinstance(answer, a.Quantity | a.Percent | a.Degrees):
        return _is_decimal(answer.amount)
    return isinstance(answer, a.Scalar) and answer.digits is not None


def _grade(answer: str, gold: str, prompt: str, conventions: Conventions) -> Grade:
    if answer.strip() == gold.strip():
        return Grade(True, answer, "identical")
    if len(answer) > MAX_ANSWER or len(gold) > MAX_ANSWER:
        return Grade(False, answer, "too long")
    correct, reason = _verdict(answer, gold, conventions)
    if correct and reason != "identical":
        try:
            objection = _objection(_read(answer), _read(gold), prompt, conventions)
        except RecursionError:  # hundreds of factors
            objection = "nested too deeply"
        if objection is not None:
            return Grade(False, answer, objection)
    return Grade(correct, answer, reason)


def _objection(
    answer: a.Answer, gold: a.Answer, prompt: str, conventions: Conventions
) -> str | None:
    """Why an answer that equals the gold does not count, None where it does."""
    if isinstance(answer, a.Relation):
        golds = {s.value for s in scalars_of(gold) if s.value is not None}
        answer = standing(answer, golds)
    if not is_worked_out(answer, gold, strictly=conventions.worked_out):
        return "not worked out"
    repeated = conventions.worked_out and repeats(answer, gold, prompt)
    return "repeats the problem" if repeated else None


def _verdict(answer: str, gold: str, conventions: Conventions) -> tuple[bool, str]:
    cleaned = clean(gold)
    if cleaned and cleaned == clean(answer):
        return True, "identical"
    try:
        same = compare(gold, answer, conventions, _NoAlgebra())
    except NeedsAlgebraError:
        reason = WORKER.ask(gold, answer, conventions)
        return reason == "equal", reason
    except RecursionError:
        return False, "nested too deeply"
    except Exception as error:  # the boundary: a grade is given whatever the text
        logger.warning("the answer %.80r could not be compared", answer, exc_info=True)
        return False, f"not comparable: {type(error).__name__}"
    return same, "equal" if same else "different"


def _read(text: str) -> a.Answer:
    return _read_once(text) if len(text) <= _CACHED else read(clean(text))


@lru_cache(maxsize=2048)
def _read_once(text: str) -> a.Answer:
    return read(clean(text))


def _is_a(gold: str, kind: type | UnionType) -> bool:
    return len(gold) <= MAX_ANSWER and isinstance(_read(gold), kind)


def _is_prose(text: str) -> bool:
    return len(text) > 150 and len([w for w in text.split() if w.isalpha() and len(w) > 2]) > 12


def _is_undefined(text: str) -> bool:
    try:
        rational_value(parse_expression(text))
    except ZeroDivisionError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _is_broken(text: str) -> bool:
    brackets = sum(c in "([{" for c in text) != sum(c in ")]}" for c in text)
    return brackets or text.count("$") % 2 == 1


def _check_strings(answer: str, gold: str) -> None:
    for name, value in (("answer", answer), ("gold", gold)):
        if not isinstance(value, str):
            raise TypeError(f"the {name} must be a str, got {type(value).__name__}")
