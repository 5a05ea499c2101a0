"""The scenes of generated games: which furniture a numbered scene has, and which scenes a split may use.

A scene number always gives the same furniture and the same kinds of things, so an agent can learn the scenes
of training but not the held-out ones. What lies where is drawn anew for each game (``generator.py``).
"""

from dataclasses import dataclass
from functools import cache
from random import Random

from onelayer.envs.alfworld.household import ROOMS
from onelayer.errors import UnknownName

UNSEEN_SCENES = frozenset({9, 10, 29, 215, 219, 226, 308, 315, 325, 404, 424, 425})
"""three scenes of each room that ALFWorld's training games don't use either, its own four unseen scenes (10,
219, 308, 424) among them"""

_OCCASIONAL = 0.35
_SHARED_SPOT = 0.08


@dataclass(frozen=True, slots=True)
class Receptacle:
    """A piece of furniture: its type, and the spot in the room from which it is reached."""

    kind: str
    spot: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The furniture of one scene, sorted by type, and the kinds of things that are found in it."""

    number: int
    room: str
    receptacles: tuple[Receptacle, ...]
    stock: tuple[str, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The receptacle types of the scene."""
        return frozenset(receptacle.kind for receptacle in self.receptacles)


def scenes(room: str, *, unseen: bool) -> tuple[int, ...]:
    """Return the numbers of a room's held-out scenes, or of all its others."""
    return tuple(number for number in ROOMS[room].scenes if (number in UNSEEN_SCENES) == unseen)


@cache
def scene(number: int) -> Scene:
    """Return a scene by its number.

    Raises:
        UnknownName: no room has a scene of this number.
    """
    names = [name for name, room in ROOMS.items() if number in room.scenes]
    if not names:
        raise UnknownName(f"there is no scene {number}; there are 1-30, 201-230, 301-330, 401-430")
    room = ROOMS[names[0]]
    random = Random(f"scene {number}")
    receptacles: list[Receptacle] = []
    spot = 0
    for kind, counts in room.furniture.items():
        for index in range(random.choice(counts)):
            if not _shares_spot(kind, index, random):
                spot += 1
            receptacles.append(Receptacle(kind, spot))
    stock = [*room.usual, *(thing for thing in room.occasional if random.random() < _OCCASIONAL)]
    return Scene(number, names[0], tuple(receptacles), tuple(stock))


def _shares_spot(kind: str, index: int, random: Random) -> bool:
    """Burners come in pairs; a few cabinets and drawers stand over one another."""
    if kind == "StoveBurner":
        return index % 2 == 1
    return kind in ("Cabinet", "Drawer") and index > 0 and random.random() < _SHARED_SPOT
