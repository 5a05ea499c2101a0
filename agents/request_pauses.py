"""When a request to a server may be sent: all threads keep the pause that the server asks for."""

import re
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from onelayer.errors import RunFailed

LONGEST_ASKED_S = 600.0
"""a request whose server asks for a longer pause is given up"""


class RequestFailed(RunFailed):
    """One request got no answer, after all the tries it had."""

    def __init__(self, message: str, too_long: bool = False):
        super().__init__(message)
        self.too_long = too_long
        """what was sent does not fit into the model's context"""


class Gate:
    """Holds the requests of all threads back until one common moment."""

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
        """Wait until requests may be sent.

        Raises:
            RequestFailed: the server was closed.
        """
        while (left := self._until - time.monotonic()) > 0:
            self.sleep(left)
        if self._closed.is_set():
            raise RequestFailed("the connection to the server was closed")

    def sleep(self, seconds: float) -> None:
        """Sleep, or wake at once when the server is closed."""
        if self._closed.wait(seconds):
            raise RequestFailed("the connection to the server was closed")

    def close(self) -> None:
        """Wake all threads that wait; their requests fail."""
        self._closed.set()


def asked_pause(headers: Mapping[str, str]) -> float | None:
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
"""header with the allowance that is left: header with the time until it is renewed"""


def pause_when_spent(headers: Mapping[str, str]) -> float | None:
    """Return the ``time.monotonic`` until which to send nothing; None unless the allowance is used up."""
    pauses = [
        _duration(headers.get(reset))
        for remaining, reset in _RESETS.items()
        if (left := _number(headers.get(remaining))) is not None and left <= 0
    ]
    longest = max((pause for pause in pauses if pause is not None), default=None)
    return None if longest is None else time.monotonic() + min(longest, LONGEST_ASKED_S)


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
