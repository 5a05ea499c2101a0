"""The trained layer as a file: exact, atomic, and bound to its base."""

import json
import os

import pytest
import torch
from helpers import tiny_model
from safetensors.torch import save_file

from onelayer.trainers import delta as delta_module
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.layers import train_only

ARCHITECTURES = ["qwen3", "qwen2", "llama"]


def train(model, layers, **choice):
    """Move the chosen parameters by seeded noise."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in train_only(model, layers, **choice):
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(noise.to(parameter.dtype) * 0.1)
    return model


def assert_equal(model, other):
    theirs = other.state_dict()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, theirs[name]), name
        assert tensor.dtype == theirs[name].dtype


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(
    "choice",
    [{}, {"train_embeddings": True}, {"everything": True}],
    ids=["layer", "layer and ends", "everything"],
)
def test_a_saved_delta_turns_a_copy_of_the_base_into_the_trained_model(
    tmp_path, architecture, tied, choice
):
    trained = train(tiny_model(architecture, tied=tied), [1, 2], **choice)
    made = LayerDelta.from_model(trained, [1, 2], "base", config={"lr": 1e-5}, **choice)
    made.save(tmp_path / "run" / "layer.safetensors")

    loaded = LayerDelta.load(tmp_path / "run" / "layer.safetensors")
    assert (loaded.base_id, loaded.layers, loaded.num_layers) == ("base", (1, 2), 4)
    assert loaded.config == {"lr": 1e-5}
    assert loaded.fingerprint == made.fingerprint
    copy = tiny_model(architecture, tied=tied)
    loaded.apply(copy)
    assert_equal(trained, copy)
    loaded.apply(copy)  # the trained layer's own weights don't count
    assert_equal(trained, copy)


def test_a_delta_holds_its_layer_and_no_more(tmp_path):
    model = tiny_model()
    made = LayerDelta.from_model(model, [-1], "base")
    assert made.layers == (3,)
    assert all(name.startswith("model.layers.3.") for name in made.tensors)
    made.save(tmp_path / "layer.safetensors")
    weights = sum(p.numel() * 4 for p in model.model.layers[3].parameters())
    assert weights < (tmp_path / "layer.safetensors").stat().st_size < weights + 4000
    (tmp_path / "other").touch()
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1  # readable by whoever may read other files


def test_a_delta_is_a_copy():
    model = tiny_model()
    made = LayerDelta.from_model(model, [1], "base")
    before = {name: tensor.clone() for name, tensor in made.tensors.items()}
    train(model, [1])
    assert all(torch.equal(before[name], tensor) for name, tensor in made.tensors.items())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_weights_keep_the_dtype_of_the_model(tmp_path, dtype):
    trained = train(tiny_model().to(dtype), [1])
    LayerDelta.from_model(trained, [1], "base").save(tmp_path / "d.safetensors")
    loaded = LayerDelta.load(tmp_path / "d.safetensors")
    assert getattr(torch, loaded.dtype) == dtype
    copy = tiny_model().to(dtype)
    loaded.apply(copy)
    assert_equal(trained, copy)
    with pytest.raises(ValueError, match=rf"is torch.float32; .* with dtype={loaded.dtype}"):
        loaded.apply(tiny_model())


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"seed": 1}, "its frozen weights differ"),
        ({"layers": 3}, "it has 3 layers instead of 4"),
        ({"intermediate_size": 24}, r"is \(24, 32\) instead of \(48, 32\)"),
        ({"architecture": "qwen2"}, "it has no parameter model.layers.1.self_attn.q_norm.weight"),
        ({"tied": False}, "its frozen weights differ"),
    ],
)
def test_another_base_is_refused_and_left_alone(other, reason):
    made = LayerDelta.from_model(train(tiny_model(), [1]), [1], "org/base")
    model = tiny_model(**other)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    message = f"trained on 'org/base', and this model is not that base: .*{reason}"
    with pytest.raises(ValueError, match=message) as caught:
        made.apply(model)
    assert "\n" not in str(caught.value)
    assert all(torch.equal(before[name], t) for name, t in model.state_dict().items())


def test_a_base_with_another_layer_trained_is_another_base():
    made = LayerDelta.from_model(train(tiny_model(), [1]), [1], "base")
    with pytest.raises(ValueError, match="its frozen weights differ"):
        made.apply(train(tiny_model(), [2]))


def test_a_fingerprint_that_is_known_is_not_computed_again(monkeypatch):
    model = tiny_model()
    first = LayerDelta.from_model(model, [1], "base")
    monkeypatch.setattr(delta_module, "base_fingerprint", None)
    again = LayerDelta.from_model(model, [1], "base", fingerprint=first.fingerprint)
    assert again.fingerprint == first.fingerprint


@pytest.mark.parametrize("tied", [True, False])
def test_a_merged_folder_loads_like_any_model(tmp_path, tied):
    from transformers import AutoModelForCausalLM

    trained = train(tiny_model(tied=tied), [2])
    made = LayerDelta.from_model(trained, [2], "base")
    out = tmp_path / "merged"
    out.mkdir()  # an empty folder may be there
    made.merge(out, tiny_model(tied=tied))
    merged = AutoModelForCausalLM.from_pretrained(out)
    assert_equal(trained, merged)
    ids = torch.arange(3, 9)[None]
    assert torch.equal(merged(input_ids=ids).logits, trained(input_ids=ids).logits)
    assert os.listdir(tmp_path) == ["merged"]
    with pytest.raises(ValueError, match="exists and is not an empty folder"):
        made.merge(out, tiny_model(tied=tied))


def test_merging_into_another_base_leaves_no_folder(tmp_path):
    made = LayerDelta.from_model(tiny_model(), [2], "base")
    with pytest.raises(ValueError, match="not that base"):
        made.merge(tmp_path / "merged", tiny_model(seed=1))
    assert os.listdir(tmp_path) == []


def test_a_save_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "layer.safetensors"
    model = tiny_model()
    LayerDelta.from_model(model, [1], "base").save(path)
    before = path.read_bytes()

    def die_midway(tensors, draft, metadata):
        draft.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.torch.save_file", die_midway)
    with pytest.raises(OSError, match="disk full"):
        LayerDelta.from_model(train(model, [1]), [1], "base").save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["layer.safetensors"]


def test_a_run_folder_stands_for_its_delta(tmp_path):
    LayerDelta.from_model(tiny_model(), [1], "base").save(tmp_path / "layer.safetensors")
    assert LayerDelta.load(tmp_path).layers == (1,)
    with pytest.raises(FileNotFoundError, match="there is no layer delta"):
        LayerDelta.load(tmp_path / "other")


def test_files_that_are_no_delta_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    LayerDelta.from_model(tiny_model(), [1], "base").save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is damaged or holds no delta of onelayer"):
        LayerDelta.load(path)
    path.write_text("not a model at all")
    with pytest.raises(ValueError, match="is damaged or holds no delta of onelayer"):
        LayerDelta.load(path)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="is not of the format onelayer"):
        LayerDelta.load(path)
    about = json.dumps({"layers": [1]})
    save_file({"x": torch.zeros(1)}, path, {"onelayer": delta_module.FORMAT, "delta": about})
    with pytest.raises(ValueError, match="is damaged, or of another version"):
        LayerDelta.load(path)
