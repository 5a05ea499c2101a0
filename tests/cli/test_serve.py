"""`onelayer serve`: the command of a server, and what is said where there can be none."""

import ast
import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import tiny_model

from onelayer.agents import vllm_worker
from onelayer.cli import main

WORKER = Path(vllm_worker.__file__).parent

STUB = """#!/bin/sh
# Stands for the Python of an environment with vLLM: says what it has, and notes how a server is started.
if [ "$1" = -c ]; then echo "{kind}"; exit 0; fi
echo "$PYTHONPATH|$VLLM_SERVER_DEV_MODE|$VLLM_CPU_KVCACHE_SPACE|$@" > "{note}"
{then}
"""


@pytest.fixture
def stub(tmp_path):
    """Return ``stub(kind, then) -> (path of the Python, path of its note)``."""

    def make(kind="cpu 0.30.0", then="exit 0"):
        python, note = tmp_path / "python", tmp_path / "note"
        python.write_text(STUB.format(kind=kind, note=note, then=then))
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        return str(python), note

    return make


def test_the_server_is_one_that_takes_trained_layers(stub, capsys, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("VLLM_CPU_KVCACHE_SPACE", raising=False)
    python, note = stub()
    flags = ["--python", python, "--port", "8123", "--context", "2048", "--dtype", "bfloat16"]
    assert main(["serve", "some/model", *flags, "--options", "--max-num-seqs 8"]) == 0
    path, dev, cache, words = note.read_text().strip().split("|")
    assert (path, dev, cache) == (str(WORKER), "1", "2")
    assert words.startswith("-m vllm.entrypoints.openai.api_server --model some/model ")
    for part in (
        *("--port 8123", "--max-model-len 2048", "--dtype bfloat16", "--max-num-seqs 8"),
        *("--logprobs-mode processed_logprobs", "--generation-config vllm", "--host 127.0.0.1"),
        *("--worker-extension-cls onelayer_transfer.Extension", "--skip-tokenizer-init"),
        '--weight-transfer-config {"backend": "onelayer_file"}',
        *("--enforce-eager", "--block-size 32"),
    ):
        assert part in words
    assert capsys.readouterr().out == ""


def test_on_a_gpu_graphs_are_used_and_a_chat_needs_a_tokenizer(stub):
    python, note = stub("gpu 0.30.0")
    assert main(["serve", "some/model", "--python", python, "--chat"]) == 0
    assert "--enforce-eager" not in note.read_text()
    assert "--skip-tokenizer-init" not in note.read_text()


def test_the_tiny_model_is_served_from_its_folder(stub):
    python, note = stub()
    assert main(["serve", "tiny", "--python", python]) == 0
    folder = note.read_text().split("--model ")[1].split()[0]
    assert (Path(folder) / "config.json").is_file()


def test_the_command_is_printed_as_a_shell_takes_it(stub, capsys):
    python, note = stub("gpu 0.30.0")
    assert main(["serve", "some/model", "--print", "--python", python]) == 0
    words = shlex.split(capsys.readouterr().out)
    variables = dict(word.split("=", 1) for word in words[:2])
    assert variables["VLLM_SERVER_DEV_MODE"] == "1"
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == str(WORKER)
    assert words[2:5] == [python, "-m", "vllm.entrypoints.openai.api_server"]
    assert words[words.index("--weight-transfer-config") + 1] == '{"backend": "onelayer_file"}'
    assert not note.exists()


def test_a_run_is_served_as_a_merged_model_that_is_removed_again(
    stub, tmp_path, plain_tokenizer, capsys
):
    import torch
    from safetensors.torch import load_file

    from onelayer.trainers.delta import LayerDelta

    model = tiny_model()
    model.save_pretrained(tmp_path / "base")
    plain_tokenizer.save_pretrained(tmp_path / "base")
    with torch.no_grad():
        model.model.layers[2].mlp.up_proj.weight.mul_(2)
    delta = LayerDelta.from_model(model, [2], str(tmp_path / "base"))
    delta.save(tmp_path / "run" / "layer.safetensors")
    python, note = stub(then=f'cp "$4/model.safetensors" {tmp_path}/served.safetensors')
    assert main(["serve", str(tmp_path / "run"), "--python", python]) == 0
    served = load_file(tmp_path / "served.safetensors")
    assert torch.equal(
        served["model.layers.2.mlp.up_proj.weight"], model.model.layers[2].mlp.up_proj.weight
    )
    folder = note.read_text().split("--model ")[1].split()[0]
    assert not Path(folder).exists()
    assert main(["serve", str(tmp_path / "run"), "--print"]) == 2
    assert "is a run: `onelayer merge" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "serve takes a model"),
        (["tiny", "--python", sys.executable], "has no vLLM; `make vllm` installs it"),
        (["tiny", "--python", "/no/such/python"], "/no/such/python cannot be run: No such file"),
        (["tiny", "--dtype", "float16"], "dtype is float32 or bfloat16, got 'float16'"),
        (["tiny", "--port", "0"], "port must be at least 1, got 0"),
    ],
)
def test_what_cannot_work_is_one_line(flags, message, capsys):
    import importlib.util

    if "has no vLLM" in message and importlib.util.find_spec("vllm") is not None:
        pytest.skip("this environment has vLLM")
    assert main(["serve", *flags]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


def test_a_server_that_ends_by_itself_is_an_error(stub, capsys):
    python, _ = stub(then="exit 3")
    assert main(["serve", "tiny", "--python", python]) == 2
    assert "the server ended with status 3" in capsys.readouterr().err


def test_an_untried_version_is_said(stub, capsys):
    python, _ = stub("gpu 0.99.1")
    assert main(["serve", "tiny", "--python", python]) == 0
    assert "vLLM 0.99.1 was not tried with onelayer" in capsys.readouterr().err


def test_a_signal_ends_the_server_too(stub, tmp_path):
    python, note = stub(then="exec sleep 600")
    command = [sys.executable, "-m", "onelayer", "serve", "tiny", "--python", python]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not note.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143


def test_what_runs_in_the_server_needs_nothing_of_ours():
    tree = ast.parse((WORKER / "onelayer_transfer.py").read_text())
    imported = {
        (node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    roots = {name.partition(".")[0] for name in imported}
    assert roots == {"dataclasses", "os", "typing", "safetensors", "torch", "vllm"}
