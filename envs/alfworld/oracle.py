"""The shortest way to win a generated game, found from its layout."""

from collections.abc import Iterator
from itertools import permutations

from onelayer.envs.alfworld.household import OPENABLE
from onelayer.envs.alfworld.pddl_problem import Goal, Household, Place, Thing

APPLIANCES = {
    "pick_clean_then_place_in_recep": ("clean", "SinkBasin"),
    "pick_heat_then_place_in_recep": ("heat", "Microwave"),
    "pick_cool_then_place_in_recep": ("cool", "Fridge"),
}
"""task type -> what is done to the thing, and the receptacle type it takes"""


def plan(household: Household, goal: Goal) -> tuple[str, ...]:
    """Return a shortest list of commands that wins.

    Raises:
        ValueError: the household can't meet the goal.
    """
    walks = [tuple(walk.commands) for walk in _walks(household, goal)]
    if not walks:
        raise ValueError(f"no way to reach {goal}")
    return min(walks, key=len)


class _Walk:
    """The commands so far, and what they changed: where the player is, what stands open."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self._spot = 0
        self._opened: set[Place] = set()

    def to(self, place: Place) -> "_Walk":
        # The engine refuses "go to" where the player already stands at the same spot.
        if place.spot != self._spot:
            self.commands.append(f"go to {place.name}")
            self._spot = place.spot
        return self

    def opened(self, place: Place) -> "_Walk":
        self.to(place)
        if place.kind in OPENABLE and place not in self._opened:
            self.commands.append(f"open {place.name}")
            self._opened.add(place)
        return self

    def take(self, thing: Thing) -> "_Walk":
        self.opened(thing.place).commands.append(f"take {thing.name} from {thing.place.name}")
        return self

    def put(self, thing: Thing, place: Place) -> "_Walk":
        self.opened(place).commands.append(f"move {thing.name} to {place.name}")
        return self


def _walks(household: Household, goal: Goal) -> Iterator[_Walk]:
    targets = [thing for thing in household.things if thing.kind == goal.thing]
    if goal.task_type == "look_at_obj_in_light":
        lamps = [thing for thing in household.things if thing.kind == goal.receptacle]
        for thing in targets:
            for lamp in lamps:
                walk = _Walk().take(thing).to(lamp.place)
                walk.commands.append(f"use {lamp.name}")
                yield walk
        return
    ends = [place for place in household.places if place.kind == goal.receptacle]
    if goal.task_type == "pick_two_obj_and_place":
        for first, second in permutations(targets, 2):
            for end in ends:
                yield _Walk().take(first).put(first, end).take(second).put(second, end)
        return
    for thing in targets:
        for end in ends:
            if goal.task_type not in APPLIANCES:
                yield _Walk().take(thing).put(thing, end)
                continue
            verb, kind = APPLIANCES[goal.task_type]
            for appliance in household.places:
                if appliance.kind == kind:
                    walk = _Walk().take(thing).to(appliance)
                    walk.commands.append(f"{verb} {thing.name} with {appliance.name}")
                    yield walk.put(thing, end)
