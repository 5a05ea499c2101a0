"""`onelayer merge`, as it is typed."""

import shutil

import pytest
import torch
from helpers import tiny_model

from onelayer.cli import main
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.fingerprint import base_fingerprint


@pytest.fixture
def base(tmp_path):
    """A model folder with a tokenizer, as a user has one."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {"<pad>": 0, "<s>": 1, "</s>": 2, "look": 3, "go": 4}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = tmp_path / "base"
    tiny_model().save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>").save_pretrained(folder)
    return folder


def save_run(model, base, folder, layers, **choice):
    LayerDelta.from_model(model, layers, str(base), **choice).save(folder / "layer.safetensors")
    return folder


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_run_becomes_a_model_folder(base, tmp_path, capsys, dtype):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = tiny_model().to(dtype)
    model.model.layers[2].mlp.down_proj.weight.data += 1
    run = save_run(model, base, tmp_path / "run", [2])
    assert main(["merge", str(run), str(tmp_path / "merged")]) == 0
    assert "with layers 2 of" in capsys.readouterr().out
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    expected = model.state_dict()
    assert all(torch.equal(t, expected[n]) for n, t in merged.state_dict().items())
    assert merged.dtype == dtype
    assert AutoTokenizer.from_pretrained(tmp_path / "merged")("look go").input_ids == [3, 4]


def test_another_base_than_the_one_trained_on_is_one_line_and_exit_2(base, tmp_path, capsys):
    run = save_run(tiny_model(seed=1), base, tmp_path / "run", [2])
    assert main(["merge", str(run), str(tmp_path / "merged")]) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].endswith("this model is not that base: its frozen weights differ")
    assert "Traceback" not in error
    assert not (tmp_path / "merged").exists()


def test_the_base_can_be_named(base, tmp_path, capsys):
    run = save_run(tiny_model(), "moved/away", tmp_path / "run", [0], everything=True)
    out = tmp_path / "merged"
    assert main(["merge", str(run), str(out), "--model", str(base)]) == 0
    assert "with all parameters of" in capsys.readouterr().out
    assert (out / "config.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "merge takes a run folder"),
        (["run"], "merge takes a run folder"),
        (["run", "merged"], "there is no layer delta run"),
        (["run", "full"], "full exists and is not an empty folder"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_2(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert main(["merge", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_run_with_adapters_is_merged_too(base, tmp_path, capsys):
    from transformers import AutoModelForCausalLM

    from onelayer.trainers.lora import Adapters, add_adapters, remove_adapters

    pytest.importorskip("peft")
    model = tiny_model()
    fingerprint = base_fingerprint(model)
    for name, parameter in add_adapters(model, range(4), 2, seed=0).items():
        if ".lora_B." in name:
            parameter.data += 0.1
    run = tmp_path / "run"
    config = {"lora_rank": 2, "dtype": "float32"}
    made = Adapters.from_model(model, range(4), str(base), fingerprint=fingerprint, config=config)
    run.mkdir()
    made.save(run)
    assert main(["merge", str(run), str(tmp_path / "merged")]) == 0
    assert "with adapters of rank 2 in all layers of" in capsys.readouterr().out
    ids = torch.tensor([[3, 4, 3]])
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    with torch.no_grad():
        assert torch.allclose(merged(ids).logits, model(ids).logits, atol=1e-5)
        remove_adapters(model)
        assert not torch.allclose(merged(ids).logits, model(ids).logits, atol=1e-2)
    shutil.copytree(base, tmp_path / "other")
    tiny_model(seed=1).save_pretrained(tmp_path / "other")
    again = ["merge", str(run), str(tmp_path / "again"), "--model", str(tmp_path / "other")]
    assert main(again) == 2
    assert "this model is not that base" in capsys.readouterr().err
