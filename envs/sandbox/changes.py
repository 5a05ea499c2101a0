"""What a function changed in its arguments: tests of ``sort_in_place(a)`` look at ``a`` afterwards.

Arguments are sent by value, so the program changes copies. If a call returns None, Python's sign of a change
in place, the copies that were changed are sent back. Other calls never change what the tests hold: otherwise
a program that empties its argument and returns the empty list would pass ``solve(a) == sorted(a)``.
"""

import collections
from collections.abc import Callable
from typing import Any

from onelayer.envs.sandbox.codec import CodecError

MUTABLE = frozenset(
    ("list", "dict", "set", "bytearray", "deque", "OrderedDict", "defaultdict", "Counter", "array")
)
OF_THE_TESTS = frozenset(("callback", "iterator", "instance", "error"))
"""tags of values that would not come back as the same objects"""


def changes(before: Any, arguments: list[Any], encode: Callable[[Any], Any]) -> list[Any]:
    """Return the arguments that a call changed as messages, None for the others; empty if none changed.

    Args:
        before: the message in which the arguments came.
        arguments: the arguments after the call.
        encode: writes a message.
    """
    messages = before[1:]
    if not any(_may_change(message) for message in messages):
        return []
    try:
        now = [
            encode(value) if _may_change(message) else message
            for message, value in zip(messages, arguments, strict=True)
        ]
    except CodecError:  # for example a list that now contains itself
        return []
    changed = [new if new != old else None for new, old in zip(now, messages, strict=True)]
    return ["list", *changed] if any(new is not None for new in changed) else []


def _may_change(message: Any) -> bool:
    return isinstance(message, list) and message[0] in MUTABLE and not _holds_more(message)


def _holds_more(message: list[Any]) -> bool:
    """Return whether a message holds an object of the tests that is not plain data."""
    open_lists = [message]
    while open_lists:
        each = open_lists.pop()
        if each and isinstance(each[0], str) and each[0] in OF_THE_TESTS:
            return True
        open_lists += [item for item in each if isinstance(item, list)]
    return False


def overwrite(own: Any, new: Any) -> None:
    """Replace the contents of a list or dict of the tests by those of a new one; leave other values alone."""
    if type(own) is not type(new):
        return
    if isinstance(own, list | bytearray):
        own[:] = new
    elif isinstance(own, dict | set):
        own.clear()
        own.update(new)
    elif isinstance(own, collections.deque):
        own.clear()
        own.extend(new)
    elif type(own).__module__ == "numpy" and own.shape == new.shape:
        own[...] = new
