"""Checks the arguments of an environment before it is made."""

import collections.abc
import inspect
import numbers
import os
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from onelayer.settings import did_you_mean

_TYPES_IN_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    type(None): "null",
}
_LISTS = (list, tuple, collections.abc.Sequence, collections.abc.Iterable)
_MAPPINGS = (dict, collections.abc.Mapping)
_OF_GYMNASIUM = {"max_episode_steps", "disable_env_checker", "render_mode"}
"""arguments of ``gymnasium.make``, which the environment need not know"""


def checked_arguments(
    env_id: str,
    creator: Callable[..., Any],
    registered: Mapping[str, Any],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments given, as the environment declares them.

    Text that spells a number becomes one where a number is declared (YAML reads ``1e-3`` as text), and a path
    becomes text, so that the environment's ``spec`` can be written as JSON.

    Args:
        env_id: for messages.
        creator: the class or function that makes the environment; its annotations say which types it takes.
        registered: arguments that were given when the environment was registered.
        given: arguments by name.

    Raises:
        ValueError: an argument is unknown, missing, or not of the declared type; the message says what is.
    """
    parameters = inspect.signature(creator).parameters
    takes = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    for name, parameter in takes.items():
        if parameter.default is parameter.empty and name not in {**registered, **given}:
            raise ValueError(f"{env_id} needs the argument {name!r}")
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    hints = _hints(creator)
    checked = {}
    for name, value in given.items():
        if name not in takes and name not in _OF_GYMNASIUM and not takes_any:
            raise ValueError(_unknown(env_id, name, takes, registered))
        checked[name] = _fitted(value, hints.get(name, Any), f"{env_id}: {name}")
    return checked


def _unknown(
    env_id: str,
    name: str,
    takes: Mapping[str, inspect.Parameter],
    registered: Mapping[str, Any],
) -> str:
    shown = [
        str(p.replace(annotation=p.empty, default=registered.get(name, p.default)))
        for name, p in takes.items()
        if name not in _OF_GYMNASIUM
    ]
    hint = did_you_mean(name, takes, otherwise="")
    return f"{env_id} takes no argument {name!r}{hint}; it takes: {', '.join(shown) or 'none'}"


def _hints(creator: Callable[..., Any]) -> dict[str, Any]:
    """Return the declared types; none where they can't be read, such as names under ``TYPE_CHECKING``."""
    function = creator.__init__ if isinstance(creator, type) else creator  # type: ignore[misc]
    try:
        return get_type_hints(function)
    except Exception:
        return {}


def _fitted(value: Any, hint: Any, where: str) -> Any:
    """Return the value as the declared type takes it."""
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for kind in kinds:
        if _fits(value, kind):
            return os.fspath(value) if isinstance(value, Path) and str in kinds else value
    if float in kinds and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    expected = " or ".join(dict.fromkeys(_type_in_words(kind) for kind in kinds))
    hint_of_list = f"; write [{value}]" if isinstance(value, str) and "a list" in expected else ""
    raise ValueError(f"{where} must be {expected}, got {value!r}{hint_of_list}")


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value is of a declared type; types that are not plain data fit everything."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    plain = get_origin(kind) or kind
    if plain is bool:
        return isinstance(value, bool)
    if plain is int:
        return isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if plain is float:
        return isinstance(value, numbers.Real) and not isinstance(value, bool)
    if plain is type(None) or kind is None:
        return value is None
    if plain is str:
        return isinstance(value, str | Path)
    if plain in _LISTS:
        item = next(iter(get_args(kind)), Any)
        is_list = isinstance(value, collections.abc.Sequence) and not isinstance(value, str | bytes)
        return is_list and all(_fits(one, item) for one in value)
    if plain in _MAPPINGS:
        return isinstance(value, Mapping)
    return not (plain is Path and not isinstance(value, str | Path))


def _type_in_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    plain = get_origin(kind) or kind
    if plain in _LISTS:
        items = {str: "texts", int: "whole numbers", float: "numbers"}
        return f"a list of {items.get(next(iter(get_args(kind)), Any), 'values')}"
    if plain in _MAPPINGS:
        return "a mapping"
    return _TYPES_IN_WORDS.get(plain, getattr(plain, "__name__", str(plain)))
