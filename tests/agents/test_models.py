"""Loading a model: what cannot be loaded is one clear line, never a traceback from inside a library."""

import json
from pathlib import Path

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.models import load_model, model_folder
from onelayer.agents.shipped_models import SHIPPED


@pytest.fixture
def folder(plain_tokenizer, tmp_path):
    """A model as a user has it."""
    tiny_model().save_pretrained(tmp_path / "model")
    plain_tokenizer.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_folder_is_loaded_ready_to_play(plain_tokenizer, folder, dtype):
    model, tokenizer = load_model(str(folder), dtype)
    assert not model.training
    assert model.dtype == getattr(torch, dtype)
    expected = tiny_model().to(getattr(torch, dtype)).state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())
    assert tokenizer.encode("1 + 1 =") == plain_tokenizer.encode("1 + 1 =")


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3", "llama"])
def test_a_tokenizer_is_what_its_own_file_says_whatever_the_model(
    plain_tokenizer, folder, architecture
):
    tiny_model(architecture).save_pretrained(folder)
    _, tokenizer = load_model(str(folder))
    text = "1 + 12 = word3 ?"
    assert tokenizer.encode(text) == plain_tokenizer.encode(text)
    assert tokenizer.decode(tokenizer.encode(text)) == plain_tokenizer.decode(
        plain_tokenizer.encode(text)
    )


def test_a_folder_in_the_working_directory_needs_no_dot(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert load_model("model")[0].config.hidden_size == 32
    assert load_model("./model")[0].config.hidden_size == 32


def test_a_folder_of_the_home_directory_may_be_written_with_a_tilde(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert load_model("~/model")[0].config.hidden_size == 32


@pytest.mark.parametrize("name", SHIPPED)
def test_the_name_of_a_model_that_ships_means_a_folder_of_the_package(name):
    assert model_folder(name).endswith(name)
    assert model_folder("org/model") == "org/model"


def without_weights(folder):
    (folder / "model.safetensors").unlink()


def with_half_the_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def with_weights_of_another_shape(folder):
    change(folder, hidden_size=16)


def with_a_broken_config(folder):
    (folder / "config.json").write_text("{not json")


def of_an_unknown_kind(folder):
    change(folder, model_type="nothing_known", architectures=["Nothing"])


def that_is_no_language_model(folder):
    (folder / "config.json").write_text(
        json.dumps({"model_type": "vit", "architectures": ["ViTForImageClassification"]})
    )


def without_a_tokenizer(folder):
    for path in folder.glob("*token*"):
        path.unlink()


def with_a_broken_tokenizer(folder):
    (folder / "tokenizer.json").write_text("{}")


def change(folder, **values):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **values}))


@pytest.mark.parametrize(
    "harm",
    [
        without_weights,
        with_half_the_weights,
        with_weights_of_another_shape,
        with_a_broken_config,
        of_an_unknown_kind,
        that_is_no_language_model,
        without_a_tokenizer,
        with_a_broken_tokenizer,
    ],
)
def test_what_is_no_model_is_one_line_with_its_name(folder, harm):
    harm(folder)
    with pytest.raises(ValueError) as caught:
        load_model(str(folder))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"model {str(folder)!r} cannot be loaded: ")
    assert len(message) < 400


@pytest.mark.parametrize("name", ["./absent", "/no/such/model", "~/nothing", "runs/a/b"])
def test_a_path_without_a_model_is_said_to_be_one(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ValueError, match=r"no model in .*: a transformers folder holds a config.json"
    ):
        load_model(name)


@pytest.mark.parametrize("name", ["no-such-model", "no-such-org/no-such-model", "not a name!"])
def test_an_id_that_the_hub_does_not_give_is_one_line(monkeypatch, name):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError) as caught:
        load_model(name)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"model {name!r} cannot be loaded: ")


def test_an_unknown_dtype_is_refused(folder):
    with pytest.raises(ValueError, match="float99"):
        load_model(str(folder), "float99")


def test_the_tiny_model_ships_plays_legally_and_leaves_something_to_learn():
    from onelayer.agents.decoder import Sampling
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.rollout import rollout
    from onelayer.envs.plugins import make

    assert sum(path.stat().st_size for path in Path(model_folder("tiny")).iterdir()) < 5e6
    model, tokenizer = load_model("tiny")
    world = {"games": "generated", "split": "test", "room_size": 8, "max_steps": 10, "count": 60}
    envs = [make("onelayer/ALFWorld-v0", **world) for _ in range(60)]
    agent = PolicyAgent(model, tokenizer, sampling=Sampling(response_limit=12))
    episodes = rollout(envs, agent, list(envs[0].unwrapped.tasks))
    valid = [step.valid for episode in episodes for step in episode.steps]
    assert sum(valid) > 0.92 * len(valid)
    assert 0.2 < sum(episode.success for episode in episodes) / 60 < 0.85


def test_the_small_model_ships_and_plays_whole_houses_legally():
    """With 24 generated games of full size: docs/small-model.md has the real ones."""
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.rollout import rollout
    from onelayer.agents.sampling import Sampling
    from onelayer.envs.plugins import make

    assert sum(path.stat().st_size for path in Path(model_folder("small")).iterdir()) < 10e6
    model, tokenizer = load_model("small")
    assert model.num_parameters() < 6e6
    assert 8 <= model.config.num_hidden_layers <= 12
    world = {"games": "generated", "split": "test", "max_steps": 50, "count": 24}
    envs = [make("onelayer/ALFWorld-v0", **world) for _ in range(24)]
    agent = PolicyAgent(model, tokenizer, sampling=Sampling(response_limit=16))
    episodes = rollout(envs, agent, list(envs[0].unwrapped.tasks))
    valid = [step.valid for episode in episodes for step in episode.steps]
    assert sum(valid) > 0.9 * len(valid)
    assert 4 < sum(episode.success for episode in episodes) < 22


def test_a_sequence_may_be_as_long_as_the_model_was_made_for():
    from onelayer.agents.models import context_length

    assert context_length(tiny_model("llama", max_position_embeddings=96)) == 96
    assert context_length(tiny_model("gpt2", n_embd=32, n_head=4, max_position_embeddings=40)) == 40
    stretched = {
        "rope_type": "longrope",
        "rope_theta": 10000.0,
        "short_factor": [1.0] * 4,
        "long_factor": [4.0] * 4,
    }
    model = tiny_model(
        "phi3",
        max_position_embeddings=192,
        original_max_position_embeddings=48,
        rope_parameters=stretched,
    )
    assert context_length(model) == 48
    scaled = {"head_dim": 8, "num_local_experts": 2, "floor_scale": 32, "attn_scale": 0.1}
    assert context_length(tiny_model("llama4_text", **scaled)) == 31
    assert context_length(tiny_model("llama4_text", **scaled, attn_temperature_tuning=False)) == 512
