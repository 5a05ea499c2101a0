"""Choosing layers: what a user may write, and that nothing else moves."""

import copy
import json
import subprocess
import sys

import pytest
import torch
from helpers import tiny_model
from torch import nn

from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.layers import (
    decoder_layers,
    frozen_checksum,
    parse_layers,
    train_only,
    trained_parameters,
    trains_everything,
)

ARCHITECTURES = ["qwen3", "qwen2", "llama"]


@pytest.mark.parametrize(
    ("spec", "depth", "expected"),
    [
        ("14", 28, [14]),
        (14, 28, [14]),
        (" 3 ", 4, [3]),
        ("-1", 28, [27]),
        (-28, 28, [0]),
        ("10-14", 28, [10, 11, 12, 13, 14]),
        ("3-3", 4, [3]),
        ("7,3", 28, [3, 7]),
        ("3, 3,1-3,-1", 6, [1, 2, 3, 5]),
        ("all", 4, [0, 1, 2, 3]),
        ("0-3", 4, [0, 1, 2, 3]),
        ("mid", 28, [14]),  # the best layers the paper found on ALFWorld: 14 of 28, 18 of 36
        ("mid", 36, [18]),
        ("mid", 1, [0]),
        ("mid-1", 28, [14]),
        ("mid-5", 28, [11, 12, 13, 14, 15]),  # Mid-5 of the paper
        ("mid-5", 36, [15, 16, 17, 18, 19]),
        ("mid-4", 4, [0, 1, 2, 3]),
    ],
)
def test_a_spec_names_these_layers(spec, depth, expected):
    assert parse_layers(spec, depth) == expected


def test_random_layers_depend_on_the_seed_alone():
    drawn = [parse_layers(f"random:2:seed{seed}", 28) for seed in range(20)]
    assert drawn == [parse_layers(f"random:2:seed{seed}", 28) for seed in range(20)]
    assert all(0 <= a < b < 28 for a, b in drawn)
    assert len({tuple(pair) for pair in drawn}) > 10
    assert parse_layers("random:2:seed0", 28) == [15, 25]  # pinned: runs must stay repeatable
    assert parse_layers("random:28:seed3", 28) == list(range(28))


def test_only_the_word_all_means_every_parameter():
    assert trains_everything("all") and trains_everything(" all ")
    assert (
        not trains_everything("0-27") and not trains_everything("mid") and not trains_everything(0)
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("28", r"layer 28 is out of range for a model of 28 layers \(0-27\)"),
        ("-29", "layer -29 is out of range"),
        ("20-28", r"layers 20-28 is no rising range within a model of 28 layers \(0-27\)"),
        ("14-10", "layers 14-10 is no rising range"),
        ("mid-0", "'mid-0' asks for 0 of a model's 28 layers"),
        ("mid-29", "'mid-29' asks for 29 of a model's 28 layers"),
        ("random:29:seed0", "asks for 29"),
        ("", "layers '' is not understood; write 14, -1, 10-14"),
        ("middle", "'middle' is not understood"),
        ("3,", "'3,' is not understood"),
        ("3;7", "not understood"),
        ("3.0", "not understood"),
        ("-3--1", "not understood"),
        ("random:2", "not understood"),
        ("random:2:0", "not understood"),
        ("best:3", "not understood"),
        ("all,3", "not understood"),
    ],
)
def test_a_wrong_spec_gets_one_line_with_the_way_out(spec, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_layers(spec, 28)
    assert "\n" not in str(caught.value)


@pytest.fixture
def profile(tmp_path):
    def write(*rows):
        path = tmp_path / "profile.json"
        layers = [{"layer": layer, "contribution": score} for layer, score in rows]
        path.write_text(json.dumps({"contributions": layers, "model": {"fingerprint": "ab"}}))
        return path

    return write


def test_best_takes_the_highest_contributions(profile):
    path = profile((0, 0.2), (3, 1.1), (1, -0.5), (2, 0.9))
    assert parse_layers(f"best:2@{path}", 4) == [2, 3]
    assert parse_layers(f"best:3@{path}", 28) == [0, 2, 3]


def test_best_prefers_the_lower_layer_of_two_equals(profile):
    path = profile((3, 1.0), (1, 1.0), (2, 1.0))
    assert parse_layers(f"best:2@{path}", 4) == [1, 2]


def test_layers_without_a_score_are_not_best(profile):
    path = profile((0, 0.2), (1, None), (2, float("nan")), (3, 0.1))
    assert parse_layers(f"best:2@{path}", 4) == [0, 3]
    with pytest.raises(ValueError, match=r"asks for 3, but .* contributions of 2 only"):
        parse_layers(f"best:3@{path}", 4)


def test_a_number_that_no_float_holds_is_no_score(profile):
    assert parse_layers(f"best:1@{profile((0, 10**400), (1, 0.1))}", 4) == [1]


def test_where_no_contribution_is_defined_the_reason_is_said(tmp_path):
    why = "training everything gained +0.010 [-0.020, +0.040] over the base: no more than noise"
    rows = [{"layer": k, "contribution": None, "undefined": why} for k in (0, 1)]
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"contributions": rows}))
    with pytest.raises(
        ValueError, match="contributions of 0 only, because training everything"
    ) as e:
        parse_layers(f"best:1@{path}", 4)
    assert str(e.value).endswith(f"{why}; name the layers themselves")


