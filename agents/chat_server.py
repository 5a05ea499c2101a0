"""One question to a served model: any server with OpenAI's chat completions, such as vLLM or an API."""

import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from onelayer.agents.chat_answers import Reply, reply_of
from onelayer.agents.json_server import Body, JsonServer, ServerRefused, public_address

logger = logging.getLogger(__name__)

_OPTIONAL = ("seed", "logprobs", "top_p", "temperature")
"""fields of a request that are left out once a server has refused them"""


@dataclass
class ChatServer:
    """Asks a served model; safe to call from many threads.

    Args:
        url: of the server: ``http://localhost:8000``, with or without ``/v1`` or ``/chat/completions``.
        model: what the server calls the model.
        key: sent as ``Authorization: Bearer``; never shown in messages, files or ``repr``.
        timeout_s: seconds that one answer may take.
        retries: how often a request is sent again, after the first time.
        connections: requests that may be under way at once.

    Raises:
        ValueError: the URL or the key cannot work.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 600.0
    retries: int = 8
    connections: int = 64

    def __post_init__(self) -> None:
        self.address = completions_address(self.url)
        self.key = self.key.strip() if self.key else self.key
        wrong_key = "the key is read from the environment, see --key-from"
        wrong_place = f"is the address right, and --model {self.model}?"
        self._server = JsonServer(
            self.url,
            self.key,
            timeout_s=self.timeout_s,
            retries=self.retries,
            connections=self.connections,
            advice={401: wrong_key, 403: wrong_key, 404: wrong_place, 405: wrong_place},
        )
        self._refused: set[str] = set()

    def close(self) -> None:
        """Close all connections; requests under way fail."""
        self._server.close()

    def ask(self, messages: Sequence[Mapping[str, str]], **options: Any) -> Reply:
        """Return the model's reply to a chat.

        Args:
            messages: each with ``role`` and ``content``.
            options: ``max_tokens``, and ``temperature``, ``top_p``, ``seed`` and ``logprobs`` where they are
                not None.

        Raises:
            ServerRefused: it will not answer any request.
            RequestFailed: it did not answer this one.
        """
        asked = {name: value for name, value in options.items() if value is not None}

        def body() -> Body:
            return self._body(messages, asked)

        return self._server.ask(
            self.address, body, reply_of, kind="chat completion", do_without=self._do_without
        )

    def _body(
        self, messages: Sequence[Mapping[str, str]], asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        body = {"model": self.model, "messages": list(messages), "stream": False}
        for name, value in asked.items():
            if name in self._refused and name in _OPTIONAL:
                continue
            renamed = name == "max_tokens" and name in self._refused
            body["max_completion_tokens" if renamed else name] = value
        return body

    def _do_without(self, message: str, body: Body) -> bool:
        """If the server's message names a field that it refuses, stop sending it; return whether it does."""
        for name in (*_OPTIONAL, "max_tokens"):
            if name in body and name not in self._refused and re.search(rf"\b{name}\b", message):
                self._refused.add(name)
                instead = "max_completion_tokens" if name == "max_tokens" else "nothing instead"
                logger.warning(
                    "the server refuses %s: %s; sending %s", name, message[:120], instead
                )
                return True
        return False


def key_from(variable: str) -> str | None:
    """Return the key that an environment variable holds, None where it is not set."""
    return os.environ.get(variable) or None


def served_models(url: str, key: str | None = None) -> list[str]:
    """Return the names of a server's models, none where it lists none.

    Raises:
        ServerRefused: it cannot be reached.
    """
    address = completions_address(url).replace("/chat/completions", "/models")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.get(address, headers=headers, timeout=20.0).json()
        return [str(model["id"]) for model in answer["data"]]
    except httpx.TransportError as error:
        raise ServerRefused(f"{public_address(url)} cannot be reached: {error}") from error
    except (ValueError, TypeError, KeyError):
        return []


def completions_address(url: str) -> str:
    """Return the address of the chat completions of a server.

    Raises:
        ValueError: it is not an http or https URL.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"--endpoint takes a URL such as http://localhost:8000/v1, got {url!r}")
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path = (path or "/v1") + "/chat/completions"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
