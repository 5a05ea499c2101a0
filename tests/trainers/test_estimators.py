"""Estimators by name: ours, registered ones, those of a file, and arguments of their own."""

import numpy as np
import pytest
from made_episodes import episode

from onelayer.trainers import estimators
from onelayer.trainers.advantages import dr_grpo, gigpo, grpo
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.estimators import estimator, register_estimator
from onelayer.trainers.hgpo import hgpo

MINE = """
import numpy as np
from onelayer.trainers.estimators import register_estimator

@register_estimator("halved")
def halved(episodes, *, gamma, omega, divide_by_std, share: float = 0.5):
    return np.array([share * step.reward for one in episodes for step in one.steps])
"""
SHARED = {"gamma": 1.0, "omega": 1.0, "divide_by_std": False}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    estimator("gigpo")  # ours are registered from here on
    monkeypatch.setattr(estimators, "ESTIMATORS", dict(estimators.ESTIMATORS))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my_estimators.py"
    path.write_text(MINE)
    return path


def test_estimators_are_found_by_name():
    assert [estimator(n) for n in ("gigpo", "grpo", "dr_grpo", "hgpo")] == [
        gigpo,
        grpo,
        dr_grpo,
        hgpo,
    ]
    with pytest.raises(ValueError, match=r"unknown .* 'ppo'; known are dr_grpo, gigpo, grpo, hgpo"):
        estimator("ppo")


def nothing(episodes, *, gamma, omega, divide_by_std):
    return np.zeros(sum(len(one.steps) for one in episodes))


def test_a_new_estimator_registers_once():
    assert register_estimator("nothing")(nothing) is nothing
    assert estimator("nothing") is nothing
    with pytest.raises(ValueError, match="'nothing' is already registered"):
        register_estimator("nothing")(nothing)
    with pytest.raises(ValueError, match="'gigpo' is already registered"):
        register_estimator("gigpo")(nothing)
    with pytest.raises(ValueError, match="leave the colon out"):
        register_estimator("my:own")


def test_a_cell_that_is_run_again_replaces_what_it_registered():
    def cell():
        @register_estimator("mine")
        def mine(episodes, *, gamma, omega, divide_by_std):
            return np.zeros(0)

        return mine

    first, second = cell(), cell()
    assert first is not second
    assert estimator("mine") is second


def test_a_file_is_imported_however_often_it_is_named(file):
    batch = [episode("t", ("s", 4.0))]
    for _ in range(2):
        found = estimator(f"{file}:halved")
        assert found(batch, **SHARED).tolist() == [2.0]
    assert estimator("halved")(batch, **SHARED).tolist() == [2.0]


def test_a_file_may_hold_an_environment_too(file):
    import gymnasium as gym

    from onelayer.envs import plugins

    file.write_text(
        f"{MINE}\nimport gymnasium\nfrom onelayer.envs.counting import CountingEnv\n"
        "gymnasium.register('Both-v0', entry_point=CountingEnv)\n"
    )
    try:
        estimator(f"{file}:halved")
        plugins.make(f"{file}:Both-v0").close()
    finally:
        gym.registry.pop("Both-v0", None)


def test_arguments_of_its_own_are_set_and_checked(file):
    batch = [episode("t", ("s", 4.0))]
    assert estimator(f"{file}:halved", {"share": 0.25})(batch, **SHARED).tolist() == [1.0]
    assert estimator(f"{file}:halved", {"share": "1e-1"})(batch, **SHARED).tolist() == [0.4]
    for wrong, message in [
        ({"shar": 1.0}, r"halved takes no argument 'shar'; did you mean 'share'.*it takes"),
        ({"share": "much"}, "halved: share must be a number, got 'much'"),
        ({"gamma": 0.9}, "halved takes no argument 'gamma'; it takes: share=0.5"),
    ]:
        with pytest.raises(ValueError, match=message):
            estimator(f"{file}:halved", wrong)


def test_a_configuration_names_estimator_and_arguments(file):
    config = TrainConfig(algorithm=f"{file}:halved", algorithm_args="{share: 1}")
    assert config.estimator()([episode("t", ("s", 4.0))], **SHARED).tolist() == [4.0]
    assert config.folder.name == "alfworld-halved-mid-0"
    assert TrainConfig(algorithm_args="{std_floor: 0.1}").estimator().keywords == {"std_floor": 0.1}
    with pytest.raises(
        ValueError, match=r"--algorithm-args takes a mapping such as '\{levels: 4\}'"
    ):
        TrainConfig(algorithm_args="levels").estimator()


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("no/such/file.py:mine", LookupError, r"there is no file no/such/file\.py"),
        ("no_such_module:mine", LookupError, "there is no module 'no_such_module'"),
        ("json:mine", ValueError, "unknown advantage estimator 'mine'"),
    ],
)
def test_what_cannot_be_found_is_told_in_one_line(name, error, message):
    with pytest.raises(error, match=message) as caught:
        estimator(name)
    assert "\n" not in str(caught.value)
