"""The native engine against alfworld's own, side by side: text, commands, score, end, and state."""

import random
import subprocess
import sys
from dataclasses import replace

import pytest
from helpers import kitchen, real_games

pytest.importorskip("alfworld")

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.games import load_games
from onelayer.envs.alfworld.generator import GeneratedGames
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.records import TASK_TYPES
from onelayer.envs.alfworld.textworld_engine import TextWorldEngine

ODD = (
    "",
    " ",
    "look ",
    "\tlook\n",
    "\u00a0inventory\u2003",
    "Look",
    "LOOK",
    "lookk",
    "go  to cabinet 1",
    "go to",
    "go to cabinet 99",
    "go to Cabinet 1",
    "take",
    "take mug 1",
    "examine",
    "help ",
    "help me",
    "{r}",
    "#look#",
    "none of these",
    "open the pod bay doors",
    "mug \U0001f375",
)


def side_by_side(record, commands, real):
    """Play commands in both engines and compare all they tell; return how many were carried out.

    ``commands`` is called with the native engine for each next command, until it gives None.
    """
    native = Engine(Game(record))
    assert native.reset() == real.reset()
    carried_out = 0
    states = {}
    while True:
        assert native.admissible() == real.admissible()
        assert native.won == real.won
        # Two states are one to the native engine exactly where they are one to the real engine.
        here, there = ("native", native.anchor()), ("real", real.anchor())
        assert states.setdefault(here, there) == there
        assert states.setdefault(there, here) == here
        command = commands(native)
        if command is None:
            return carried_out
        assert native.is_admissible(command) == real.is_admissible(command)
        carried_out += native.is_admissible(command)
        assert (command, *native.step(command)) == (command, *real.step(command))


def wandering(seed, steps, also=()):
    """Return a chooser of random commands: mostly admissible ones, some odd, some from elsewhere."""
    rng = random.Random(seed)
    seen = list(also) or ["look"]
    left = iter(range(steps))

    def choose(engine):
        if next(left, None) is None:
            return None
        admissible = engine.admissible()
        seen.extend(admissible)
        deeds = [c for c in admissible if not c.startswith("go to")]
        luck = rng.random()
        if luck < 0.15:
            return rng.choice(ODD)
        if luck < 0.25:
            return rng.choice(seen)
        if luck < 0.3:
            return f"  {rng.choice(admissible)} "
        return rng.choice(deeds if luck < 0.75 else admissible)

    return choose


def saying(commands):
    """Return a chooser of these commands."""
    left = iter(commands)
    return lambda engine: next(left, None)


def following(record):
    """Return a chooser that plays the walkthrough and goes on a little after the win."""
    return saying([*record.walkthrough, "look", "inventory", *record.walkthrough, ""])


@pytest.fixture(scope="module")
def real():
    """The real engine; it is loaded with one game after another."""
    return TextWorldEngine(kitchen())


def both_ways(record, real, steps, seeds=(0,)):
    """Compare the engines on the walkthrough and on random commands; return what was carried out."""
    real.load(record)
    carried_out = side_by_side(record, following(record), real)
    for seed in seeds:
        carried_out += side_by_side(record, wandering(seed, steps, record.walkthrough), real)
    return carried_out


def test_games_of_alfworld_0_3_are_the_same_in_both_engines(real):
    assert both_ways(kitchen().with_verb("put"), real, steps=300, seeds=range(3)) > 500
    games = GeneratedGames("train", room_size=5)
    carried_out = 0
    for game_id in games.ids[:6]:
        carried_out += both_ways(games[game_id].with_verb("put"), real, steps=100)
    assert carried_out > 300


def test_the_kitchen_is_the_same_in_both_engines(real):
    assert both_ways(kitchen(), real, steps=300, seeds=range(6)) > 1000


@pytest.mark.parametrize(
    "start",
    [
        "(atLocation agent1 loc_bar_0)",
        "(atLocation agent1 loc_bar_2)",
        "(atLocation agent1 loc_bar_6)",
        "(atLocation agent1 loc_bar_0) (holds agent1 Egg_bar__plus_01_bar_1) (holdsAny agent1)",
        "(atLocation agent1 loc_bar_1) (opened Cabinet_bar__plus_01_bar_1)"
        " (isClean Mug_bar__plus_02_bar_1) (isHot Mug_bar__plus_02_bar_1)"
        " (isSliced Apple_bar__plus_02_bar_1) (isToggled DeskLamp_bar__plus_01_bar_1)",
    ],
)
def test_every_verb_is_the_same_from_other_starts(real, transcript, start):
    record = kitchen()
    problem = record.pddl_problem.replace("(atLocation agent1 loc_bar_0)", start)
    changed = replace(record, pddl_problem=problem)
    real.load(changed)
    side_by_side(changed, saying(command for command, _ in transcript), real)
    side_by_side(changed, wandering(2, 100), real)


