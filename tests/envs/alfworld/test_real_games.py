"""ALFWorld's own games: all load, and each official walkthrough wins."""

import pytest
from helpers import real_games

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.games import load_games
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.records import TASK_TYPES


@pytest.mark.parametrize(
    ("split", "number"),
    [pytest.param("train", 3553, marks=pytest.mark.slow), ("valid_seen", 140)],
)
def test_every_official_walkthrough_wins(split, number):
    games = load_games(real_games(split), split)
    assert len(games) == number
    kinds = set()
    for game_id in games.ids:
        record = games[game_id]
        engine = Engine(Game(record))
        assert not engine.won
        for command in record.walkthrough:
            assert command in engine.admissible(), (game_id, command)
            _, score, done = engine.step(command)
        assert (game_id, score, done) == (game_id, 1, True)
        kinds.add(record.task_type)
    assert kinds == set(TASK_TYPES)
