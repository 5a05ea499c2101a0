"""The tasks of the second study: right, never in both splits, and no fixed rule solves them."""

import json
import re

import numpy as np
import pytest

pytest.importorskip("torch")


def test_comparisons_are_right_and_never_in_both_splits(tmp_path):
    from study_worlds import write_comparisons

    write_comparisons(tmp_path / "rows.jsonl")
    numbers = {"train": set(), "test": set()}
    for row in map(json.loads, (tmp_path / "rows.jsonl").read_text().splitlines()):
        asked, _, listed = row["prompt"].rstrip("?").partition(": ")
        values = [int(value) for value in listed.split(", ")]
        assert int(row["answer"]) == (max if asked.endswith("largest") else min)(values)
        numbers[row["split"]].add(tuple(values))
    assert (len(numbers["train"]), len(numbers["test"])) == (200, 150)
    assert not numbers["train"] & numbers["test"]


def test_no_maze_is_in_both_splits():
    from study_worlds import TASKS, ShortMaze

    train, test = (ShortMaze(split) for split in ("train", "test"))
    assert len(set(train.tasks)) == TASKS["train"]
    assert len(set(test.tasks)) == TASKS["test"]

    def mazes(env):
        found = set()
        for task in env.tasks:
            env.begin(task)
            found.add(repr(sorted((at, sorted(ways)) for at, ways in env.ways.items())))
        return found

    assert not mazes(train) & mazes(test)

    def games(env):
        return {repr((env.begin(task), env.ways, env.at, env.exit)) for task in env.tasks}

    assert len(games(test)) == TASKS["test"]  # no two tasks are the same: dev has none of the test


def test_a_maze_begins_near_its_exit_and_its_solution_leaves_a_walk_alone():
    from study_worlds import ShortMaze

    env = ShortMaze("test", near=2, far=4)
    lengths = set()
    for task in env.tasks[:50]:
        first, _ = env.reset(options={"task": task})
        at = env.at
        way = env.solution(task)
        assert env.at == at and first.startswith("The goal is ")
        lengths.add(len(way))
        *moves, last = [env.step(f"Go {move}.") for move in way]
        assert last[2] and last[1] == 1 and not any(move[2] for move in moves)
    assert lengths == {2, 3, 4}


def test_a_reply_counts_by_the_first_way_that_it_names():
    from study_worlds import WAYS, ShortMaze

    env = ShortMaze("test", max_steps=9)
    task = next(t for t in env.tasks if env.begin(t) and len(env.admissible()) == 2)
    env.reset(options={"task": task})
    one, other = env.admissible()
    closed = next(way for way in WAYS if way not in (one, other))
    for reply in ("", closed, f"{closed}, not {one}", "I do not know", f"{one}ward"):
        assert env.step(reply)[4]["valid"] is False
    at = env.ways[env.at][one]
    assert env.step(f"Go {one.title()}, not {other}.")[4]["valid"] is True and env.at == at


def test_no_fixed_rule_solves_many_mazes():
    """What the page says of rules that do not read where the goal is."""
    from study_worlds import ShortMaze

    env, random = ShortMaze("test"), np.random.default_rng(0)

    def share(rule):
        def solves(task):
            text, _ = env.reset(options={"task": task})
            over = False
            while not over:
                text, _, ended, truncated, info = env.step(rule(text, list(env.ways[env.at])))
                over = ended or truncated
            return info["success"]

        return sum(map(solves, env.tasks)) / len(env.tasks)

    blind = [share(lambda _, ways, first=first: ways[-first]) for first in (0, 1)]
    blind += [share(lambda *_, way=way: way) for way in ("north", "east", "south", "west")]
    blind += [share(lambda _, ways: ways[int(random.integers(len(ways)))])]
    assert max(blind) == pytest.approx(0.3, abs=0.05)
    assert share(lambda text, _: re.findall("east|west|south|north", text)[0]) > 0.7


def test_a_maze_without_a_square_as_far_away_is_refused():
    from study_worlds import ShortMaze

    with pytest.raises(ValueError, match="at most 2"):
        ShortMaze("test", size=2, near=3, far=4)
