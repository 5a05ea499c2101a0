"""ALFWorld's sentences. The tests compare each of them with the real engine's, byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass

WELCOME = "-= Welcome to TextWorld, ALFRED! =-"
NOTHING_HAPPENS = "Nothing happens."
HELP = """\
Available commands:
  look:                             look around your current location
  inventory:                        check your current inventory
  go to (receptacle):               move to a receptacle
  open (receptacle):                open a receptacle
  close (receptacle):               close a receptacle
  take (object) from (receptacle):  take an object from a receptacle
  move (object) to (receptacle):  place an object in or on a receptacle
  examine (something):              examine a receptacle or an object
  use (object):                     use an object
  heat (object) with (receptacle):  heat an object using a receptacle
  clean (object) with (receptacle): clean an object using a receptacle
  cool (object) with (receptacle):  cool an object using a receptacle
  slice (object) with (object):     slice an object using a sharp object
"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the words of alfworld 0.3 and 0.4 differ."""

    put: str
    """the command that puts a thing down, with places for the thing and the receptacle"""
    has_put: str
    """the answer to that command"""
    arrives_at_location: bool
    """the player arrives at "loc 3", not at the receptacle by name"""
    has_help: bool


DIALECTS = {
    "move": Dialect("move {} to {}", "You move the {} to the {}.", False, True),
    "put": Dialect("put {} in/on {}", "You put the {} in/on the {}.", True, False),
}
"""by ``GameRecord.verb``"""


def listing(names: Sequence[str], article: str = "a ") -> str:
    """Return ``a mug 1, a plate 2, and a cup 1``; two names are joined by ``, and `` as well."""
    if not names:
        return "nothing"
    words = [article + name for name in names]
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def introduction(surroundings: str, task: str) -> str:
    """Return the first observation."""
    return f"{WELCOME}\n\n{surroundings}\n\nYour task is to: {task}."


def mid_room(receptacles: Sequence[str]) -> str:
    """Return what one sees away from every receptacle."""
    return (
        "You are in the middle of a room. Looking quickly around you, you see "
        f"{listing(receptacles)}."
    )


def facing(receptacles: Sequence[str], beside: Sequence[str]) -> str:
    """Return what one sees standing at receptacles."""
    return f"You are facing the {listing(receptacles, '')}. Next to it, you see {listing(beside)}."


def receptacle_text(name: str, contents: Sequence[str], openable: bool, is_open: bool) -> str:
    """Return what examining a receptacle says."""
    if not openable:
        return f"On the {name}, you see {listing(contents)}."
    if is_open:
        return f"The {name} is open. In it, you see {listing(contents)}."
    return f"The {name} is closed."


def object_text(name: str, hot: bool, cool: bool, clean: bool, sliced: bool, on: bool) -> str:
    """Return what examining an object says; it says "cold" only if it says nothing else."""
    temperature = "hot" if hot else "cool" if cool else ""
    words = " and ".join(word for word in (temperature, "clean" if clean else "") if word)
    if words:
        if sliced:
            return f"This is a {words} sliced {name}."
        return f"This is a {'cold' if words == 'cool' else words} {name}."
    if on:
        return f"This {name} is on."
    if sliced:
        return f"This is a sliced {name}."
    return f"There's nothing special about {name}."
