"""Drawing a room for a goal: which receptacles it keeps of its scene, and what lies where."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from onelayer.envs.alfworld.household import FIXED, PLACES, ROOMS, SINGLE
from onelayer.envs.alfworld.oracle import APPLIANCES
from onelayer.envs.alfworld.pddl_problem import Goal, Household, Place, Thing
from onelayer.envs.alfworld.scenes import Receptacle, Scene, scene

_MOST_OF_A_KIND = 3


def furnish(goal: Goal, room_size: int | None, random: Random) -> Household:
    """Return a household in which the goal can be reached and is not reached yet.

    The things asked for never start in a receptacle of the goal's type.

    Args:
        goal: what the game asks for; its scene gives the furniture.
        room_size: how many receptacles to keep; None for all.
        random: where every draw comes from.
    """
    origin = scene(goal.scene)
    needed = 2 if goal.task_type == "pick_two_obj_and_place" else 1
    room = _Filling(origin.receptacles, random)
    sources = [room.choose(_elsewhere(goal)) for _ in range(needed)]
    lamps = [room.choose(PLACES["DeskLamp"])] if goal.receptacle == "DeskLamp" else []

    kept = set(range(len(origin.receptacles)))
    if room_size is not None:
        kept = {*sources, *lamps} | {_any(origin, kind, random) for kind in _required(goal)}
        _fill_up(kept, origin, room_size, random)
    room.keep(kept)

    contents = [(goal.thing, source) for source in sources]
    contents += [("DeskLamp", lamp) for lamp in lamps]
    for _ in range(min(random.randrange(_MOST_OF_A_KIND), len(kept) // 4)):
        contents += room.place(goal.thing, _elsewhere(goal))
    contents += _clutter(goal, origin, room, len(kept), random)
    return _named(origin.receptacles, sorted(kept), contents, random)


class _Filling:
    """Receptacles being filled: draws places by weight, and none of the ``SINGLE`` types twice."""

    def __init__(self, receptacles: Sequence[Receptacle], random: Random):
        self._receptacles = receptacles
        self._random = random
        self._free: dict[str, list[int]] = {}
        for index, receptacle in enumerate(receptacles):
            self._free.setdefault(receptacle.kind, []).append(index)

    def keep(self, kept: set[int]) -> None:
        """Leave only these receptacles in the room."""
        for kind, indices in self._free.items():
            self._free[kind] = [index for index in indices if index in kept]

    def choose(self, weights: Mapping[str, int]) -> int:
        """Return a receptacle with space left; there must be one."""
        kinds = [kind for kind in weights if self._free.get(kind)]
        kind = self._random.choices(kinds, [weights[kind] for kind in kinds])[0]
        index = self._random.choice(self._free[kind])
        if kind in SINGLE:
            self._free[kind].remove(index)
        return index

    def place(self, thing: str, weights: Mapping[str, int]) -> list[tuple[str, int]]:
        """Return the thing and where it lies, or nothing if it fits nowhere."""
        if any(self._free.get(kind) for kind in weights):
            return [(thing, self.choose(weights))]
        return []


def _elsewhere(goal: Goal) -> dict[str, int]:
    return {kind: weight for kind, weight in PLACES[goal.thing].items() if kind != goal.receptacle}


def _required(goal: Goal) -> list[str]:
    kinds = [APPLIANCES[goal.task_type][1]] if goal.task_type in APPLIANCES else []
    return kinds if goal.receptacle == "DeskLamp" else [goal.receptacle, *kinds]


def _any(origin: Scene, kind: str, random: Random) -> int:
    return random.choice([i for i, r in enumerate(origin.receptacles) if r.kind == kind])


def _fill_up(kept: set[int], origin: Scene, room_size: int, random: Random) -> None:
    """Add receptacles; a type is drawn by the square root of its count, else cabinets would fill the room."""
    while len(kept) < min(room_size, len(origin.receptacles)):
        left: dict[str, list[int]] = {}
        for index, receptacle in enumerate(origin.receptacles):
            if index not in kept:
                left.setdefault(receptacle.kind, []).append(index)
        kind = random.choices(list(left), [len(indices) ** 0.5 for indices in left.values()])[0]
        kept.add(random.choice(left[kind]))


def _clutter(
    goal: Goal, origin: Scene, room: _Filling, receptacles: int, random: Random
) -> list[tuple[str, int]]:
    """Place other things, one of each kind, then more of them, until the room is as full as usual."""
    budget = round(receptacles * ROOMS[origin.room].crowding * random.uniform(0.85, 1.15))
    kinds = [kind for kind in origin.stock if kind not in (goal.thing, goal.receptacle)]
    contents: list[tuple[str, int]] = []
    for repeat in range(_MOST_OF_A_KIND):
        random.shuffle(kinds)
        for kind in kinds:
            if len(contents) >= budget:
                return contents
            if repeat == 0 or kind not in FIXED:
                contents += room.place(kind, PLACES[kind])
    return contents


def _named(
    receptacles: Sequence[Receptacle],
    kept: Sequence[int],
    contents: list[tuple[str, int]],
    random: Random,
) -> Household:
    """Number receptacles in the scene's order, and things at random: no number tells what is asked for."""
    counts: Counter[str] = Counter()
    places: dict[int, Place] = {}
    for index in kept:
        receptacle = receptacles[index]
        counts[receptacle.kind] += 1
        places[index] = Place(receptacle.kind, counts[receptacle.kind], receptacle.spot)
    random.shuffle(contents)
    things = []
    for kind, index in contents:
        counts[kind] += 1
        things.append(Thing(kind, counts[kind], places[index]))
    return Household(tuple(places.values()), tuple(things))
