"""One vLLM server that plays for a trainer: what it is, which weights it holds, and the replies it writes.

Prompts and replies travel as token ids, never as text. The server is started by `onelayer serve` with an
extension that takes weights from a file (``vllm_worker/onelayer_transfer.py``). vLLM itself is not imported
here. Written against vLLM 0.30.
"""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from onelayer.agents.engine import Ids, Sampled
from onelayer.agents.json_server import JsonServer, ServerRefused
from onelayer.agents.request_pauses import RequestFailed
from onelayer.agents.sampling import Sampling
from onelayer.errors import RunFailed

FIRST_VERSION = "default"
"""what vLLM calls the weights that a server started with"""
BACKEND = "onelayer_file"
RETRIES = 12
"""how often a request is sent again: some six minutes, in which a server that starts again is back"""
_EVERYTHING = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "ignore_eos": True}
"""draw from the whole distribution, whatever the model's generation_config says; our tokens alone end a reply
"""
_RESET_S = 60.0
"""seconds that abandoned requests may hold up the reset of the prefix cache"""


class WeightsNotTaken(RunFailed):
    """A server did not take new weights, and is not to be used any more."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says of itself."""

    name: str
    """of the model, in requests"""
    context: int
    """tokens that a prompt and its reply may have together"""
    dtype: str
    logprobs_mode: str
    backend: str | None
    """how it takes weights"""
    shape: Mapping[str, Any]
    """the fields of the model's configuration that decide the shapes of its weights"""


