"""Messages between the trainer, a run and its judge: a length, then JSON. Never pickle."""

import json
import os
import struct
from typing import Any

HEADER = struct.Struct("!I")
MAX_FRAME_BYTES = 64 << 20

# Bound early: a program can replace the attributes of the modules it shares with this code.
_read, _write, _loads, _dumps = os.read, os.write, json.loads, json.dumps
_memoryview, _bytearray, _len = memoryview, bytearray, len


class FrameError(ValueError):
    """What came is not a message."""


def pack(message: Any) -> bytes:
    """Return the bytes of one message."""
    body = _dumps(message, separators=(",", ":")).encode()
    return HEADER.pack(_len(body)) + body


def unpack(body: bytes | bytearray) -> Any:
    """Return the message in ``body``, which comes from an untrusted program.

    Raises:
        FrameError: it is not JSON, or too deeply nested.
    """
    try:
        return _loads(body)
    except (ValueError, RecursionError, MemoryError) as error:
        raise FrameError(f"not a message: {type(error).__name__}") from None


def send(fd: int, message: Any) -> None:
    """Write one message to a blocking file."""
    send_packed(fd, pack(message))


def send_packed(fd: int, body: bytes) -> None:
    """Write what ``pack`` made to a blocking file."""
    rest = _memoryview(body)
    while rest:
        rest = rest[_write(fd, rest) :]


def receive(fd: int) -> Any:
    """Read one message from a blocking file; bytes after it are kept for the next call.

    Raises:
        EOFError: the other side is gone.
        FrameError: what came is not a message.
    """
    data = _unread.setdefault(fd, _bytearray())
    _fill(fd, data, HEADER.size)
    (size,) = HEADER.unpack_from(data)
    if size > MAX_FRAME_BYTES:
        raise FrameError(f"a message of {size} bytes is too long")
    end = HEADER.size + size
    _fill(fd, data, end)
    body = data[HEADER.size : end]
    del data[:end]
    return unpack(body)


def forget(fd: int) -> None:
    """Drop what was read ahead, because the number will belong to another file."""
    _unread.pop(fd, None)


_unread: dict[int, bytearray] = {}
"""Only for files that stay open under one number: those of a run."""


def _fill(fd: int, data: bytearray, size: int) -> None:
    """Read on until there are ``size`` bytes; a short message takes one call, including its header."""
    while _len(data) < size:
        piece = _read(fd, min(max(size - _len(data), 1 << 13), 1 << 20))
        if not piece:
            raise EOFError("the other side is gone")
        data += piece
