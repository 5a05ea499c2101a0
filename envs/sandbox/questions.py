"""Lists the methods by which an object of the program could judge values that the tests pass to it."""

import decimal
from typing import Any

QUESTIONS = frozenset(
    (
        *("startswith", "endswith", "count", "find", "rfind", "index", "rindex"),
        *("issubset", "issuperset", "isdisjoint", "difference", "symmetric_difference"),
    )
)
"""Methods of Python's own types that answer a question about their argument, such as ``startswith``. An
object that only looks like one of these types must not answer them."""

ECHOES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("union", "intersection"), (set, frozenset, list, tuple, dict)),
    **dict.fromkeys(
        (
            *("replace", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"),
            *("split", "rsplit", "partition", "rpartition", "translate", "format"),
        ),
        (str, bytes, dict),
    ),
    **dict.fromkeys(("compare", "compare_total"), (int, float, decimal.Decimal)),
}
"""Questions only if the first argument is of one of these types. With others, such as the ``union(1, 2)`` of
disjoint sets, they are methods of the program's own design."""


def is_asked_about(attribute: str, arguments: Any, keywords: Any, result: Any) -> bool:
    """Return whether a method call asks the object a question about the call's arguments."""
    if not arguments and not keywords:
        return False
    echoes = isinstance(next(iter(arguments), None), ECHOES.get(attribute, ()))
    return isinstance(result, bool) or attribute in QUESTIONS or echoes
