"""A furnished room and its goal, and how they are written as an ALFWorld PDDL problem.

Names are given the way alfworld reads them back: it numbers the things of a type in *descending* order of
their ids, takes the type from what stands before the first ``_bar_``, and adds ``basin`` where the id has it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from onelayer.envs.alfworld.household import (
    CLEANABLE,
    COOLABLE,
    FIXED,
    HEATABLE,
    HOLDS,
    OPENABLE,
    SLICEABLE,
    TOGGLEABLE,
    VESSELS,
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a game asks for."""

    task_type: str
    thing: str
    receptacle: str
    """the type of receptacle for the thing; ``DeskLamp`` when the thing is to be looked at"""
    scene: int


@dataclass(frozen=True, slots=True)
class Place:
    """A receptacle of a game."""

    kind: str
    number: int
    spot: int

    @property
    def name(self) -> str:
        """The name a player reads, such as ``cabinet 2``."""
        return f"{self.kind.lower()} {self.number}"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a game and the place it starts in."""

    kind: str
    number: int
    place: Place

    @property
    def name(self) -> str:
        """The name a player reads, such as ``mug 1``."""
        return f"{self.kind.lower()} {self.number}"


@dataclass(frozen=True, slots=True)
class Household:
    """Everything in a game; the player starts away from all furniture."""

    places: tuple[Place, ...]
    things: tuple[Thing, ...]


_Named = TypeVar("_Named", Place, Thing)

# The domain names these types, so every problem must declare them.
_DOMAIN_RECEPTACLES = ("FridgeType", "MicrowaveType", "SinkBasinType")
_DOMAIN_OBJECTS = ("ButterKnifeType", "KnifeType")

_ABILITIES = (
    ("cleanable", CLEANABLE),
    ("heatable", HEATABLE),
    ("coolable", COOLABLE),
    ("sliceable", SLICEABLE),
    ("toggleable", TOGGLEABLE),
    ("isReceptacleObject", VESSELS),
)

_TREATMENT = {
    "pick_clean_then_place_in_recep": ("cleanable", "isClean"),
    "pick_heat_then_place_in_recep": ("heatable", "isHot"),
    "pick_cool_then_place_in_recep": ("coolable", "isCool"),
}


def write_problem(name: str, household: Household, goal: Goal) -> str:
    """Return the PDDL problem of a game."""
    place_ids = _ids(household.places)
    thing_ids = _ids(household.things)
    place_kinds = sorted({place.kind for place in household.places})
    thing_kinds = sorted({thing.kind for thing in household.things})
    spots = sorted({place.spot for place in household.places})

    declared = ["agent1 - agent", "loc_bar_0 - location"]
    declared += [f"loc_bar_{spot} - location" for spot in spots]
    declared += [f"{i} - receptacle" for i in place_ids.values()]
    declared += [f"{i} - object" for i in thing_ids.values()]
    declared += [f"{t} - rtype" for t in _types(place_kinds, _DOMAIN_RECEPTACLES)]
    declared += [f"{t} - otype" for t in _types(thing_kinds, _DOMAIN_OBJECTS)]

    facts = ["atLocation agent1 loc_bar_0"]
    for place, i in place_ids.items():
        facts += [
            f"receptacleType {i} {place.kind}Type",
            f"receptacleAtLocation {i} loc_bar_{place.spot}",
        ]
        if place.kind in OPENABLE:
            facts.append(f"openable {i}")
    for thing, i in thing_ids.items():
        facts += [
            f"objectType {i} {thing.kind}Type",
            f"inReceptacle {i} {place_ids[thing.place]}",
            f"objectAtLocation {i} loc_bar_{thing.place.spot}",
        ]
        if thing.kind not in FIXED:
            facts.append(f"pickupable {i}")
        facts += [f"{ability} {i}" for ability, kinds in _ABILITIES if thing.kind in kinds]
    for place_kind in place_kinds:
        held = HOLDS[place_kind]
        facts += [f"canContain {place_kind}Type {kind}Type" for kind in thing_kinds if kind in held]

    objects = "\n".join(declared)
    init = ")\n(".join(facts)
    return (
        f"(define (problem {name})\n(:domain alfred)\n(:objects\n{objects}\n)\n"
        f"(:init\n({init})\n)\n(:goal\n{_goal(goal)}\n)\n)\n"
    )


def _ids(items: Sequence[_Named]) -> dict[_Named, str]:
    totals: dict[str, int] = {}
    for item in items:
        totals[item.kind] = totals.get(item.kind, 0) + 1
    ids: dict[_Named, str] = {}
    for item in items:
        stem = item.kind.removesuffix("Basin")
        tail = f"_bar_{item.kind}" if stem != item.kind else ""
        ids[item] = f"{stem}_bar_{totals[item.kind] + 1 - item.number:02d}{tail}"
    return ids


def _types(kinds: Iterable[str], needed: Iterable[str]) -> list[str]:
    return sorted({*(f"{kind}Type" for kind in kinds), *needed})


def _goal(goal: Goal) -> str:
    if goal.task_type == "look_at_obj_in_light":
        return (
            "(and (exists (?ot - object ?r - receptacle ?a - agent ?l - location)\n"
            f"(and (objectType ?ot {goal.receptacle}Type) (toggleable ?ot) (isToggled ?ot)\n"
            "(receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?ot ?r)))\n"
            "(exists (?o - object ?a - agent)\n"
            f"(and (objectType ?o {goal.thing}Type) (holds ?a ?o))))"
        )
    if goal.task_type == "pick_two_obj_and_place":
        return (
            "(and (exists (?r - receptacle) (exists (?o1 - object)\n"
            f"(and (objectType ?o1 {goal.thing}Type) (receptacleType ?r {goal.receptacle}Type)\n"
            "(inReceptacle ?o1 ?r) (exists (?o2 - object)\n"
            f"(and (not (= ?o1 ?o2)) (objectType ?o2 {goal.thing}Type)\n"
            f"(receptacleType ?r {goal.receptacle}Type) (inReceptacle ?o2 ?r)))))))"
        )
    treatment = _TREATMENT.get(goal.task_type)
    treated = "".join(f" ({predicate} ?o)" for predicate in treatment) if treatment else ""
    return (
        "(and (exists (?r - receptacle) (exists (?o - object)\n"
        f"(and (inReceptacle ?o ?r) (objectType ?o {goal.thing}Type)\n"
        f"(receptacleType ?r {goal.receptacle}Type){treated}))))"
    )
