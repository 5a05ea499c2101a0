"""One question to a served model: any server with OpenAI's chat completions, such as vLLM or an API.

A request that may work later is sent again: after what the server asks for (``Retry-After``, the rate-limit
headers), else after a wait that doubles and is partly random. When the server says that it is full, all
requests wait. What cannot get better, such as a wrong key, ends at once.
"""

import json
import logging
import os
import random
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

logger = logging.getLogger(__name__)

RETRIED = frozenset({408, 409, 425, 429})
"""statuses besides 5xx after which the same request may work"""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_LONGEST_ASKED_S = 600.0
"""a server that asks for a longer wait has no answer for us"""
_LARGEST_ANSWER = 64 * 2**20
_OPTIONAL = ("seed", "logprobs", "top_p", "temperature")
"""parts of a request that some servers refuse, and that it can do without"""


class ServerRefused(ValueError):
    """The server will not answer any of our requests: a wrong address, key or model."""


class RequestFailed(RuntimeError):
    """One request got no answer, after all the tries it had."""

    def __init__(self, message: str, too_long: bool = False):
        super().__init__(message)
        self.too_long = too_long
        """the messages do not fit into the model's context"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a served model wrote."""

    text: str
    cut: bool
    """stopped by its length limit"""
    prompt_tokens: int
    """as the server counted them; 0 where it did not"""
    reply_tokens: int
    tokens: tuple[str, ...] = ()
    """the reply token by token, where asked for and told"""
    logprobs: tuple[float, ...] = ()


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
        self._gate = _Gate()
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
                self._gate.close_until(_pause_when_spent(headers))
                if status == 200:
                    reply = _reply_of(content)
                    if reply is not None:
                        return reply
                    problem, pause = f"an answer that is no chat completion: {content[:80]!r}", None
                elif status in RETRIED or status >= 500:
                    problem, pause = self._told(status, content), _asked_pause(headers)
                    if pause is not None and pause > _LONGEST_ASKED_S:
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
        """Send one request; the whole answer must be here in ``timeout_s``, however it drips."""
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
        message = _message(content)
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
        return self._hidden(f"status {status}: {_message(content)[:300] or 'no message'}")

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


class _Gate:
    """Lets requests through, from a time on that all threads agree about."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def close_until(self, moment: float | None) -> None:
        """Hold all requests back until a moment of ``time.monotonic``."""
        if moment is not None:
            with self._lock:
                self._until = max(self._until, moment)

    def wait(self) -> None:
        while (left := self._until - time.monotonic()) > 0:
            self.sleep(left)
        if self._closed.is_set():
            raise RequestFailed("the connection to the server was closed")

    def sleep(self, seconds: float) -> None:
        """Sleep, or wake at once when the server is closed."""
        if self._closed.wait(seconds):
            raise RequestFailed("the connection to the server was closed")

    def close(self) -> None:
        self._closed.set()


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


def _reply_of(content: bytes) -> Reply | None:
    """Return the reply of a chat completion; None where it is something else."""
    try:
        answer = json.loads(content)
        choice = answer["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        thought = message.get("reasoning_content") or message.get("reasoning")
        if isinstance(text, list):  # parts, of which the texts count
            text = "".join(part.get("text", "") for part in text)
        if isinstance(thought, str) and thought:
            text = f"<think>\n{thought.strip()}\n</think>\n\n{text}"
        usage = answer.get("usage") or {}
        listed = (choice.get("logprobs") or {}).get("content") or []
        return Reply(
            text=str(text),
            cut=choice.get("finish_reason") == "length",
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            reply_tokens=int(usage.get("completion_tokens") or 0),
            tokens=tuple(str(one["token"]) for one in listed),
            logprobs=tuple(float(one["logprob"]) for one in listed),
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def _message(content: bytes) -> str:
    """Return what an error says, in whatever shape a server says it."""
    text = content.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except ValueError:
        return " ".join(text.split())
    for name in ("error", "message", "detail"):
        while isinstance(value, Mapping) and name in value:
            value = value[name]
    return " ".join((value if isinstance(value, str) else json.dumps(value)).split())


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, None where it does not say."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    if asked is None:
        resets = [_duration(headers.get(name)) for name in _RESETS.values()]
        return max((reset for reset in resets if reset is not None), default=None)
    if (seconds := _number(asked)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return None


_RESETS = {
    f"x-ratelimit-remaining-{what}": f"x-ratelimit-reset-{what}" for what in ("requests", "tokens")
}
"""header with what is left: header with when it is full again"""


def _pause_when_spent(headers: Mapping[str, str]) -> float | None:
    """Return the moment until which nothing should be sent, where the allowance is used up."""
    pauses = [
        _duration(headers.get(reset))
        for remaining, reset in _RESETS.items()
        if (left := _number(headers.get(remaining))) is not None and left <= 0
    ]
    longest = max((pause for pause in pauses if pause is not None), default=None)
    return None if longest is None else time.monotonic() + min(longest, _LONGEST_ASKED_S)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _duration(text: str | None) -> float | None:
    """Return the seconds of ``6m0s``, ``1.5s``, ``20ms`` or a plain number."""
    if (seconds := _number(text)) is not None:
        return seconds
    found = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text or "")
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in found) if found else None
