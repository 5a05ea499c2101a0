import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers.summary import summary


def episode(*parts, error=None):
    steps = tuple(Step("o", "a", sum(p.values()), anchor=None, reward_parts=p) for p in parts)
    return Episode("t", steps, success=True, error=error)


def test_the_parts_of_the_reward_are_means_of_what_an_episode_got():
    found = summary(
        [
            episode({"correctness": 0.0}, {"correctness": 1.0, "format": 0.1}),
            episode({"correctness": 0.0, "format": 0.1}),
        ]
    )
    assert found["reward/correctness"] == pytest.approx(0.5)
    assert found["reward/format"] == pytest.approx(0.1)
    assert found["return"] == pytest.approx(0.6)


def test_an_environment_that_tells_no_parts_logs_none():
    assert not [name for name in summary([episode({})]) if name.startswith("reward/")]


def test_a_failed_episode_has_no_part_in_them():
    found = summary([episode({"correctness": 1.0}), episode({"correctness": 0.0}, error="broke")])
    assert found["reward/correctness"] == 1.0
