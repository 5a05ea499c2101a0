"""One question to a served model: any server with OpenAI's chat completions, such as vLLM or an API.

A request that may work later is sent again: after the pause that the server asks for (``Retry-After``, the
rate-limit headers), else after a pause that doubles each time and is partly random. When the server says that
it is full, all requests wait. A request that can never work, because of a wrong key, fails at once.
"""

import logging
import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from onelayer.agents.chat_answers import Reply, message_of, reply_of
from onelayer.agents.chat_pauses import (
    LONGEST_ASKED_S,
    Gate,
    RequestFailed,
    asked_pause,
    pause_when_spent,
)

logger = logging.getLogger(__name__)

RETRIED = frozenset({408, 409, 425, 429})
"""statuses besides 5xx after which the same request may work"""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_LARGEST_ANSWER = 64 * 2**20
_OPTIONAL = ("seed", "logprobs", "top_p", "temperature")
"""parts of a request that some servers refuse, and that it can do without"""


class ServerRefused(ValueError):
    """The server will not answer any of our requests: a wrong address, key or model."""


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
        headers = {"User-Agent": "onelayer"}
        if self.key:
            self.key = self.key.strip()
            if not (self.key.isascii() and self.key.isprintable()):
                raise ValueError("the key holds characters that no HTTP header can carry")
            headers["Authorization"] = f"Bearer {self.key}"
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(self.timeout_s, connect=min(20.0, self.timeout_s)),
            limits=httpx.Limits(
                max_connections=self.connections, max_keepalive_connections=self.connections
            ),
        )
        # It would log every request with its address, whose query may hold a key.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._gate = Gate()
        self._refused: set[str] = set()
        self._random = random.Random()

    def close(self) -> None:
        """Close all connections; requests under way fail."""
        self._gate.close()
        self._client.close()

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
        problem, waits = "", 0
        while waits <= self.retries:
            self._gate.wait()
            body = self._body(messages, asked)
            try:
                status, headers, content = self._send(body)
            except httpx.TransportError as error:
                problem, pause = self._spoken(error), None
            else:
                self._gate.close_until(pause_when_spent(headers))
                if status == 200:
                    reply = reply_of(content)
                    if reply is not None:
                        return reply
                    problem, pause = f"an answer that is no chat completion: {content[:80]!r}", None
                elif status in RETRIED or status >= 500:
                    problem, pause = self._told(status, content), asked_pause(headers)
                    if pause is not None and pause > LONGEST_ASKED_S:
                        raise RequestFailed(f"{problem}; it asks to wait {pause:.0f} seconds")
                    if status == 429:
                        self._gate.close_until(time.monotonic() + (pause or 0.0))
                elif status in (400, 422) and self._do_without(content, body):
                    continue  # not a failure of the server: the next request leaves that part out
                else:
                    self._give_up(status, content)
            waits += 1
            if waits <= self.retries:
                logger.info("%s: %s; try %d of %d", self.address, problem, waits, self.retries)
                self._gate.sleep(self._backoff(waits) if pause is None else pause + self._jitter())
        raise RequestFailed(
            f"{public_address(self.url)} gave no answer in {waits} tries: {problem}"
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

    def _send(self, body: Mapping[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        """Send one request; the whole answer must have come within ``timeout_s``, in however small pieces."""
        until = time.monotonic() + self.timeout_s
        with self._client.stream("POST", self.address, json=body) as response:
            content = bytearray()
            for piece in response.iter_bytes():
                content += piece
                if time.monotonic() > until:
                    raise httpx.ReadTimeout(f"no whole answer in {self.timeout_s:g} seconds")
                if len(content) > _LARGEST_ANSWER:
                    raise httpx.RemoteProtocolError("an answer of more than 64 MiB")
            return response.status_code, response.headers, bytes(content)

    def _do_without(self, content: bytes, body: Mapping[str, Any]) -> bool:
        """Leave out, from now on, a part of the request that the server's message refuses by name."""
        message = message_of(content)
        for name in (*_OPTIONAL, "max_tokens"):
            if name in body and name not in self._refused and re.search(rf"\b{name}\b", message):
                self._refused.add(name)
                instead = "max_completion_tokens" if name == "max_tokens" else "nothing instead"
                logger.warning(
                    "the server refuses %s: %s; sending %s", name, message[:120], instead
                )
                return True
        return False

    def _give_up(self, status: int, content: bytes) -> None:
        told = self._told(status, content)
        where = public_address(self.url)
        if status in (401, 403):
            raise ServerRefused(
                f"{where}: {told}; the key is read from the environment, see --key-from"
            )
        if status in (404, 405):
            raise ServerRefused(f"{where}: {told}; is the address right, and --model {self.model}?")
        if 300 <= status < 400:
            raise ServerRefused(f"{where}: {told}; give the address that it leads to")
        too_long = bool(
            re.search(r"context|too long|maximum.*(length|tokens)", told, re.IGNORECASE)
        )
        raise RequestFailed(told, too_long)

    def _told(self, status: int, content: bytes) -> str:
        return self._hidden(f"status {status}: {message_of(content)[:300] or 'no message'}")

    def _spoken(self, error: Exception) -> str:
        return self._hidden(f"{type(error).__name__}: {error}".rstrip(": "))

    def _hidden(self, text: str) -> str:
        """Return a text without the key, which some servers repeat in part."""
        if not self.key:
            return text
        text = text.replace(self.key, "***")
        return (
            re.sub(re.escape(self.key[:6]) + r"\S*", "***", text) if len(self.key) >= 12 else text
        )

    def _backoff(self, tries: int) -> float:
        longest: float = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (tries - 1))
        return longest * self._random.uniform(0.5, 1.0)

    def _jitter(self) -> float:
        return self._random.uniform(0.0, 0.25)


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


def public_address(url: str) -> str:
    """Return a URL without a password or a query, which may hold a key, as results may show it."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))
