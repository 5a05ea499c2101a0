"""The names a player reads: ``Mug_bar__plus_02_dot_04...`` is "mug 3".

ALFWorld sorts the ids of a game and hands numbers out in *descending* order: the last id of a kind is
number 1.
"""

from collections import Counter
from collections.abc import Iterable

_SPELLED = (("_minus_", "-"), ("_plus_", "+"), ("_dot_", "."), ("_comma_", ","))


def readable_names(ids: Iterable[str]) -> dict[str, str]:
    """Return the name of each id.

    An id that holds no coordinates gets no number: its name ends in a space, as in ALFWorld.
    """
    ordered = sorted(set(ids))
    left = Counter(_kind(mangled) for mangled in ordered if "_bar_" in mangled)
    names = {}
    for mangled in ordered:
        kind = _kind(mangled)
        if "_bar_" in mangled:
            names[mangled] = f"{kind} {left[kind]}"
            left[kind] -= 1
        else:
            names[mangled] = f"{kind} "
    return names


def _kind(mangled: str) -> str:
    """Return the kind that an id names: the part before its coordinates; basins are kinds of their own."""
    kind, coordinates, _ = mangled.partition("_bar_")
    if coordinates:
        return f"{kind}basin" if "basin" in mangled else kind
    for spelled, sign in _SPELLED:
        kind = kind.replace(spelled, sign)
    return kind
