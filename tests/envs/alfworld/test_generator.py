"""Generated games: solvable in both engines, the same everywhere, and never shared between splits."""

import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import gymnasium as gym
import pytest

from onelayer.envs.alfworld import household
from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.generator import (
    SEEDS_PER_SPLIT,
    SPLITS,
    GeneratedGames,
    generate,
)
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.records import TASK_TYPES, GameRecord
from onelayer.envs.alfworld.scenes import UNSEEN_SCENES, scene, scenes

ROOM_SIZES = (3, 4, 5, 6, 8, 12, None)


def scene_of(record: GameRecord) -> int:
    return int(record.id.split("/")[1].rsplit("-", 1)[1])


def receptacles_of(record: GameRecord) -> int:
    return len(re.findall(r"\(receptacleAtLocation \w+_bar", record.pddl_problem))


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("room_size", ROOM_SIZES)
def test_every_walkthrough_wins_and_only_with_its_last_command(
    split: str, room_size: int | None
) -> None:
    types: Counter[str] = Counter()
    for seed in range(60):
        record = generate(seed, split=split, room_size=room_size)
        engine = Engine(Game(record))
        engine.reset()
        for command in record.walkthrough:
            assert not engine.won, record.id
            assert command in engine.admissible(), (record.id, command)
            engine.step(command)
        assert engine.won, record.id
        types[record.task_type] += 1
    assert types == dict.fromkeys(TASK_TYPES, 10)


@pytest.mark.parametrize("seed", range(18))
def test_no_way_is_shorter_than_the_walkthrough(seed: int) -> None:
    record = generate(seed, split="train", room_size=4)
    assert fewest_commands(Engine(Game(record))) == len(record.walkthrough)


def fewest_commands(engine: Engine) -> int:
    """Search breadth first over the states that the engine itself tells apart."""
    engine.reset()
    frontier, known = [engine], {engine.anchor()}
    for depth in range(1, 20):
        reached = []
        for state in frontier:
            for command in state.admissible():
                following = state.copy()
                following.step(command)
                if following.won:
                    return depth
                if following.anchor() not in known:
                    known.add(following.anchor())
                    reached.append(following)
        frontier = reached
    raise AssertionError("not won in twenty commands")


@pytest.mark.parametrize("room_size", ROOM_SIZES)
def test_a_room_has_the_receptacles_asked_for_or_all_that_its_scene_has(
    room_size: int | None,
) -> None:
    for seed in range(60):
        record = generate(seed, split="train", room_size=room_size)
        whole = len(scene(scene_of(record)).receptacles)
        assert receptacles_of(record) == min(room_size or whole, whole)


def test_full_rooms_are_about_as_large_as_alfworlds() -> None:
    records = [generate(seed, split="train") for seed in range(300)]
    receptacles = sum(receptacles_of(record) for record in records) / len(records)
    things = sum(r.pddl_problem.count("(inReceptacle ") for r in records) / len(records)
    walkthrough = sum(len(record.walkthrough) for record in records) / len(records)
    assert 19 < receptacles < 27  # ALFWorld: 23
    assert 26 < things < 45  # ALFWorld: 31 in receptacles
    assert 5 < walkthrough < 7  # ALFWorld: 6.0


def test_what_is_asked_for_never_starts_where_the_goal_wants_it() -> None:
    for seed in range(300):
        record = generate(seed, split="train", room_size=6)
        _, thing, _, receptacle, _ = record.id.split("/")[1].split("-")
        assert not re.search(
            rf"\(inReceptacle {thing}_bar_\d+ {receptacle.removesuffix('Basin')}_bar",
            record.pddl_problem.split("(:goal")[0],
        ), record.id


