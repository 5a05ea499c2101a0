"""What decides a run: senseless numbers are refused before anything happens."""

import pytest

from onelayer.trainers.config import TrainConfig


@pytest.mark.parametrize(
    "setting",
    [
        {"iterations": 0},
        {"group_size": 0},
        {"epochs": 0},
        {"tokens_per_forward": 0},
        {"seed": -1},
        {"omega": -0.1},
        {"beta": float("nan")},
        {"learning_rate": 0.0},
        {"clip_low": 0.0},
        {"gamma": 1.01},
        {"eval_top_p": 0.0},
        {"eval_tasks": 0},
        {"dtype": "float16"},
        {"history": "some"},
    ],
)
def test_senseless_numbers_are_refused_by_name(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        TrainConfig(**setting)


def test_the_run_folder_is_named_after_what_is_trained():
    assert str(TrainConfig().folder) == "runs/alfworld-gigpo-mid-0"
    named = TrainConfig(env="my_envs.py:Maze-v0", layers="best:2@a/b.json", seed=3)
    assert str(named.folder) == "runs/maze-gigpo-best-2@a_b.json-3"
    assert str(TrainConfig(out="here").folder) == "here"


def test_evaluation_has_a_reply_limit_of_its_own_or_that_of_training():
    assert TrainConfig(response_limit=40).eval_play.response_limit == 40
    assert TrainConfig(response_limit=40, eval_response_limit=7).eval_play.response_limit == 7


def test_an_estimate_of_the_kl_without_a_gradient_is_refused():
    with pytest.raises(ValueError, match="kl is k2 or k3, got 'k1'"):
        TrainConfig(kl="k1")


def test_tokens_are_weighted_by_default_where_another_player_or_rounding_wrote_them():
    served = {"engine": "vllm", "server": "http://localhost:8000"}
    assert TrainConfig().importance_limit == 0
    assert TrainConfig(dtype="bfloat16").importance_limit == 2
    assert TrainConfig(**served).importance_limit == 2
    assert TrainConfig(**served, importance_cap=0.0).importance_limit == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"engine": "vllm"},
            "engine vllm needs --server URL; start one with `onelayer serve tiny`",
        ),
        ({"engine": "sglang"}, "engine is onelayer or vllm, got 'sglang'"),
        ({"server": "http://localhost:8000"}, "server and server_files are of --engine vllm"),
        ({"sequence_mask": 0.5}, r"sequence_mask must be 0 or at least 1, got 0\.5"),
    ],
)
def test_senseless_engines_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**fields)


def test_a_run_may_go_on_with_other_servers():
    assert not {"server", "server_files"} & TrainConfig().resume_key().keys()
