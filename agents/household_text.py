"""Reading ALFWorld's sentences: the task, the receptacles of the room, what is in a receptacle."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TASK = re.compile(r"Your task is to: (.*?)\.?\s*$", re.MULTILINE)
_ROOM = re.compile(r"Looking quickly around you, you see (.*?)\.\s*$", re.MULTILINE)
_CONTENTS = re.compile(r"(?:On|In) (?:the [a-z]+ \d+|it), you see (.*?)\.\s*$", re.MULTILINE)
_NAME = re.compile(r"[a-z]+ \d+")

_SENTENCES = [
    re.compile(pattern)
    for pattern in (
        r"(?:put|find) (?P<two>two) (?P<thing>\w+) (?:and put them )?(?:in|on) (?P<place>\w+)",
        r"put a (?P<state>clean|hot|cool) (?P<thing>\w+) (?:in|on) (?P<place>\w+)",
        r"(?P<state>clean|heat|cool) some (?P<thing>\w+) and put it (?:in|on) (?P<place>\w+)",
        r"(?:look at|examine the) (?P<thing>\w+) (?:under|with) the (?P<lamp>\w+)",
        r"put (?:a|some) (?P<thing>\w+) (?:in|on) (?P<place>\w+)",
    )
]
_VERBS = {"clean": "clean", "hot": "heat", "heat": "heat", "cool": "cool"}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a task sentence asks for; types are lower case and without a number."""

    thing: str
    place: str | None = None
    """type of the receptacle to put it in; None if it is to be looked at"""
    lamp: str | None = None
    """lamp type to look at it under"""
    treatment: str | None = None
    """``clean``, ``heat`` or ``cool``"""
    count: int = 1


def read_errand(text: str) -> Errand | None:
    """Return the errand of a first observation, or None if the text names no task.

    Raises:
        ValueError: the task is worded in a way that ALFWorld doesn't use.
    """
    found = _TASK.search(text)
    if found is None:
        return None
    for pattern in _SENTENCES:
        if match := pattern.fullmatch(found[1].strip()):
            parts = match.groupdict()
            return Errand(
                thing=parts["thing"],
                place=parts.get("place"),
                lamp=parts.get("lamp"),
                treatment=_VERBS.get(parts.get("state") or ""),
                count=2 if parts.get("two") else 1,
            )
    raise ValueError(f"can't read the task {found[1]!r}")


def read_room(text: str) -> list[str]:
    """Return the receptacles that a first observation lists."""
    found = _ROOM.search(text)
    return _NAME.findall(found[1]) if found else []


def read_contents(text: str) -> list[str] | None:
    """Return the things that lie in the receptacle described, or None if they can't be seen."""
    found = _CONTENTS.search(text)
    return _NAME.findall(found[1]) if found else None


def kind_of(name: str) -> str:
    """Return the type of a name: ``mug 2`` is a ``mug``."""
    return name.rsplit(" ", 1)[0]


def of_kind(names: Sequence[str], kind: str) -> list[str]:
    """Return the names of a type, in their order."""
    return [name for name in names if kind_of(name) == kind]