def test_worst_takes_the_lowest_contributions(profile):
    path = profile((0, 0.2), (3, 1.1), (1, -0.5), (2, 0.9))
    assert parse_layers(f"worst:2@{path}", 4) == [0, 1]
    assert parse_layers("all-except:worst:2@" + str(path), 4) == [2, 3]


def test_a_profile_with_a_dev_part_ranks_by_that(tmp_path):
    """Layer 1 has the highest C(k), which is reported; the tasks of the choice say layer 2."""
    rows = [(0, 0.2, 0.3), (1, 1.1, 0.4), (2, 0.9, 0.5)]
    path = tmp_path / "profile.json"
    content = [{"layer": k, "contribution": c, "dev_score": d} for k, c, d in rows]
    path.write_text(json.dumps({"contributions": content}))
    assert parse_layers(f"best:1@{path}", 3) == [2]
    assert parse_layers(f"all-except:worst:1@{path}", 3) == [1, 2]


@pytest.mark.parametrize(
    ("spec", "layers"),
    [("all-except:0,3", [1, 2]), ("all-except: mid", [0, 1, 3]), ("all-except:-1", [0, 1, 2])],
)
def test_layers_can_be_named_by_those_left_out(spec, layers):
    assert parse_layers(spec, 4) == layers
    assert not trains_everything(spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("all-except:", "does not say which layers to leave out"),
        ("all-except:all", "does not say which layers to leave out"),
        ("all-except:0-3", "leaves out all 4 layers"),
        ("all-except:9", "layer 9 is out of range for a model of 4 layers"),
        ("all-except:worst:5@profile.json", "asks for 5 of a model's 4 layers"),
        ("all-except:worst:2@none.json", "there is no profile none.json"),
        ("all-except:some", "not understood"),
    ],
)
def test_what_cannot_be_left_out_is_refused_in_one_line(spec, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_layers(spec, 4)
    assert "\n" not in str(caught.value)


def test_a_profile_of_another_model_is_refused(profile):
    path = profile((0, 0.2), (27, 0.1))
    with pytest.raises(ValueError, match="scores layer 27, which a model of 4 layers lacks"):
        parse_layers(f"best:1@{path}", 4)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"contributions": 3}', '{"contributions": [3]}'),
        '{"contributions": [{"contribution": 1}]}',
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "profile.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is no profile") as caught:
        parse_layers(f"best:1@{path}", 4)
    assert "\n" not in str(caught.value)


def test_a_layer_scored_twice_is_refused(profile):
    with pytest.raises(ValueError, match="layer 1 is no index or stands twice"):
        parse_layers(f"best:1@{profile((1, 0.5), (1, 0.7))}", 4)


def test_a_missing_profile_says_what_writes_one(tmp_path):
    with pytest.raises(ValueError, match=r"there is no profile .*; `onelayer profile` writes one"):
        parse_layers(f"best:1@{tmp_path / 'none.json'}", 4)


