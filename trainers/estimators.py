"""Advantage estimators by name: ours, and those of a file or module of one's own.

An estimator is a function that gives each step of a batch its advantage. Three lines make it known::

    @register_estimator("mine")
    def mine(episodes, *, gamma, omega, divide_by_std):
        return grpo(episodes, divide_by_std=divide_by_std)

``mine`` is then a name for ``--algorithm``, once its module was imported; ``my_estimators.py:mine`` imports
the file first.
"""

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from onelayer.agents.episodes import Episode
from onelayer.envs.arguments import checked_arguments
from onelayer.envs.plugins import import_named


class Estimator(Protocol):
    """Gives every step of a batch its advantage, ``[N]``, in the order of the episodes."""

    def __call__(
        self, episodes: Sequence[Episode], *, gamma: float, omega: float, divide_by_std: bool
    ) -> NDArray[np.float64]:
        """Return the advantages; an estimator documents the keywords that it has no use for."""
        ...


E = TypeVar("E", bound=Estimator)

ESTIMATORS: dict[str, Estimator] = {}
"""every estimator by the name that configurations call it"""

_OURS = ("onelayer.trainers.advantages", "onelayer.trainers.hgpo")
"""modules that register ours"""
_OF_ALL = ("episodes", "gamma", "omega", "divide_by_std")
"""what every estimator is given"""


def register_estimator(name: str) -> Callable[[E], E]:
    """Return a decorator that makes an estimator known as ``name``.

    Raises:
        ValueError: another function has the name, or it has a colon in it.
    """
    if ":" in name:
        raise ValueError(f"an advantage estimator can't be called {name!r}: leave the colon out")

    def register(function: E) -> E:
        known = ESTIMATORS.get(name)
        # A module that is imported again, or a cell that is run again, defines its function anew.
        if known is not None and (known is function or _place(known) != _place(function)):
            raise ValueError(f"an advantage estimator named {name!r} is already registered")
        ESTIMATORS[name] = function
        return function

    return register


def estimator(name: str, arguments: Mapping[str, Any] | None = None) -> Estimator:
    """Return the estimator registered as ``name``.

    Args:
        name: a registered name, or one behind the module or file that registers it:
            ``my_estimators:mine``, ``examples/my_estimators.py:mine``.
        arguments: keywords of its own, beyond those that every estimator is given: ``{"levels": 4}``.

    Raises:
        ValueError: there is none, or it takes no such argument; the message lists what there is.
        UnknownName: there is no such module or file.
    """
    for ours in _OURS:
        importlib.import_module(ours)
    module, _, own_name = name.rpartition(":")
    if module:
        import_named(module)
    if own_name not in ESTIMATORS:
        known = ", ".join(sorted(ESTIMATORS))
        raise ValueError(f"unknown advantage estimator {own_name!r}; known are {known}")
    found = ESTIMATORS[own_name]
    if not arguments:
        return found
    return functools.partial(found, **_checked(own_name, found, arguments))


def _checked(name: str, found: Estimator, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments, checked against those that the estimator declares beyond the common ones."""
    signature = inspect.signature(found)
    own = [p for p in signature.parameters.values() if p.name not in _OF_ALL]

    @functools.wraps(found)
    def its_own(**_: Any) -> None: ...

    its_own.__signature__ = signature.replace(parameters=own)  # type: ignore[attr-defined]
    return checked_arguments(name, its_own, {}, arguments)


def _place(function: Estimator) -> tuple[str, str]:
    """Return where a function was written."""
    return (function.__module__, getattr(function, "__qualname__", repr(function)))
