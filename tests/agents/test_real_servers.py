"""Real servers on this machine, where they are installed: `transformers serve`, and vLLM."""

import contextlib
import importlib.util
import socket
import subprocess
import sys
import time

import httpx
import pytest
from helpers import tiny_model

from onelayer.agents.chat_server import served_models
from onelayer.agents.json_server import ServerRefused
from onelayer.cli import main

START_S = 240


@pytest.fixture
def model(tmp_path, chat_tokenizer):
    folder = tmp_path / "model"
    tiny_model(layers=2, vocab_size=128, max_position_embeddings=4096).save_pretrained(folder)
    chat_tokenizer.save_pretrained(folder)
    return folder


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def started(log, *command):
    """Start a server on 127.0.0.1; end it, whatever happens."""
    port = free_port()
    with open(log, "w") as file:
        process = subprocess.Popen(
            [*map(str, command), "--host", "127.0.0.1", "--port", str(port)],
            stdout=file,
            stderr=file,
        )
    try:
        until = time.monotonic() + START_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200:
                    break
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def plays(url, model, out, capsys):
    flags = ["--suite", "counting", "--tasks", "by-1-from-3", "--no-random", "--no-expert"]
    flags += ["--response-limit", "8", "--concurrency", "2", "--out", str(out)]
    status = main(["eval", "--endpoint", url, "--model", str(model), *flags])
    shown = capsys.readouterr()
    assert status == 0, shown.err
    assert "| tokens written, in all |" in shown.out
    assert "| All       |  4 |" in shown.out


@pytest.mark.slow
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("fastapi", "uvicorn")),
    reason="pip install 'transformers[serving]'",
)
def test_transformers_serve_is_played(model, tmp_path, capsys):
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", model]
    with started(tmp_path / "log", *command, "--device", "cpu", "--dtype", "float32") as url:
        plays(url, model, tmp_path / "out", capsys)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vllm is not installed")
def test_vllm_is_played(model, tmp_path, capsys):
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model]
    with started(tmp_path / "log", *command, "--max-model-len", "2048") as url:
        assert served_models(url) == [str(model)]
        plays(url, model, tmp_path / "out", capsys)


def test_where_nobody_listens_that_is_said():
    with pytest.raises(ServerRefused, match="cannot be reached"):
        served_models(f"http://127.0.0.1:{free_port()}")
