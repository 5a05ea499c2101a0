"""One process at a time works in a folder."""

import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

FILE_NAME = ".lock"

_held: set[Path] = set()
"""folders that this process works in: the kernel's lock keeps out other processes only"""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep every other process from working in ``folder`` until the block is over.

    The kernel keeps the lock and releases it when the process ends, however it ends; forked processes do not
    hold it. On NFS the server keeps the lock for all machines. On a file system without locks the block runs
    after a warning. A missing folder is made.

    Raises:
        ValueError: another process works there; the message names it.
        OSError: the folder cannot be written.
    """
    folder = folder.resolve()
    if folder in _held:
        raise ValueError(f"this process works in {folder} already; name another --out")
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o666)
    _held.add(folder)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        _held.discard(folder)
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    if fcntl is None:
        logger.warning("this system has no file locks: let no other process work in %s", folder)
        return
    try:
        # Not flock: a forked process that outlives this one would keep that lock.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            raise ValueError(
                f"{holder} works in {folder}; wait until it ends, or name another --out"
            ) from None
        logger.warning(
            "%s has no file locks (%s): let no other process work there", folder, error.strerror
        )
        return
    with suppress(OSError):  # a full disk has no room for the name of the holder
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