def test_a_scene_keeps_its_furniture_from_game_to_game() -> None:
    furniture: dict[int, set[str]] = {}
    for seed in range(400):
        record = generate(seed, split="train")
        listed = " ".join(sorted(re.findall(r"\(receptacleType (\w+) ", record.pddl_problem)))
        furniture.setdefault(scene_of(record), set()).add(listed)
    assert len(furniture) > 80
    assert all(len(kinds) == 1 for kinds in furniture.values())
    assert len(set.union(*furniture.values())) > 0.9 * len(furniture)


def test_splits_share_no_id_no_seed_and_no_problem() -> None:
    ids: set[str] = set()
    seeds: set[str] = set()
    problems: set[str] = set()
    for split in SPLITS:
        for record in islice(GeneratedGames(split, room_size=5).values(), 400):
            ids.add(record.id.split("/", 1)[1])
            seeds.add(record.id.split("trial_G")[1])
            problems.add(re.sub(r"\(problem \w+\)", "", record.pddl_problem))
    assert len(ids) == len(seeds) == len(problems) == 3 * 400


def test_held_out_scenes_belong_to_valid_unseen_alone() -> None:
    seen = {split: set[int]() for split in SPLITS}
    for split in SPLITS:
        for game_id in GeneratedGames(split).ids[:2000]:
            seen[split].add(int(game_id.split("/")[1].rsplit("-", 1)[1]))
    assert seen["valid_unseen"] == UNSEEN_SCENES
    assert seen["valid_unseen"] >= {10, 219, 308, 424}  # ALFWorld's own
    assert seen["train"] == seen["valid_seen"]
    assert not seen["train"] & UNSEEN_SCENES
    assert len(seen["train"]) > 95
    for room in household.ROOMS:
        assert not set(scenes(room, unseen=True)) & set(scenes(room, unseen=False))


def test_a_seed_of_one_split_is_no_seed_of_another() -> None:
    first, *others = (generate(7, split=split, room_size=4) for split in SPLITS)
    for other in others:
        assert other.pddl_problem != first.pddl_problem
    highest = int(generate(SEEDS_PER_SPLIT - 1, split="train").id.split("trial_G")[1].split("_")[0])
    lowest = int(generate(0, split="valid_seen").id.split("trial_G")[1].split("_")[0])
    assert highest < lowest


DIGEST = """
import hashlib
from onelayer.envs.alfworld.generator import generate
games = [generate(s, split=split, room_size=size)
         for s in range(24) for split in ("train", "valid_unseen") for size in (4, None)]
print(hashlib.sha256(repr(games).encode()).hexdigest())
"""


def test_a_seed_gives_the_same_game_in_every_process() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "77")
    }
    assert len(digests) == 1


def test_a_mapping_of_games_gives_what_generate_gives() -> None:
    games = GeneratedGames("valid_seen", room_size=4, count=50)
    assert len(games) == len(list(games)) == len(set(games)) == 50
    for seed, (game_id, record) in enumerate(games.items()):
        assert record == generate(seed, split="valid_seen", room_size=4)
        assert record.id == game_id == games.ids[seed]
        assert games.ids.index(game_id) == seed


def test_any_of_a_thousand_million_games_is_at_hand_at_once() -> None:
    games = GeneratedGames("train", room_size=4, count=SEEDS_PER_SPLIT)
    last = games.ids[-1]
    assert len(games) == SEEDS_PER_SPLIT
    assert last in games
    assert games[last].id == last


def test_a_mapping_knows_only_its_own_games() -> None:
    games = GeneratedGames("train", room_size=4, count=12)
    others = [
        "",
        "nothing",
        "train/x/trial_G",
        games.ids[0].replace("trial_G", "trial_G-"),
        games.ids[0].replace("_R4", "_R5"),
        games.ids[0].replace("train/", "valid_seen/"),
        GeneratedGames("train", room_size=4, count=13).ids[12],
        GeneratedGames("train", room_size=6).ids[0],
        GeneratedGames("valid_seen", room_size=4).ids[0],
        GeneratedGames("train", room_size=4, task_types=TASK_TYPES[1:2]).ids[0],
    ]
    for other in others:
        assert other not in games
        assert games.get(other) is None
    with pytest.raises(KeyError, match="no generated game 'nothing'"):
        games["nothing"]
    with pytest.raises(ValueError, match="not one of the 12 ids"):
        games.ids.index("nothing")
    with pytest.raises(IndexError):
        games.ids[12]