@pytest.mark.parametrize(
    "goal",
    [
        "(exists (?o - object) (holds agent1 ?o))",
        "(and (exists (?o - object) (and (objectType ?o AppleType) (isSliced ?o) (isClean ?o))))",
        "(exists (?o - object) (and (isHot ?o) (isCool ?o)))",
        "(not (exists (?o - object) (inReceptacle ?o CounterTop_bar__plus_01_bar_1)))",
        "(or (opened Fridge_bar__plus_01_bar_1) (atLocation agent1 loc_bar_6))",
        "(forall (?r - receptacle) (or (not (openable ?r)) (opened ?r)))",
        "(imply (opened Cabinet_bar__plus_01_bar_1) (isToggled DeskLamp_bar__plus_01_bar_1))",
        "(exists (?r - receptacle) (and (exists (?o - object) (and (objectType ?o MugType)"
        " (inReceptacle ?o ?r) (exists (?p - object) (and (not (= ?o ?p)) (objectType ?p MugType)"
        " (inReceptacle ?p ?r)))))))",
    ],
)
def test_goals_hold_in_the_same_states(real, transcript, goal):
    record = kitchen(goal)
    real.load(record)
    side_by_side(record, saying(command for command, _ in transcript), real)
    assert side_by_side(record, wandering(1, 150), real) > 80


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_generated_games_are_the_same_in_both_engines(real, task_type):
    small = GeneratedGames("train", room_size=5, task_types=[task_type], count=3)
    whole = GeneratedGames("valid_unseen", task_types=[task_type], count=1)
    for game_id in small.ids:
        both_ways(small[game_id], real, steps=60)
    both_ways(whole[whole.ids[0]], real, steps=40)


def test_real_games_are_the_same_in_both_engines(real):
    for seed, task_type in enumerate(TASK_TYPES):
        games = load_games(real_games("valid_seen"), "valid_seen", task_types=[task_type])
        game_id = random.Random(seed).choice(games.ids)
        both_ways(games[game_id], real, steps=60, seeds=(seed,))


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "valid_seen"])
def test_many_real_games_are_the_same_in_both_engines(real, split):
    games = load_games(real_games(split), split)
    for seed, game_id in enumerate(random.Random(split).sample(games.ids, 60)):
        both_ways(games[game_id], real, steps=100, seeds=(seed,))


def test_the_untouched_engine_says_the_same(real):
    generated = GeneratedGames("train", room_size=3, count=2)
    for seed, record in enumerate([kitchen(), *(generated[game_id] for game_id in generated.ids)]):
        untouched = TextWorldEngine(record, untouched=True)
        side_by_side(record, following(record), untouched)
        side_by_side(record, wandering(seed, 40), untouched)


def test_two_real_engines_do_not_disturb_each_other(real):
    record = kitchen()
    real.load(record)
    other = TextWorldEngine(record)
    native = [Engine(Game(record)), Engine(Game(record))]
    assert real.reset() == other.reset()
    chooser = wandering(3, 60)
    for turn in range(60):
        mine, theirs = native[turn % 2], (real, other)[turn % 2]
        command = chooser(mine)
        assert mine.step(command) == theirs.step(command)
        assert mine.admissible() == theirs.admissible()


def test_a_copy_of_the_real_engine_goes_its_own_way(real):
    record = kitchen()
    real.load(record)
    real.reset()
    for command in record.walkthrough[:4]:
        real.step(command)
    twin = real.copy()
    assert twin.anchor() == real.anchor()
    twin.step("go to fridge 1")
    assert twin.anchor() != real.anchor()
    for command in record.walkthrough[4:]:
        _, score, done = real.step(command)
    assert (score, done) == (1, True)
    assert not twin.won


def test_textworld_is_left_as_it_was(capsys):
    import fast_downward
    from textworld.envs.pddl import logic, textgen

    before = fast_downward.pddl2sas, logic._parse_and_convert, textgen.Rule, textgen.deepcopy
    arguments, output = list(sys.argv), sys.stdout
    engine = TextWorldEngine(kitchen())
    engine.reset()
    engine.step("look")
    after = fast_downward.pddl2sas, logic._parse_and_convert, textgen.Rule, textgen.deepcopy
    assert before == after
    assert sys.argv == arguments
    assert sys.stdout is output
    assert capsys.readouterr().out == ""


def test_engines_can_be_closed_and_the_interpreter_still_exits():
    program = (
        "import sys; from onelayer.envs.alfworld.textworld_engine import TextWorldEngine\n"
        "from onelayer.envs.alfworld.generator import generate\n"
        "for seed in range(3):\n"
        "    engine = TextWorldEngine(generate(seed, split='train', room_size=3))\n"
        "    first = engine.reset(); engine.close(); assert engine.reset() == first; engine.close()\n"
        "print('alive')\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, "alive\n"), told.stderr


def test_a_problem_that_the_planner_refuses_is_a_clear_error():
    with pytest.raises(ValueError, match=r"trial_by_hand: .*nosuchpredicate"):
        TextWorldEngine(kitchen("(noSuchPredicate agent1)"))