def test_reading_a_spec_needs_no_torch():
    program = (
        "import sys; from onelayer.trainers.layer_spec import parse_layers;"
        "assert parse_layers('mid', 4) == [2]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_decoder_stack_is_found(architecture):
    model = tiny_model(architecture, layers=3)
    assert decoder_layers(model) is model.model.layers


def test_lists_inside_a_layer_are_no_decoder_stack():
    model = tiny_model(layers=3)
    for layer in model.model.layers:
        layer.mlp.experts = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    assert decoder_layers(model) is model.model.layers


@pytest.mark.parametrize("number", [0, 2])
def test_a_model_without_one_stack_is_refused(number):
    model = tiny_model(layers=3)
    if number == 0:
        model.model.layers = model.model.layers[:2]
    else:
        model.second = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    with pytest.raises(ValueError, match=f"expected one stack of 3 layers in .*, found {number}"):
        decoder_layers(model)


def moved_by_a_step(model, parameters):
    """Take one optimizer step on a sum of log-probabilities; return the names that changed."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    checksum = frozen_checksum(model, parameters)
    optimizer = torch.optim.AdamW(parameters, lr=1e-2)
    ids = torch.arange(2, 12)[None]
    logits = model(input_ids=ids).logits
    torch.log_softmax(logits, -1).gather(-1, ids[..., None]).sum().backward()
    optimizer.step()
    assert frozen_checksum(model, parameters) == checksum
    after = model.state_dict()
    return {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("tied", [True, False])
def test_one_layer_moves_and_nothing_else(architecture, tied):
    model = tiny_model(architecture, tied=tied)
    moved = moved_by_a_step(model, train_only(model, [2]))
    expected = {name for name in model.state_dict() if name.startswith("model.layers.2.")}
    assert moved == expected and expected


@pytest.mark.parametrize("tied", [True, False])
def test_every_block_may_learn_while_the_ends_stay_frozen(tied):
    model = tiny_model(tied=tied)
    moved = moved_by_a_step(model, train_only(model, parse_layers("0-3", 4)))
    assert moved == {name for name in model.state_dict() if name.startswith("model.layers.")}


@pytest.mark.parametrize("tied", [True, False])
def test_everything_means_every_parameter(tied):
    model = tiny_model(tied=tied)
    parameters = train_only(model, parse_layers("all", 4), everything=trains_everything("all"))
    assert moved_by_a_step(model, parameters) == set(model.state_dict())
    assert len(parameters) == len(list(model.parameters()))


@pytest.mark.parametrize("tied", [True, False])
def test_embedding_and_head_learn_on_request(tied):
    model = tiny_model(tied=tied)
    parameters = train_only(model, [1], train_embeddings=True)
    moved = moved_by_a_step(model, parameters)
    ends = {"model.embed_tokens.weight", "lm_head.weight"}
    assert {name for name in moved if not name.startswith("model.layers.1.")} == ends
    blocks = len(list(model.model.layers[1].parameters()))
    assert len(parameters) == blocks + (1 if tied else 2)  # a tied tensor is optimised once


def test_choosing_again_replaces_the_choice():
    model = tiny_model()
    train_only(model, [0])
    train_only(model, [-1, 3])
    learning = {name for name, p in model.named_parameters() if p.requires_grad}
    assert learning == {
        n for n in dict(model.named_parameters()) if n.startswith("model.layers.3.")
    }
    assert learning == set(trained_parameters(model, [3]))


@pytest.mark.parametrize(
    ("layers", "message"), [([], "name at least one"), ([4], "layer 4 is out")]
)
def test_layers_that_the_model_lacks_are_refused_before_anything_is_frozen(layers, message):
    model = tiny_model(layers=4)
    with pytest.raises(ValueError, match=message):
        train_only(model, layers)
    assert all(p.requires_grad for p in model.parameters())


def test_the_checksum_sees_one_flipped_bit_anywhere_frozen():
    model = tiny_model()
    parameters = train_only(model, [1])
    before = frozen_checksum(model, parameters)
    frozen = [p for p in model.parameters() if not p.requires_grad] + list(model.buffers())
    assert len(frozen) > 10
    for tensor in frozen:
        bits = tensor.data.view(torch.int32).reshape(-1)
        bits[-1] ^= 1
        assert frozen_checksum(model, parameters) != before
        bits[-1] ^= 1
    assert frozen_checksum(model, parameters) == before
    parameters[0].data += 1
    assert frozen_checksum(model, parameters) == before


def test_the_checksum_tells_minus_zero_and_reads_every_dtype_and_layout():
    module = nn.Module()
    module.register_buffer("zero", torch.zeros(2))
    plus = frozen_checksum(module, [])
    module.zero[0] = -0.0
    assert frozen_checksum(module, []) != plus
    module.register_buffer("bfloat", torch.arange(6, dtype=torch.bfloat16).reshape(2, 3).T)
    module.register_buffer("count", torch.tensor(3))
    module.register_buffer("none", torch.zeros(0))
    assert frozen_checksum(module, []) == frozen_checksum(copy.deepcopy(module), [])


def test_the_fingerprint_survives_training_saving_and_loading(tmp_path):
    from transformers import AutoModelForCausalLM

    model = tiny_model()
    trained = trained_parameters(model, [2])
    before = base_fingerprint(model, trained)
    for parameter in trained.values():
        parameter.data += 1
    assert base_fingerprint(model, trained) == before
    model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert base_fingerprint(again, trained) == before


def test_the_fingerprint_tells_bases_apart():
    names = list(trained_parameters(tiny_model(), [2]))
    prints = [
        base_fingerprint(model, names)
        for model in (
            tiny_model(),
            tiny_model(seed=1),
            tiny_model(tied=False),
            tiny_model().to(torch.bfloat16),
            tiny_model(layers=3),
        )
    ]
    prints.append(base_fingerprint(tiny_model()))
    assert len(set(prints)) == len(prints)
