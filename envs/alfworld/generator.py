"""Seeded ALFWorld games of all six types, made from our own tables, without alfworld and without a download.

A seed and a split identify a game. The seed decides the task type (consecutive seeds cycle through the
types), the goal and its scene, and the room: its furniture (the scene's, or a part that keeps the game
solvable) and what lies where. Splits share no seeds: each has 10**9 of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from random import Random
from typing import overload

from onelayer.envs.alfworld.errands import SENTENCES, draw_goal
from onelayer.envs.alfworld.furnish import furnish
from onelayer.envs.alfworld.oracle import plan
from onelayer.envs.alfworld.pddl_problem import Goal, write_problem
from onelayer.envs.alfworld.records import TASK_TYPES, GameRecord
from onelayer.errors import UnknownName

SEEDS_PER_SPLIT = 1_000_000_000
SPLITS = ("train", "valid_seen", "valid_unseen")
"""``valid_seen`` has training's scenes and other seeds; ``valid_unseen`` has held-out scenes"""
SMALLEST_ROOM = 3


def generate(
    seed: int,
    *,
    split: str,
    room_size: int | None = None,
    task_types: Sequence[str] | None = None,
) -> GameRecord:
    """Return the game of a seed: solvable, not won at its start, with a shortest walkthrough.

    Args:
        seed: from 0 to ``SEEDS_PER_SPLIT - 1``; equal seeds of two splits are different games.
        split: one of ``SPLITS``.
        room_size: receptacles in the room, at least ``SMALLEST_ROOM`` and at most what the scene has;
            None for the whole scene (23 on average).
        task_types: the types that consecutive seeds cycle through; None for all six.

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
        seed = self.ids.seed(game_id)
        if seed is None:
            raise UnknownName(
                f"no generated game {game_id!r}; the first of {len(self)} is {self.ids[0]!r}"
            )
        return self._make(seed)

    def __reduce__(self) -> tuple[Callable[[], "GeneratedGames"], tuple[()]]:
        again = partial(
            GeneratedGames,
            self.split,
            room_size=self.room_size,
            task_types=self.task_types,
            count=len(self),
        )
        return again, ()  # without the cache of games

    def _made(self, seed: int) -> GameRecord:
        return generate(
            seed, split=self.split, room_size=self.room_size, task_types=self.task_types
        )


class _Ids(Sequence[str]):
    """The ids of a range of seeds; making an id draws the game's goal, but not its room."""

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
        return self.seed(game_id) is not None

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Return the place of an id; see ``Sequence.index``."""
        seed = self.seed(value)
        if seed is None or seed not in range(self._count)[start:stop]:
            raise ValueError(f"{value!r} is not one of the {self._count} ids")
        return seed

    def seed(self, game_id: object) -> int | None:
        """Return the seed that an id was made from, or None if it is not one of these ids."""
        _, _, trial = str(game_id).partition("/trial_G")
        number = trial.partition("_R")[0]
        if not (number.isascii() and number.isdecimal()):
            return None
        seed = int(number) - SPLITS.index(self._split) * SEEDS_PER_SPLIT
        return seed if 0 <= seed < self._count and self[seed] == game_id else None


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


def _goal(split: str, seed: int, task_type: str) -> Goal:
    random = Random(f"goal {split} {seed} {task_type}")
    return draw_goal(random, task_type, unseen=split == "valid_unseen")


def _game(game_id: str, split: str, seed: int, room_size: int | None, goal: Goal) -> GameRecord:
    random = Random(f"room {split} {seed} {goal.task_type} {room_size}")
    household = furnish(goal, room_size, random)
    sentence = random.choice(SENTENCES[goal.task_type])
    return GameRecord(
        id=game_id,
        task=sentence.format(thing=goal.thing.lower(), place=goal.receptacle.lower()),
        walkthrough=plan(household, goal),
        pddl_problem=write_problem(game_id.rsplit("/", 1)[1], household, goal),
    )
