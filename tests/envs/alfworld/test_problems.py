"""Reading PDDL problems and grounding their goals; broken ones are refused with a clear sentence."""

import pytest
from helpers import kitchen

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.object_names import readable_names
from onelayer.envs.alfworld.pddl import read_problem
from onelayer.envs.alfworld.records import GameRecord

MUG = "Mug_bar__plus_01_bar_1"


def test_numbers_descend_over_the_sorted_ids():
    ids = [
        "mug_bar_b",
        "mug_bar_a",
        "sink_bar_1_bar_sinkbasin",
        "sink_bar_2",
        "mug_bar_c",
        "agent1",
    ]
    assert readable_names(ids) == {
        "agent1": "agent1 ",
        "mug_bar_a": "mug 3",
        "mug_bar_b": "mug 2",
        "mug_bar_c": "mug 1",
        "sink_bar_1_bar_sinkbasin": "sinkbasin 1",
        "sink_bar_2": "sink 1",
    }


def test_a_problem_is_read_without_case_comments_and_negations():
    problem = read_problem(
        """(define (problem P) (:domain alfred)
        (:objects A B - Object ; both
          L - location)
        (:init (Openable A) (not (openable B)) (= (total-cost) 0) (atLocation A L))
        (:goal (and (opened A))))"""
    )
    assert problem.types == {"a": "object", "b": "object", "l": "location"}
    assert problem.facts["openable"] == [("a",)]
    assert problem.facts["atlocation"] == [("a", "l")]
    assert problem.goal == ["and", ["opened", "a"]]


@pytest.mark.parametrize(
    ("goal", "commands", "expected"),
    [
        (f"(not (inReceptacle {MUG} CounterTop_bar__plus_01_bar_1))", (), False),
        (
            f"(not (inReceptacle {MUG} CounterTop_bar__plus_01_bar_1))",
            ("go to countertop 1", "take mug 2 from countertop 1"),
            True,
        ),
        ("(or (opened Fridge_bar__plus_01_bar_1) (holdsAny agent1))", ("go to fridge 1",), False),
        (
            "(or (opened Fridge_bar__plus_01_bar_1) (holdsAny agent1))",
            ("go to fridge 1", "open fridge 1"),
            True,
        ),
        (
            "(forall (?r - receptacle) (imply (openable ?r) (opened ?r)))",
            ("go to fridge 1",),
            False,
        ),
        (
            "(forall (?r - receptacle) (imply (openable ?r) (opened ?r)))",
            tuple(
                c
                for r in ("fridge", "cabinet", "microwave")
                for c in (f"go to {r} 1", f"open {r} 1")
            ),
            True,
        ),
        ("(exists (?l - location) (and (atLocation agent1 ?l) (not (= ?l loc_bar_0))))", (), False),
        (
            "(exists (?l - location) (and (atLocation agent1 ?l) (not (= ?l loc_bar_0))))",
            ("go to cabinet 1",),
            True,
        ),
        (
            "(exists (?o - object ?a - agent) (and (objectType ?o AppleType) (holds ?a ?o)))",
            ("go to countertop 1", "take mug 2 from countertop 1"),
            False,
        ),
        (
            "(exists (?o - object ?a - agent) (and (objectType ?o AppleType) (holds ?a ?o)))",
            ("go to countertop 1", "take apple 1 from countertop 1"),
            True,
        ),
        ("(and)", (), True),
    ],
)
def test_goals_hold_where_they_should(goal, commands, expected):
    engine = Engine(Game(kitchen(goal)))
    for command in commands:
        engine.step(command)
    assert engine.won is expected


@pytest.mark.parametrize(
    ("goal", "complaint"),
    [
        ("(isOn DeskLamp_bar__plus_01_bar_1)", "does not follow"),
        ("(flies agent1)", "not of ALFWorld's domain"),
        ("(holds agent1)", "not of ALFWorld's domain"),
        ("(exists (?o - object))", "quantifier"),
        ("(not)", "malformed"),
        ("()", "not a PDDL condition"),
    ],
)
def test_a_goal_that_cannot_be_followed_is_refused(goal, complaint):
    with pytest.raises(ValueError, match=f"trial_by_hand: .*{complaint}"):
        Game(kitchen(goal))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("(:goal", "(:gaol", "no \\(:goal"),
        ("(:init", "(:ini", "no \\(:init"),
        ("(exists (?r - receptacle)", "(exists ?r - receptacle)", "unbalanced"),
        ("(atLocation agent1 loc_bar_0)", "", "one agent must be at one location, found 0"),
        (
            "(openable Cabinet_bar__plus_01_bar_1)",
            "(openable Cup_bar_1)",
            "'cup_bar_1' is used but not",
        ),
        ("(openable Cabinet_bar__plus_01_bar_1)", "(openable)", "takes 1 argument"),
        (
            "(inReceptacle Mug_bar__plus_01_bar_1 CounterTop",
            "(inReceptacle Fridge_bar__plus_01_bar_1 CounterTop",
            "not an object and a receptacle",
        ),
        (
            "(receptacleAtLocation Cabinet_bar__plus_01_bar_1 loc_bar_1)",
            "(receptacleAtLocation Cabinet_bar__plus_01_bar_1 loc_bar_1)"
            " (receptacleAtLocation Cabinet_bar__plus_01_bar_1 loc_bar_2)",
            "at two locations",
        ),
    ],
)
def test_a_broken_problem_is_refused_with_the_games_id(old, new, complaint):
    record = kitchen()
    assert old in record.pddl_problem
    broken = GameRecord(
        record.id, record.task, record.walkthrough, record.pddl_problem.replace(old, new, 1)
    )
    with pytest.raises(ValueError, match=f"game train/.*trial_by_hand: .*{complaint}"):
        Game(broken)
