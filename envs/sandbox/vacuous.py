"""Rejects comparisons of arrays that are true only because there is nothing to compare.

numpy broadcasts, so ``np.allclose([], 1.1)`` is true: no element differs. A program that returns an empty
list would pass such tests. In the process of the tests, an empty array therefore equals only an empty one.
"""

import sys
from collections.abc import Callable
from typing import Any

from onelayer.envs.sandbox.handles import Handle

COMPARISONS = ("allclose",)
ASSERTIONS = (
    *("assert_allclose", "assert_almost_equal", "assert_array_almost_equal", "assert_equal"),
    *("assert_array_equal", "assert_array_less", "assert_approx_equal"),
)


def refuse_empty_arrays() -> None:
    """Change numpy's comparisons in this process, where it is imported already."""
    numpy = sys.modules.get("numpy")
    if numpy is None or hasattr(numpy.allclose, "refuses_empty"):
        return
    for name in COMPARISONS:
        setattr(numpy, name, _compared(getattr(numpy, name), numpy, lambda: False))
    testing = sys.modules.get("numpy.testing")
    for name in ASSERTIONS if testing is not None else ():
        if hasattr(testing, name):
            setattr(testing, name, _compared(getattr(testing, name), numpy, _fail))


def _compared(
    function: Callable[..., Any], numpy: Any, refusal: Callable[[], Any]
) -> Callable[..., Any]:
    def compare(first: Any, second: Any, *arguments: Any, **keywords: Any) -> Any:
        first, second = (_read_once(numpy, value) for value in (first, second))
        if (numpy.size(first) == 0) != (numpy.size(second) == 0):
            return refusal()
        return function(first, second, *arguments, **keywords)

    compare.refuses_empty = True  # type: ignore[attr-defined]
    return compare


def _read_once(numpy: Any, value: Any) -> Any:
    """Return an object of the program as an array, since a second request could be answered differently."""
    return numpy.asanyarray(value) if isinstance(value, Handle) else value


def _fail() -> Any:
    raise AssertionError("one of the two is empty")
