"""Seeded ALFWorld games of all six types, made from our own tables, without alfworld and without a download.

A seed and a split name a game. The seed decides the task type (seeds count through the types), the goal and
its scene, and the room: its furniture (the scene's, or a part that keeps the game solvable) and what lies
where. Training and held-out seeds never meet: each split has its own thousand million of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from random import Random
from typing import overload

from onelayer.envs.alfworld.furnish import furnish
from onelayer.envs.alfworld.household import (
    CLEANABLE,
    COOLABLE,
    FIXED,
    HEATABLE,
    HOLDS,
    PLACES,
    SINGLE,
)
from onelayer.envs.alfworld.oracle import APPLIANCES, plan
from onelayer.envs.alfworld.problem import Goal, write_problem
from onelayer.envs.alfworld.records import TASK_TYPES, GameRecord
from onelayer.envs.alfworld.scenes import Scene, scene, scenes

SEEDS_PER_SPLIT = 1_000_000_000
SPLITS = ("train", "valid_seen", "valid_unseen")
"""``valid_seen`` has training's scenes and other seeds; ``valid_unseen`` has held-out scenes"""
SMALLEST_ROOM = 3

_TREATABLE = {
    "pick_clean_then_place_in_recep": CLEANABLE,
    "pick_heat_then_place_in_recep": HEATABLE,
    "pick_cool_then_place_in_recep": COOLABLE,
}
_SENTENCES = {
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
# How often a task type is played in which room, near ALFWorld's own shares.
_ROOMS_OF = {
    "pick_and_place_simple": {"kitchen": 1, "living room": 3, "bedroom": 3, "bathroom": 3},
    "look_at_obj_in_light": {"living room": 1, "bedroom": 4},
    "pick_clean_then_place_in_recep": {"kitchen": 3, "bathroom": 1},
    "pick_heat_then_place_in_recep": {"kitchen": 1},
    "pick_cool_then_place_in_recep": {"kitchen": 1},
    "pick_two_obj_and_place": {"kitchen": 1, "living room": 2, "bedroom": 2, "bathroom": 2},
}


def generate(
    seed: int,
    *,
    split: str,
    room_size: int | None = None,
    task_types: Sequence[str] | None = None,
) -> GameRecord:
    """Return the game of a seed: solvable, not won at its start, its walkthrough as short as the room allows.

    Args:
        seed: from 0 to ``SEEDS_PER_SPLIT - 1``; equal seeds of two splits are different games.
        split: one of ``SPLITS``.
        room_size: receptacles in the room, at least ``SMALLEST_ROOM`` and at most what the scene has;
            None for the whole scene (23 on average).
        task_types: the types that seeds count through; None for all six.

    Raises:
        ValueError: an argument is out of range, or the split or a task type is unknown.
    """
    kinds = _checked(seed, split, room_size, task_types)
    goal = _goal(split, seed, kinds[seed % len(kinds)])
    return _game(_id(split, seed, room_size, goal), split, seed, room_size, goal)


class GeneratedGames(Mapping[str, GameRecord]):
    """The games of seeds 0 to ``count - 1``, by id; each is made when it is asked for.

    Args:
        split: one of ``SPLITS``.
        room_size: receptacles in a room; None for whole scenes.
        task_types: the types to play; None for all six, each equally often.
        count: how many games the mapping has.

    Raises:
        ValueError: an argument is out of range, or the split or a task type is unknown.
    """

    def __init__(
        self,
        split: str,
        *,
        room_size: int | None = None,
        task_types: Sequence[str] | None = None,
        count: int = 10_000,
    ):
        if not 1 <= count <= SEEDS_PER_SPLIT:
            raise ValueError(f"count must be from 1 to {SEEDS_PER_SPLIT}, got {count}")
        self.split = split
        self.room_size = room_size
        self.task_types = _checked(0, split, room_size, task_types)
        self.ids = _Ids(split, room_size, self.task_types, count)
        self._make = lru_cache(maxsize=256)(self._made)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __contains__(self, game_id: object) -> bool:
        return game_id in self.ids

    def __getitem__(self, game_id: str) -> GameRecord:
        return self._make(self.ids.index(game_id))

    def __getstate__(self) -> tuple[str, int | None, tuple[str, ...], int]:
        return self.split, self.room_size, self.task_types, len(self)

    def __setstate__(self, state: tuple[str, int | None, tuple[str, ...], int]) -> None:
        split, room_size, task_types, count = state
        self.__init__(split, room_size=room_size, task_types=task_types, count=count)  # type: ignore[misc]

    def _made(self, seed: int) -> GameRecord:
        return generate(
            seed, split=self.split, room_size=self.room_size, task_types=self.task_types
        )


class _Ids(Sequence[str]):
    """The ids of a range of seeds; one costs the draw of its goal and nothing else."""

    def __init__(self, split: str, room_size: int | None, task_types: tuple[str, ...], count: int):
        self._split, self._room_size, self._task_types = split, room_size, task_types
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self[seed] for seed in range(self._count)[index])
        seed = range(self._count)[index]
        task_type = self._task_types[seed % len(self._task_types)]
        goal = _goal(self._split, seed, task_type)
        return _id(self._split, seed, self._room_size, goal)

    def __contains__(self, game_id: object) -> bool:
        try:
            self.index(game_id)
        except LookupError:
            return False
        return True

    def index(self, game_id: object, start: int = 0, stop: int | None = None) -> int:
        """Return the seed of a game, read from its id.

        Raises:
            LookupError: no game has this id.
        """
        seed = _seed(game_id) - SPLITS.index(self._split) * SEEDS_PER_SPLIT
        within = range(self._count)[start:stop]
        if seed not in within or self[seed] != game_id:
            raise LookupError(
                f"no generated game {game_id!r}; the first of the {self._count} is {self[0]!r}"
            )
        return seed


