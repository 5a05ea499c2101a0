"""Questions to a server that speaks JSON over HTTP, asked again where that may help.

A request that may work later is sent again: after what the server asks for (``Retry-After``, the rate-limit
headers), else after a wait that doubles and is partly random. When the server says that it is full, all
requests wait. What cannot get better, such as a wrong key, ends at once.
"""

import json
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx

logger = logging.getLogger(__name__)

T = TypeVar("T")
Body = Mapping[str, Any]

RETRIED = frozenset({408, 409, 425, 429})
"""statuses besides 5xx after which the same request may work"""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_LONGEST_ASKED_S = 600.0
"""a server that asks for a longer wait has no answer for us"""
_LARGEST_ANSWER = 64 * 2**20


class ServerRefused(ValueError):
    """The server will not answer any of our requests: a wrong address, key or model."""


class RequestFailed(RuntimeError):
    """One request got no answer, after all the tries it had."""

    def __init__(self, message: str, too_long: bool = False):
        super().__init__(message)
        self.too_long = too_long
        """what was sent does not fit into the model's context"""


class JsonServer:
    """Asks a server; safe to call from many threads.

    Args:
        url: of the server, as messages show it.
        key: sent as ``Authorization: Bearer``; never shown in messages.
        timeout_s: seconds that one answer may take.
        retries: how often a request is sent again, after the first time.
        connections: requests that may be under way at once.
        advice: what to do about a status that will not get better.

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
        # It would log every request with its address, whose query may hold a key.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._gate = _Gate()
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
            retries: as of the server, for this request.
            do_without: told what the server says about a body that it refuses (status 400 or 422); returns
                whether the next body leaves out what it does not want.

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
                self._gate.close_until(_pause_when_spent(headers))
                if status == 200:
                    answer = read(content)
                    if answer is not None:
                        return answer
                    problem, pause = f"an answer that is no {kind}: {content[:80]!r}", None
                elif status in RETRIED or status >= 500:
                    problem, pause = self._told(status, content), _asked_pause(headers)
                    if pause is not None and pause > _LONGEST_ASKED_S:
                        raise RequestFailed(f"{problem}; it asks to wait {pause:.0f} seconds")
                    if status == 429:
                        self._gate.close_until(time.monotonic() + (pause or 0.0))
                elif (
                    status in (400, 422)
                    and do_without is not None
                    and do_without(_message(content), sent or {})
                ):
                    continue  # not a failure of the server
                else:
                    self._give_up(status, content)
            waits += 1
            if waits <= retries:
                logger.info("%s: %s; try %d of %d", self.shown, problem, waits, retries)
                self._gate.sleep(self._backoff(waits) if pause is None else pause + self._jitter())
        raise RequestFailed(f"{self.shown} gave no answer in {waits} tries: {problem}")

    def _send(self, address: str, body: Body | None) -> tuple[int, httpx.Headers, bytes]:
        """Send one request; the whole answer must be here in ``timeout_s``, however it drips."""
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


def public_address(url: str) -> str:
    """Return a URL without a password or a query, which may hold a key, as results may show it."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


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
