"""What a generated game asks for: a goal that can be reached in its scene, and its sentence."""

from functools import cache
from random import Random

from onelayer.envs.alfworld.household import (
    CLEANABLE,
    COOLABLE,
    FIXED,
    HEATABLE,
    HOLDS,
    PLACES,
    SINGLE,
)
from onelayer.envs.alfworld.oracle import APPLIANCES
from onelayer.envs.alfworld.pddl_problem import Goal
from onelayer.envs.alfworld.scenes import Scene, scene, scenes

_TREATABLE = {
    "pick_clean_then_place_in_recep": CLEANABLE,
    "pick_heat_then_place_in_recep": HEATABLE,
    "pick_cool_then_place_in_recep": COOLABLE,
}
SENTENCES = {
    "pick_and_place_simple": ("put a {thing} in {place}", "put some {thing} on {place}"),
    "look_at_obj_in_light": (
        "look at {thing} under the {place}",
        "examine the {thing} with the {place}",
    ),
    "pick_clean_then_place_in_recep": (
        "put a clean {thing} in {place}",
        "clean some {thing} and put it in {place}",
    ),
    "pick_heat_then_place_in_recep": (
        "put a hot {thing} in {place}",
        "heat some {thing} and put it in {place}",
    ),
    "pick_cool_then_place_in_recep": (
        "put a cool {thing} in {place}",
        "cool some {thing} and put it in {place}",
    ),
    "pick_two_obj_and_place": (
        "put two {thing} in {place}",
        "find two {thing} and put them in {place}",
    ),
}
"""task type -> its two sentences"""

# Relative weights of the rooms for each task type, close to ALFWorld's own shares.
_ROOMS_OF = {
    "pick_and_place_simple": {"kitchen": 1, "living room": 3, "bedroom": 3, "bathroom": 3},
    "look_at_obj_in_light": {"living room": 1, "bedroom": 4},
    "pick_clean_then_place_in_recep": {"kitchen": 3, "bathroom": 1},
    "pick_heat_then_place_in_recep": {"kitchen": 1},
    "pick_cool_then_place_in_recep": {"kitchen": 1},
    "pick_two_obj_and_place": {"kitchen": 1, "living room": 2, "bedroom": 2, "bathroom": 2},
}


def draw_goal(random: Random, task_type: str, *, unseen: bool) -> Goal:
    """Return a goal of a task type in a held-out scene (``unseen``), or in one of the other scenes."""
    rooms = _ROOMS_OF[task_type]
    room = random.choices(list(rooms), list(rooms.values()))[0]
    candidates: list[tuple[str, list[str]]] = []
    while not candidates:
        number = random.choice(scenes(room, unseen=unseen))
        candidates = _goals_of(number, task_type)
    thing, receptacles = random.choice(candidates)
    return Goal(task_type, thing, random.choice(receptacles), number)


@cache
def _goals_of(number: int, task_type: str) -> list[tuple[str, list[str]]]:
    """Return the things that a scene's game may ask for, each with the receptacle types possible for it."""
    place = scene(number)
    things = [thing for thing in place.stock if thing not in FIXED]
    things = [thing for thing in things if thing in _TREATABLE.get(task_type, things)]
    needed = 2 if task_type == "pick_two_obj_and_place" else 1
    goals = []
    for thing in things:
        kinds = [
            kind for kind in _aims(thing, place, task_type) if _starts(thing, place, kind) >= needed
        ]
        if kinds:
            goals.append((thing, kinds))
    return goals


def _aims(thing: str, place: Scene, task_type: str) -> list[str]:
    if task_type == "look_at_obj_in_light":
        return ["DeskLamp"] if place.kinds & PLACES["DeskLamp"].keys() else []
    appliance = APPLIANCES.get(task_type, ("", ""))[1]
    return [kind for kind in sorted(place.kinds - {appliance}) if thing in HOLDS[kind]]


def _starts(thing: str, place: Scene, goal_kind: str) -> int:
    """Return how many things of a kind can start outside the goal's receptacle type (2: two or more)."""
    spaces = 0
    for receptacle in place.receptacles:
        if receptacle.kind in PLACES[thing] and receptacle.kind != goal_kind:
            spaces += 1 if receptacle.kind in SINGLE else 2
    return min(spaces, 2)