def _checked(
    seed: int, split: str, room_size: int | None, task_types: Sequence[str] | None
) -> tuple[str, ...]:
    if not 0 <= seed < SEEDS_PER_SPLIT:
        raise ValueError(f"seed must be from 0 to {SEEDS_PER_SPLIT - 1}, got {seed}")
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; generated games have {', '.join(SPLITS)}")
    if room_size is not None and room_size < SMALLEST_ROOM:
        raise ValueError(
            f"room_size must be at least {SMALLEST_ROOM}, or None for whole scenes; got {room_size}"
        )
    kinds = TASK_TYPES if task_types is None else tuple(task_types)
    unknown = [kind for kind in kinds if kind not in TASK_TYPES]
    if unknown or not kinds:
        raise ValueError(f"unknown task types {unknown}; possible are {', '.join(TASK_TYPES)}")
    return kinds


def _id(split: str, seed: int, room_size: int | None, goal: Goal) -> str:
    number = SPLITS.index(split) * SEEDS_PER_SPLIT + seed
    return (
        f"{split}/{goal.task_type}-{goal.thing}-None-{goal.receptacle}-{goal.scene}"
        f"/trial_G{number:010d}_R{room_size or 'full'}"
    )


def _seed(game_id: object) -> int:
    _, _, number = str(game_id).partition("/trial_G")
    digits = number.partition("_R")[0]
    return int(digits) if digits.isdecimal() else -1


def _goal(split: str, seed: int, task_type: str) -> Goal:
    random = Random(f"goal {split} {seed} {task_type}")
    rooms = _ROOMS_OF[task_type]
    room = random.choices(list(rooms), list(rooms.values()))[0]
    candidates: list[tuple[str, list[str]]] = []
    while not candidates:
        number = random.choice(scenes(room, unseen=split == "valid_unseen"))
        candidates = _goals_of(number, task_type)
    thing, receptacles = random.choice(candidates)
    return Goal(task_type, thing, random.choice(receptacles), number)


@cache
def _goals_of(number: int, task_type: str) -> list[tuple[str, list[str]]]:
    """Return the things a scene's game may be about, and for each the receptacle types it may ask for."""
    place = scene(number)
    if task_type == "look_at_obj_in_light":
        if not place.kinds & PLACES["DeskLamp"].keys():
            return []
        goals = [(thing, ["DeskLamp"]) for thing in place.stock]
    else:
        appliance = APPLIANCES.get(task_type, ("", ""))[1]
        treatable = _TREATABLE.get(task_type)
        goals = [
            (
                thing,
                [
                    kind
                    for kind in sorted(place.kinds)
                    if thing in HOLDS[kind] and kind != appliance
                ],
            )
            for thing in place.stock
            if treatable is None or thing in treatable
        ]
    needed = 2 if task_type == "pick_two_obj_and_place" else 1
    possible = []
    for thing, kinds in goals:
        kinds = [kind for kind in kinds if _room_for(thing, place, kind) >= needed]
        if kinds and thing not in FIXED:
            possible.append((thing, kinds))
    return possible


def _room_for(thing: str, place: Scene, goal_kind: str) -> int:
    """Return how many of a thing can start outside the receptacles the goal names (two or more: 2)."""
    spaces = 0
    for receptacle in place.receptacles:
        if receptacle.kind in PLACES[thing] and receptacle.kind != goal_kind:
            spaces += 1 if receptacle.kind in SINGLE else 2
    return min(spaces, 2)


def _game(game_id: str, split: str, seed: int, room_size: int | None, goal: Goal) -> GameRecord:
    random = Random(f"room {split} {seed} {goal.task_type} {room_size}")
    household = furnish(goal, room_size, random)
    sentence = random.choice(_SENTENCES[goal.task_type])
    return GameRecord(
        id=game_id,
        task=sentence.format(thing=goal.thing.lower(), place=goal.receptacle.lower()),
        walkthrough=plan(household, goal),
        pddl_problem=write_problem(game_id.rsplit("/", 1)[1], household, goal),
    )
