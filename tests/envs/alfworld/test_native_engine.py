"""The native engine in a kitchen written by hand: all verbs, the oddities, copies and anchors."""

import pickle

import pytest
from helpers import kitchen, play_kitchen

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.native_engine import Engine


def test_every_verb_says_what_alfworld_says(transcript):
    engine = Engine(Game(kitchen()))
    for command, answer in transcript:
        observation, score, done = engine.step(command)
        assert (command, observation) == (command, answer)
        assert (score, done) == (0, False)


def test_the_first_observation_names_the_room_and_the_task():
    assert Engine(Game(kitchen())).reset() == (
        "-= Welcome to TextWorld, ALFRED! =-\n\n"
        "You are in the middle of a room. Looking quickly around you, you see a cabinet 1, "
        "a countertop 1, a fridge 1, a microwave 1, a sidetable 1, a sinkbasin 1, a stoveburner 2, "
        "and a stoveburner 1.\n\n"
        "Your task is to: put a hot mug in cabinet."
    )


def test_commands_are_sorted_as_text():
    assert play_kitchen("go to countertop 1", "take mug 2 from countertop 1").admissible() == (
        "examine countertop 1",
        "examine mug 2",
        "go to cabinet 1",
        "go to fridge 1",
        "go to microwave 1",
        "go to sidetable 1",
        "go to sinkbasin 1",
        "go to stoveburner 1",
        "go to stoveburner 2",
        "help",
        "inventory",
        "look",
        "move mug 2 to countertop 1",
    )


def test_a_closed_receptacle_hides_what_is_in_it():
    closed = play_kitchen("go to fridge 1")
    assert "take apple 2 from fridge 1" not in closed.admissible()
    assert "open fridge 1" in closed.admissible()
    opened = play_kitchen("go to fridge 1", "open fridge 1")
    assert "take apple 2 from fridge 1" in opened.admissible()
    assert "open fridge 1" not in opened.admissible()


def test_hot_and_clean_and_sliced_are_told_in_alfworlds_words():
    sliced = (
        *("go to countertop 1", "take apple 1 from countertop 1", "go to sidetable 1"),
        *("move apple 1 to sidetable 1", "go to countertop 1", "take knife 1 from countertop 1"),
        *("go to sidetable 1", "slice apple 1 with knife 1", "go to countertop 1"),
        *("move knife 1 to countertop 1", "go to sidetable 1", "take apple 1 from sidetable 1"),
    )
    at_sink = (*sliced, "go to sinkbasin 1", "clean apple 1 with sinkbasin 1")
    heat = ("go to microwave 1", "heat apple 1 with microwave 1")
    cool = ("go to fridge 1", "cool apple 1 with fridge 1")

    def examined(*commands):
        return play_kitchen(*commands).step("examine apple 1")[0]

    assert examined(*sliced) == "This is a sliced apple 1."
    assert examined(*sliced, *heat) == "This is a hot sliced apple 1."
    assert examined(*at_sink) == "This is a clean sliced apple 1."
    assert examined(*at_sink, *heat) == "This is a hot and clean sliced apple 1."
    assert examined(*at_sink, *heat, *cool) == "This is a cool and clean sliced apple 1."


@pytest.mark.parametrize(
    "command", ["", " ", "Look", "go  to fridge 1", "take mug", "go to fridge"]
)
def test_anything_but_an_admissible_command_makes_nothing_happen(command):
    engine = play_kitchen("go to countertop 1")
    before = engine.anchor()
    assert not engine.is_admissible(command)
    assert engine.step(command) == ("Nothing happens.", 0, False)
    assert engine.anchor() == before


def test_spaces_around_a_command_are_dropped():
    engine = play_kitchen()
    assert engine.is_admissible("  go to fridge 1\n")
    assert engine.step("  go to fridge 1\n")[0].startswith("You arrive at fridge 1.")


