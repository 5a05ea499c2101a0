"""A run that will hardly learn says why after its first iteration."""

import numpy as np
import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers.first_signs import first_signs

UNKNOWN = 1


def episode(prompt=(5, 6, 7, 8), *, valid=True, cut=False):
    step = Step(
        observation="",
        action="go",
        reward=0.0,
        anchor=0,
        valid=valid,
        cut=cut,
        prompt_ids=np.array(prompt),
        action_ids=np.array([2]),
        logprobs=np.array([-1.0]),
    )
    return Episode(task="a", steps=(step,), success=False)


def test_a_run_that_looks_well_says_nothing():
    assert first_signs([episode()] * 4, UNKNOWN, 16) == []


def test_nothing_played_says_nothing():
    assert first_signs([Episode("a", (), False, error="env: broke")], UNKNOWN, 16) == []


@pytest.mark.parametrize(
    ("played", "said"),
    [
        (episode((1, 1, 5, 6)), "reads 50% of its input as unknown words"),
        (episode(cut=True), "100% of the replies were cut at --response-limit 16"),
        (episode(valid=False), "0.0% of the actions were understood"),
    ],
)
def test_what_is_wrong_is_one_sentence(played, said):
    [sentence] = first_signs([played] * 4, UNKNOWN, 16)
    assert said in sentence


def test_replies_that_are_cut_explain_actions_that_are_not_understood():
    [sentence] = first_signs([episode(valid=False, cut=True)], UNKNOWN, 16)
    assert "were cut" in sentence


def test_a_tokenizer_that_knows_every_word_has_no_unknown_ones():
    assert first_signs([episode((1, 1, 1, 1))], None, 16) == []
