"""Keeps a StopIteration that leaves a function from ending the loop that called it, in the tests' process.

``all(map(lambda w: next(it) == w, wanted))`` is true if ``it``, which the program made, is empty: the
``StopIteration`` of ``next`` leaves the lambda and ends ``map``. In generators that is an error (PEP 479);
here it is one in ``map``, ``filter`` and the like too.
"""

import builtins
import functools
import itertools
from collections.abc import Callable
from typing import Any

LOOPS = (
    *((builtins, name, 0, "") for name in ("map", "filter")),
    *((itertools, name, 0, "") for name in ("starmap", "takewhile", "dropwhile", "filterfalse")),
    (itertools, "accumulate", 1, "func"),
    (itertools, "groupby", 1, "key"),
)
"""(module, name of the loop, position and name of its argument that is a function)"""

_iter = builtins.iter


def guard_loops() -> None:
    """Change the loops in this process, once."""
    if builtins.iter is not _iter:
        return
    for module, name, place, keyword in LOOPS:
        setattr(module, name, _guarded_loop(getattr(module, name), place, keyword))
    builtins.iter = _guarded_iter


def _guarded_loop(kind: Any, place: int, keyword: str) -> type:
    def new(cls: Any, *arguments: Any, **keywords: Any) -> Any:
        if len(arguments) > place:
            guarded = _guarded(arguments[place])
            arguments = (*arguments[:place], guarded, *arguments[place + 1 :])
        elif keyword in keywords:
            keywords[keyword] = _guarded(keywords[keyword])
        return kind.__new__(cls, *arguments, **keywords)

    names = {"__new__": new, "__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind,), names)


def _guarded_iter(*arguments: Any) -> Any:
    if len(arguments) == 2:
        return _iter(_guarded(arguments[0]), arguments[1])
    return _iter(*arguments)


def _guarded(function: Any) -> Any:
    if function is None or isinstance(function, type) or not callable(function):
        return function
    return _without_end(function)


def _without_end(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function, assigned=(), updated=())
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except StopIteration as error:
            raise RuntimeError("a function that a loop calls raised StopIteration") from error

    return call