def test_the_walkthrough_wins_and_the_game_goes_on_after_it():
    record = kitchen()
    engine = Engine(Game(record))
    for command in record.walkthrough[:-1]:
        assert engine.step(command)[1:] == (0, False)
    assert engine.step(record.walkthrough[-1])[1:] == (1, True)
    assert engine.step("look")[1:] == (1, True)
    assert engine.step("take mug 2 from cabinet 1")[1:] == (0, False)


def test_reset_begins_again():
    engine = play_kitchen("go to countertop 1", "take mug 2 from countertop 1")
    fresh = play_kitchen()
    engine.reset()
    assert engine.anchor() == fresh.anchor()
    assert engine.admissible() == fresh.admissible()


def test_a_copy_goes_its_own_way():
    engine = play_kitchen("go to countertop 1")
    twin = engine.copy()
    assert twin.anchor() == engine.anchor()
    twin.step("take mug 2 from countertop 1")
    assert "take mug 2 from countertop 1" in engine.admissible()
    assert "take mug 2 from countertop 1" not in twin.admissible()
    engine.step("take apple 1 from countertop 1")
    assert twin.step("inventory")[0] == "You are carrying: a mug 2."


def test_an_engine_can_be_pickled_in_the_middle_of_a_game():
    engine = play_kitchen("go to countertop 1", "take mug 2 from countertop 1")
    again = pickle.loads(pickle.dumps(engine))
    assert again.anchor() == engine.anchor()
    assert again.admissible() == engine.admissible()
    assert again.step("inventory")[0] == "You are carrying: a mug 2."


def test_equal_text_with_other_holdings_is_another_state():
    with_mug = play_kitchen(
        "go to countertop 1", "take mug 2 from countertop 1", "go to sinkbasin 1"
    )
    with_apple = play_kitchen(
        "go to countertop 1", "take apple 1 from countertop 1", "go to sinkbasin 1"
    )
    assert with_mug.step("look") == with_apple.step("look")
    assert with_mug.anchor() != with_apple.anchor()


def test_a_state_reached_in_two_ways_is_one_state():
    straight = play_kitchen("go to fridge 1")
    around = play_kitchen(
        *("go to countertop 1", "look", "take mug 2 from countertop 1", "inventory", "help"),
        *("move mug 2 to countertop 1", "go to cabinet 1", "open cabinet 1", "close cabinet 1"),
        "go to fridge 1",
    )
    assert straight.anchor() == around.anchor()
    assert hash(straight.anchor()) == hash(around.anchor())


def test_a_thing_put_back_on_its_burner_is_where_it_was():
    before = play_kitchen("go to stoveburner 1")
    after = play_kitchen(
        *("go to stoveburner 1", "take pan 1 from stoveburner 2", "move pan 1 to stoveburner 2")
    )
    assert before.anchor() == after.anchor()


@pytest.mark.parametrize(
    "deed",
    [
        ("go to fridge 1", "open fridge 1"),
        ("go to sidetable 1", "use desklamp 1"),
        ("go to stoveburner 1", "take pan 1 from stoveburner 2", "move pan 1 to stoveburner 1"),
    ],
)
def test_what_was_done_elsewhere_is_part_of_the_state(deed):
    back = "go to microwave 1"
    assert play_kitchen(*deed, back).anchor() != play_kitchen(back).anchor()


def test_what_only_look_will_tell_is_part_of_the_state():
    # Both pans end on burner 1; one was taken from burner 2 beside it, and lies "next to" it.
    move = ("go to stoveburner 1", "take pan 1 from stoveburner 2", "go to countertop 1")
    moved = (*move, "move pan 1 to countertop 1", "take pan 1 from countertop 1")
    there = play_kitchen(*moved, "go to stoveburner 2", "move pan 1 to stoveburner 1")
    back = play_kitchen(*moved, "go to stoveburner 2", "move pan 1 to stoveburner 2")
    assert "Next to it, you see a pan 1." in there.step("look")[0]
    assert "Next to it, you see nothing." in back.step("look")[0]
    assert there.anchor() != back.anchor()
