"""What a plan says that a run will hold: counted by hand, and measured."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers import make_learner, tiny_model

from onelayer.cli import main
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.footprint import bare_model, footprint

SCRIPT = Path(__file__).with_name("measured_peak.py")


@pytest.fixture
def folder(plain_tokenizer, tmp_path):
    """Return ``folder(**config) -> path``: a random model, saved."""

    def save(**config):
        tiny_model(**config).save_pretrained(tmp_path / "model")
        plain_tokenizer.save_pretrained(tmp_path / "model")
        return tmp_path / "model"

    return save


def test_bytes_of_parameters_and_of_the_cache_are_those_counted_by_hand(folder):
    bare = bare_model(str(folder()), "float32")
    config = TrainConfig(
        model="m", layers="2", tasks_per_iteration=3, group_size=4, tokens_per_forward=1000
    )
    found = footprint(config, bare, episode_tokens=100, processes=2)
    # A layer of width 32, 4 query and 2 key heads of 8, inner 48: q and o 32 * 32, k and v 16 * 32 each,
    # gate, up and down 48 * 32, two norms of 32, two of 8.
    layer = 2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32 + 2 * 32 + 2 * 8
    assert found.trained == layer
    everything = 4 * layer + 64 * 32 + 32  # the head is tied to the embedding; the last norm
    assert found.parameters == everything
    assert found.always == {
        "frozen weights": 4 * (everything - layer),
        "trained weights, float32": 4 * layer,
        "optimizer": 8 * layer,
        "start weights": 4 * layer,
    }
    # Process 0 has two of three tasks, 8 episodes; a cache of 100 tokens has 256 columns; keys and values are
    # 2 * 2 * 8 numbers in each of 4 layers.
    assert found.playing["keys and values"] == 8 * 256 * 4 * 32 * 4
    assert found.moved["gradient, to the other processes"] == 4 * layer


def test_servers_keep_what_they_play_with_and_get_whole_layers(folder):
    bare = bare_model(str(folder()), "float32")
    served = {"engine": "vllm", "server": "http://localhost:8000", "model": "m"}
    layer = 2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32 + 2 * 32 + 2 * 8  # as above
    for choice in ({"layers": "2"}, {"layers": "2", "lora_rank": 4}):
        found = footprint(TrainConfig(**served, **choice), bare, episode_tokens=100)
        assert found.playing == {}
        assert found.moved["whole layers, to each server"] == 4 * layer
    alone = footprint(TrainConfig(model="m", layers="2"), bare, episode_tokens=100)
    assert not any("server" in name for name in alone.moved)


def test_what_is_not_there_takes_nothing(folder):
    bare = bare_model(str(folder()), "bfloat16")
    settings = {"model": "m", "dtype": "bfloat16", "beta": 0.0}
    one = footprint(TrainConfig(layers="2", **settings), bare, episode_tokens=64)
    assert "start weights" not in one.always
    assert "gradient, to the other processes" not in one.moved
    whole = footprint(TrainConfig(layers="all", **settings), bare, episode_tokens=64)
    assert not any("states" in name for name in whole.playing)
    assert whole.always["frozen weights"] == 0
    assert whole.peak > one.peak


def test_adapters_are_counted_as_peft_makes_them(folder):
    pytest.importorskip("peft")
    model = tiny_model()
    learner = make_learner(model, layers="1,2", lora_rank=3)
    config = TrainConfig(model="m", layers="1,2", lora_rank=3)
    found = footprint(config, bare_model(str(folder()), "float32"), episode_tokens=64)
    assert found.trained == sum(p.numel() for p in learner.parameters.values())


def test_a_split_model_takes_its_share_of_everything_and_is_whole_while_playing(folder):
    bare = bare_model(str(folder()), "bfloat16")
    settings = {"model": "m", "dtype": "bfloat16", "layers": "all", "eval_every": 0}
    config = TrainConfig(**settings, shard=True, beta=0.0, tokens_per_forward=1600)
    found = footprint(config, bare, episode_tokens=100, processes=4)
    layer = 7760
    ends = 64 * 32 + 32
    everything = 4 * layer + ends
    assert found.always == {
        "own share of the weights, float32": everything,
        "own share of the optimizer": 2 * everything,
    }
    assert sum(found.starting.values()) == 4 * everything + everything
    assert found.playing["weights, whole"] == 2 * 4 * layer + 4 * ends
    # Process 0 plays 4 of 16 tasks, 32 episodes of 100 tokens: two passes, each of which fetches every layer
    # twice and the ends once; three quarters of all that comes from others.
    fetched = (2 * 4 * layer + 4 * ends) + 2 * (2 * 2 * 4 * layer + 4 * ends)
    assert found.moved["weights, from the other processes"] == 3 * fetched // 4
    assert found.moved["gradients, to the other processes"] == 3 * 2 * 4 * everything // 4
    whole = footprint(TrainConfig(**settings, beta=0.0), bare, episode_tokens=100, processes=4)
    assert sum(whole.always.values()) == 4 * sum(found.always.values())


def test_a_card_holds_as_many_episodes_as_half_of_it_has_room_for(folder):
    bare = bare_model(str(folder()), "bfloat16")
    config = TrainConfig(model="m", dtype="bfloat16", tasks_per_iteration=64)
    row = 256 * 4 * 32 * 2
    all_at_once = footprint(config, bare, episode_tokens=100, card=1 << 30)
    assert all_at_once.playing["keys and values"] == 512 * row
    small = footprint(config, bare, episode_tokens=100, card=1 << 23)
    free = (1 << 23) - sum(small.always.values())
    assert small.playing["keys and values"] == free // 2 // row * row
    assert not any("states" in name for name in small.playing)  # on a GPU lower layers run again


WIDE = {
    "layers": 8,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "head_dim": 64,
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("processes", "changes"),
    [(1, {"layers": "5"}), (1, {"layers": "all"}), (2, {"layers": "all", "shard": True})],
    ids=["one layer", "all", "split"],
)
def test_the_plan_is_near_what_a_run_takes(folder, tmp_path, processes, changes):
    path = folder(**WIDE)
    settings = {
        "model": str(path),
        "env": "onelayer/Counting-v0",
        **changes,
        "iterations": 2,
        "tasks_per_iteration": 2,
        "group_size": 8,
        "response_limit": 64,
        "eval_every": 0,
        "tokens_per_forward": 1024,
    }
    command = [str(SCRIPT), json.dumps({**settings, "out": str(tmp_path / "run")})]
    if processes > 1:
        launcher = ["-m", "torch.distributed.run", "--standalone"]
        command = [*launcher, f"--nproc-per-node={processes}", *command]
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    grown = max(json.loads(line)["grown"] for line in re.findall(r"{.*?}", done.stdout))
    bare = bare_model(str(path), "float32")
    planned = footprint(TrainConfig(**settings), bare, episode_tokens=300, processes=processes)
    print(f"measured {grown / 2**20:.0f} MiB, planned {planned.peak / 2**20:.0f} MiB")
    assert planned.peak == pytest.approx(grown, rel=0.3)


def test_the_command_prints_a_plan_and_refuses_in_one_line(folder, capsys):
    path = str(folder())
    assert main(["plan", "--model", path, "--layers", "mid", "--processes", "2"]) == 0
    shown = capsys.readouterr().out
    assert "layers 2: 7,760 parameters learn" in shown
    assert "at most, at one time" in shown
    assert "gradient, to the other processes" in shown
    for wrong in (["--model", path + "-not"], ["--model", path, "--layers", "9"]):
        assert main(["plan", *wrong]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert sum(line.startswith("onelayer: error") for line in lines) == 1
    assert main(["plan", "--model", path, "--episode-tokens", "0"]) == 2
    assert "episode_tokens must be at least 1, got 0" in capsys.readouterr().err


def test_planning_a_large_model_takes_no_memory(tmp_path):
    from transformers import AutoConfig

    AutoConfig.for_model(
        "qwen3", hidden_size=4096, num_hidden_layers=36, intermediate_size=12288
    ).save_pretrained(tmp_path)
    bare = bare_model(str(tmp_path), "bfloat16")
    assert {parameter.device for parameter in bare.parameters()} == {torch.device("meta")}
    found = footprint(TrainConfig(model="m", dtype="bfloat16"), bare, episode_tokens=1024)
    assert found.always["frozen weights"] > 10 * 2**30
