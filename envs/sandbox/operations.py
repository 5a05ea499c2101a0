"""What the tests may ask of the program's objects, by the name of each operation."""

import copy
import operator
from collections.abc import Callable
from typing import Any


def _wait_for(awaitable: Any) -> Any:
    import asyncio

    async def wait() -> Any:
        return await awaitable

    # One event loop for all: an asynchronous generator must not outlive the loop that it began in.
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    return _loops[0].run_until_complete(wait())


_loops: list[Any] = []


def _leave(manager: Any, error: Any) -> Any:
    kind = None if error is None else type(error)
    trace = None if error is None else error.__traceback__
    return bool(type(manager).__exit__(manager, kind, error, trace))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, arguments, keywords: function(*arguments, **keywords),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "iter": iter,
    "next": next,
    "await": _wait_for,
    "aiter": lambda value: type(value).__aiter__(value),
    "anext": lambda value: _wait_for(type(value).__anext__(value)),
    "contains": operator.contains,
    "dir": dir,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "operator": lambda name, *operands: getattr(operator, name)(*operands),
    "bool": bool,
    "len": len,
    "str": str,
    "repr": repr,
    "format": format,
    "hash": hash,
    "int": int,
    "float": float,
    "complex": complex,
    "round": round,
    "reversed": lambda value: list(reversed(value)),
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": _leave,
}
"""name in a request -> operation, which takes the objects it is applied to"""
