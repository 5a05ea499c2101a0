"""A real vLLM server on the CPU, as `make vllm` installs it; ONELAYER_VLLM_PYTHON names another Python."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

START_S = 400
PYTHON = os.environ.get("ONELAYER_VLLM_PYTHON", ".venv-vllm/bin/python")


class RealServer:
    """`onelayer serve` in a process group of its own, at a port that it keeps."""

    def __init__(self, model, log):
        self.model, self.log = str(model), log
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", "onelayer", "serve", self.model, "--port", str(self.port)]
        command += ["--python", PYTHON, "--context", "512"]
        environment = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1"}
        with open(self.log, "a") as file:
            self.process = subprocess.Popen(
                command, stdout=file, stderr=file, env=environment, start_new_session=True
            )

    def wait(self):
        until = time.monotonic() + START_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            if self.process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"the server did not start: {Path(self.log).read_text()[-2000:]}")
            time.sleep(0.5)

    def kill(self):
        """End the server and its workers at once, as a crash does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.kill()


@pytest.fixture(scope="session")
def tiny_server(tmp_path_factory):
    """Return a server of the tiny model; it takes a minute to start, and is one for all tests."""
    if not Path(PYTHON).exists():
        pytest.skip("there is no vLLM: `make vllm` installs it into .venv-vllm")
    server = RealServer("tiny", tmp_path_factory.mktemp("vllm") / "log")
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.stop()