def test_a_mapping_survives_pickling() -> None:
    games = GeneratedGames("train", room_size=4, task_types=("pick_two_obj_and_place",), count=9)
    assert list(games.values()) == list(pickle.loads(pickle.dumps(games)).values())


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_games_can_be_of_one_type_alone(task_type: str) -> None:
    games = GeneratedGames("train", room_size=4, task_types=[task_type], count=20)
    assert {record.task_type for record in games.values()} == {task_type}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"split": "exam"}, "unknown split 'exam'; generated games have train"),
        ({"split": "train", "room_size": 2}, "room_size must be at least 3"),
        ({"split": "train", "task_types": ["juggle"]}, r"unknown task types \['juggle'\]"),
        ({"split": "train", "task_types": []}, "task types"),
        ({"split": "train", "count": 0}, "count must be from 1"),
    ],
)
def test_wrong_arguments_are_told_at_once(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GeneratedGames(**arguments)  # type: ignore[arg-type]
    if "count" not in arguments:
        with pytest.raises(ValueError, match=sentence):
            generate(0, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, SEEDS_PER_SPLIT])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"got {seed}"):
        generate(seed, split="train")


def test_the_tables_fit_each_other() -> None:
    furniture = {kind for room in household.ROOMS.values() for kind in room.furniture}
    stock = {
        thing for room in household.ROOMS.values() for thing in (*room.usual, *room.occasional)
    }
    assert set(household.HOLDS) == furniture
    assert set(household.PLACES) == stock
    assert furniture >= household.OPENABLE | household.SINGLE
    for thing, places in household.PLACES.items():
        assert set(places) <= furniture, thing
        fits = any(thing in held for held in household.HOLDS.values())
        # As in ALFWorld, a paper towel roll or a teddy bear that was taken can't be put down.
        assert fits != (thing in household.FIXED | {"PaperTowelRoll", "TeddyBear"}), thing
    for held in household.HOLDS.values():
        assert held <= stock
    abilities = household.CLEANABLE | household.HEATABLE | household.COOLABLE | household.SLICEABLE
    assert abilities <= stock - household.FIXED


def test_likelihoods_of_a_thing_add_up_to_one() -> None:
    for thing in household.PLACES:
        total = sum(household.likelihood(thing.lower(), kind) for kind in household.HOLDS)
        assert total == pytest.approx(1.0), thing
    assert household.likelihood("mug", "coffeemachine") > household.likelihood("mug", "shelf")
    assert household.likelihood("mug", "bed") == household.likelihood("unicorn", "bed") == 0


def played(engine: Engine, commands: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    yield engine.reset(), engine.won, engine.admissible()
    for command in commands:
        yield *engine.step(command), engine.won, engine.admissible()


@pytest.mark.parametrize(
    ("seed", "room_size"), [*((seed, 4) for seed in range(6)), (12, 8), (15, None)]
)
def test_the_real_engine_plays_them_too(seed: int, room_size: int | None) -> None:
    try:
        from onelayer.envs.alfworld.textworld_engine import TextWorldEngine
    except gym.error.DependencyNotInstalled as missing:
        pytest.skip(str(missing))
    record = generate(seed, split="valid_unseen", room_size=room_size)
    real = TextWorldEngine(record)
    commands = ("look", *record.walkthrough[:2], "nonsense", "inventory", *record.walkthrough[2:])
    told = list(played(real, commands))  # type: ignore[arg-type]
    assert told == list(played(Engine(Game(record)), commands))
    assert real.won
    real.close()
