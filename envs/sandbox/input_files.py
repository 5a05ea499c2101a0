"""Standard input as a file that is written before the program starts, so that nothing has to feed it."""

import fcntl
import os
import tempfile


def input_file(content: bytes | None) -> int:
    """Return an open file that holds the standard input."""
    if content is None:
        return os.open(os.devnull, os.O_RDONLY)
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        _write_all(fd, content)
        # Otherwise the program could grow it past its limits.
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    else:
        fd, path = tempfile.mkstemp()
        os.unlink(path)
        _write_all(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _write_all(fd: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]
