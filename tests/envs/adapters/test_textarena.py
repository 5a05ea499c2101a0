"""Contract with the real TextArena; skipped where it is not installed."""

import random

import pytest

pytest.importorskip("textarena", reason="pip install 'onelayer[textarena]' to test the adapter")

from onelayer.agents.rollout import rollout
from onelayer.envs.check import check
from onelayer.envs.plugins import make

TEXTARENA = "onelayer/TextArena-v0"


@pytest.mark.parametrize("game", ["GuessTheNumber-v0-raw", "Blackjack-v0-raw", "Sokoban-v0-raw"])
def test_a_game_keeps_all_promises(game):
    assert [f for f in check(TEXTARENA, game=game, episodes=3) if f.failed] == []


class Halving:
    """Guesses numbers by halving what is left."""

    def reset(self, slots=None):
        self.low, self.high = 1, 20

    def act(self, observations, infos=None, slots=None):
        said = observations[0]
        if "higher" in said.splitlines()[-1]:
            self.low = self.guess + 1
        elif "lower" in said.splitlines()[-1]:
            self.high = self.guess - 1
        self.guess = (self.low + self.high) // 2
        return [f"[{self.guess}]"]


def test_a_player_wins_and_the_processs_random_numbers_stay_as_they_were():
    env = make(TEXTARENA)
    random.seed(5)
    state = random.getstate()
    episodes = rollout([env], Halving(), env.unwrapped.tasks[:5])
    assert all(episode.success for episode in episodes)
    assert random.getstate() == state


def test_a_game_that_does_not_exist_or_takes_two_is_refused():
    with pytest.raises(ValueError, match="no game 'GuessTheNumbr-v0'; did you mean"):
        make(TEXTARENA, game="GuessTheNumbr-v0")
    with pytest.raises(ValueError, match="TicTacToe-v0-raw is not for one player"):
        make(TEXTARENA, game="TicTacToe-v0-raw")
