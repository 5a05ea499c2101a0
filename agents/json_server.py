"""Requests to a server that speaks JSON over HTTP, with retries where they may help.

A request that may work later is sent again: after the pause that the server asks for (``Retry-After``, the
rate-limit headers), else after exponential backoff with jitter. When the server says that its rate limit is
reached, all requests wait. An error that no retry can mend, such as a wrong key, is raised at once.
"""

import json
import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx

from onelayer.agents.request_pauses import (
    LONGEST_ASKED_S,
    Gate,
    RequestFailed,
    asked_pause,
    pause_when_spent,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")
Body = Mapping[str, Any]

RETRIED = frozenset({408, 409, 425, 429})
"""statuses besides 5xx after which the same request may work"""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_LARGEST_ANSWER = 64 * 2**20


class ServerRefused(ValueError):
    """The server will not answer any of our requests: a wrong address, key or model."""


class JsonServer:
    """Asks a server; safe to call from many threads.

    Args:
        url: of the server, as messages show it.
        key: sent as ``Authorization: Bearer``; never shown in messages.
        timeout_s: seconds that one answer may take.
        retries: how often a request is sent again, after the first time.
        connections: requests that may be under way at once.
        advice: what the user should do about a status that no retry can mend, by status.

    Raises:
        ValueError: the key cannot work.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = 600.0,
        retries: int = 8,
        connections: int = 64,
        advice: Mapping[int, str] | None = None,
    ):
        self.shown, self.key, self.retries = public_address(url), key, retries
        self.timeout_s, self.advice = timeout_s, advice or {}
        headers = {"User-Agent": "onelayer"}
        if key:
            if not (key.isascii() and key.isprintable()):
                raise ValueError("the key holds characters that no HTTP header can carry")
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(20.0, timeout_s)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )
        # httpx would log the address of every request, whose query may hold a key.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._gate = Gate()
        self._random = random.Random()

    def close(self) -> None:
        """Close all connections; requests under way fail."""
        self._gate.close()
        self._client.close()

    def ask(
        self,
        address: str,
        body: Body | Callable[[], Body] | None,
        read: Callable[[bytes], T | None],
        *,
        kind: str = "JSON",
        retries: int | None = None,
        do_without: Callable[[str, Body], bool] | None = None,
    ) -> T:
        """Return what ``read`` makes of the answer.

        Args:
            address: where to send it.
            body: what to send; a function is called for each try. None: a GET without a body.
            read: reads the answer; None says that it is damaged or something else.
            kind: what the answer should be, for messages.
            retries: for this request, instead of the server's number.
            do_without: called with the server's message and the body when it refuses that body (status 400
                or 422); returns whether the next body leaves out the refused part, and so is worth sending.

        Raises:
            ServerRefused: it will not answer any request.
            RequestFailed: it did not answer this one.
        """
        problem, waits = "", 0
        retries = self.retries if retries is None else retries
        while waits <= retries:
            self._gate.wait()
            sent = body() if callable(body) else body
            try:
                status, headers, content = self._send(address, sent)
            except httpx.TransportError as error:
                problem, pause = self._spoken(error), None
            else:
                self._gate.close_until(pause_when_spent(headers))
                if status == 200:
                    answer = read(content)
                    if answer is not None:
                        return answer
                    problem, pause = f"an answer that is no {kind}: {content[:80]!r}", None
                elif status in RETRIED or status >= 500:
                    problem, pause = self._told(status, content), asked_pause(headers)
                    if pause is not None and pause > LONGEST_ASKED_S:
                        raise RequestFailed(f"{problem}; it asks to wait {pause:.0f} seconds")
                    if status == 429:
                        self._gate.close_until(time.monotonic() + (pause or 0.0))
                elif (
                    status in (400, 422)
                    and do_without is not None
                    and do_without(message_of(content), sent or {})
                ):
                    continue  # the server works, so this is not counted as a try
                else:
                    self._give_up(status, content)
            waits += 1
            if waits <= retries:
                logger.info("%s: %s; try %d of %d", self.shown, problem, waits, retries)
                self._gate.sleep(self._backoff(waits) if pause is None else pause + self._jitter())
        raise RequestFailed(f"{self.shown} gave no answer in {waits} tries: {problem}")

    def _send(self, address: str, body: Body | None) -> tuple[int, httpx.Headers, bytes]:
        """Send one request; raise unless the whole answer arrives within ``timeout_s``."""
        until = time.monotonic() + self.timeout_s
        method = "GET" if body is None else "POST"
        with self._client.stream(method, address, json=body) as response:
            content = bytearray()
            for piece in response.iter_bytes():
                content += piece
                if time.monotonic() > until:
                    raise httpx.ReadTimeout(f"no whole answer in {self.timeout_s:g} seconds")
                if len(content) > _LARGEST_ANSWER:
                    raise httpx.RemoteProtocolError("an answer of more than 64 MiB")
            return response.status_code, response.headers, bytes(content)

    def _give_up(self, status: int, content: bytes) -> None:
        told = self._told(status, content)
        if 300 <= status < 400:
            raise ServerRefused(f"{self.shown}: {told}; give the address that it leads to")
        if advice := self.advice.get(status):
            raise ServerRefused(f"{self.shown}: {told}; {advice}")
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


def public_address(url: str) -> str:
    """Return a URL that may be shown in results: without password and query, which may hold a key."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def message_of(content: bytes) -> str:
    """Return the message of an error, whatever the shape in which the server sent it."""
    text = content.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except ValueError:
        return " ".join(text.split())
    for name in ("error", "message", "detail"):
        while isinstance(value, Mapping) and name in value:
            value = value[name]
    return " ".join((value if isinstance(value, str) else json.dumps(value)).split())
