"""Whoever makes an agent from a model makes it here."""

from dataclasses import fields

import pytest
from helpers import tiny_model

from onelayer.agents.play import Play
from onelayer.trainers.config import TrainConfig


def test_an_agent_has_the_settings(plain_tokenizer):
    from onelayer.envs.plugins import make

    play = Play(0.7, 0.9, 5, "2")
    agent = play.agent(tiny_model(), plain_tokenizer, make("onelayer/Counting-v0"))
    sampling = agent.sampling
    assert (sampling.temperature, sampling.top_p, sampling.response_limit) == (0.7, 0.9, 5)
    assert agent.history == 2


def test_a_run_plays_alike_in_training_and_evaluation_but_for_what_it_names():
    config = TrainConfig(
        temperature=0.9, history="3", thinking=True, response_limit=7, eval_temperature=0.1
    )
    assert config.play == Play(0.9, 1.0, 7, "3", True, True)
    assert config.eval_play == Play(0.1, 1.0, 7, "3", True, True)
    assert TrainConfig(eval_response_limit=9).eval_play.response_limit == 9


def test_settings_make_the_same_again():
    play = Play(0.5, 0.8, 3, "1", False, True)
    assert Play.of({**play.settings, "model": "tiny"}) == play
    assert list(play.settings) == [field.name for field in fields(Play)]
    assert Play.of({**play.settings, "history": 1}) == play


@pytest.mark.parametrize("history", ["some", "-1", "1.5", ""])
def test_a_history_that_is_no_number_is_refused(history):
    with pytest.raises(ValueError, match="history is `all` or a number of turns"):
        Play(history=history)