class VLLMServer:
    """A client of one server; safe to call from many threads.

    Args:
        url: of the server, such as ``http://127.0.0.1:8000``, with or without ``/v1``.
        connections: requests that may be under way at once.

    Raises:
        ValueError: it is no http or https URL.
    """

    def __init__(self, url: str, connections: int = 1024):
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"--server takes URLs such as http://127.0.0.1:8000, got {url!r}")
        self.host = parts.hostname
        path = parts.path.rstrip("/").removesuffix("/v1")
        self.url = f"{parts.scheme}://{parts.netloc}{path}"
        self._server = JsonServer(self.url, connections=connections, retries=RETRIES)
        self._name = ""

    def close(self) -> None:
        """Drop the connections; requests under way fail."""
        self._server.close()

    def describe(self) -> Served:
        """Ask what is served.

        Raises:
            ServerRefused: nobody answers there, or a server without our extension.
        """
        how = f"start one with `onelayer serve MODEL --port {urlsplit(self.url).port or 80}`"
        try:
            listed = self._get("/v1/models", retries=0)["data"][0]
        except (RequestFailed, LookupError, TypeError) as error:
            why = str(error).rpartition("tries: ")[2]
            raise ServerRefused(f"no vLLM server answers at {self.url} ({why}); {how}") from error
        self._name = str(listed["id"])
        try:
            [found, *_] = self._workers("onelayer_describe")
            return Served(self._name, **found)
        except (RequestFailed, LookupError, ValueError, TypeError) as error:
            raise ServerRefused(
                f"the server at {self.url} cannot take trained layers: it runs without onelayer's "
                f"extension; {how}"
            ) from error

    def version(self) -> str:
        """Return the name of the weights that it holds; wait for it if it is restarting."""
        return str(self._get("/weight_info")["weight_version"])

    def take(self, path: Path, version: str) -> None:
        """Let the server play with the weights of a file from now on; wait for it if it is restarting.

        A failure in the middle leaves it with neither the old nor the new weights.

        Args:
            path: a ``.safetensors`` file of whole layers, see ``onelayer.trainers.whole_layers``.
            version: the name that the server is to give them.

        Raises:
            WeightsNotTaken: it did not, for the reason given.
        """
        self.version()
        sees = self._workers("onelayer_bytes", str(path))
        if any(worker["bytes"] != path.stat().st_size for worker in sees):
            raise WeightsNotTaken(
                f"the server at {self.url} does not see {path}; name a folder with --server-files that this "
                "machine and the server's have in common"
            )
        try:
            self._post("/init_weight_transfer_engine", init_info={})
            self._post("/start_weight_update")
            self._post("/update_weights", update_info={"path": str(path)})
            self._post("/finish_weight_update", weight_version=version)
        except (RequestFailed, ServerRefused) as error:
            raise WeightsNotTaken(
                f"the server at {self.url} did not take new weights ({error}) and is broken now: start it "
                "again, and go on with --resume"
            ) from error
        self._reset_prefix_cache()

    def write(
        self,
        prompt_ids: Sequence[int] | Ids,
        stop_ids: Sequence[int],
        sampling: Sampling,
        seed: int,
        version: str,
    ) -> Sampled:
        """Return a reply.

        Args:
            prompt_ids: the whole prompt.
            stop_ids: tokens that end a reply, and belong to it.
            sampling: how it is drawn.
            seed: of its random numbers.
            version: name of the weights; what was cached under other names is not reused.

        Raises:
            RequestFailed: no reply came, after all the tries that a request has.
        """
        prompt = [int(token) for token in prompt_ids]
        body = {
            **{"model": self._name, "prompt": prompt, "max_tokens": sampling.response_limit},
            **{"temperature": sampling.temperature, "top_p": sampling.top_p, **_EVERYTHING},
            **{"stop_token_ids": list(stop_ids), "seed": seed, "cache_salt": version},
            **{"logprobs": 0, "return_token_ids": True, "return_tokens_as_token_ids": True},
        }

        def read(content: bytes) -> Sampled | None:
            return _sampled(content, prompt)

        return self._server.ask(f"{self.url}/v1/completions", body, read, kind="completion")

    def tokens_of(self, text: str) -> list[int] | None:
        """Return a text as the server's tokenizer reads it; None where it has none."""
        try:
            read = self._post("/tokenize", prompt=text, model=self._name, add_special_tokens=False)
            return [int(token) for token in read["tokens"]]
        except (RequestFailed, ServerRefused, LookupError, TypeError):
            return None

    def _reset_prefix_cache(self) -> None:
        """Drop keys and values of the old weights: a reset does nothing while a request runs."""
        until = time.monotonic() + _RESET_S
        while not self._post("/reset_prefix_cache").get("success"):
            if time.monotonic() > until:
                raise WeightsNotTaken(
                    f"the server at {self.url} did not reset its prefix cache in {_RESET_S:.0f} s: it "
                    "answers others too; give each run servers of its own"
                )
            time.sleep(0.1)

    def _workers(self, method: str, *args: str) -> list[dict[str, Any]]:
        """Call a method of our extension; return what it returns in each worker."""
        found: list[dict[str, Any]] = self._post("/collective_rpc", method=method, args=args)[
            "results"
        ]
        return found

    def _get(self, path: str, retries: int | None = None) -> dict[str, Any]:
        return self._server.ask(self.url + path, None, _mapping, retries=retries)

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._server.ask(self.url + path, body, _mapping, retries=0)


def _mapping(content: bytes) -> dict[str, Any] | None:
    """Return the answer's JSON mapping, ``{}`` for an empty answer; None where it is something else."""
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _sampled(content: bytes, prompt: Sequence[int]) -> Sampled | None:
    """Return the reply of a completion; None where it is something else, or no reply to this prompt."""
    try:
        choice = json.loads(content)["choices"][0]
        ids = tuple(int(token) for token in choice["token_ids"])
        logprobs = tuple(float(value) for value in choice["logprobs"]["token_logprobs"])
        whole = choice["finish_reason"] in ("stop", "length")
        if (
            not whole
            or not ids
            or len(ids) != len(logprobs)
            or choice["prompt_token_ids"] != prompt
        ):
            return None
        if not all(math.isfinite(value) for value in logprobs):
            return None
        return Sampled(ids, logprobs, cut=choice["finish_reason"] == "length")
    except (ValueError, TypeError, LookupError):
        return None
