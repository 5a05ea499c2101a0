"""Deleting the files of a program, at any depth, without following links."""

import os
import stat


def remove(directory: str) -> None:
    """Delete a directory tree that an untrusted program built and no longer changes.

    It needs neither recursion nor long paths: it walks with one open directory, down by name and up by
    ``..``.
    """
    try:
        here = _enter(directory, None)
    except FileNotFoundError:
        return
    names = [directory]  # of the directories from the top down to here
    waiting = [_empty(here)]  # for each of them, directories that are still in it
    while True:
        if waiting[-1]:
            names.append(waiting[-1].pop())
            below = _enter(names[-1], here)
            waiting.append(_empty(below))
        elif len(names) == 1:
            break
        else:
            below = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.rmdir(names.pop(), dir_fd=below)
            waiting.pop()
        os.close(here)
        here = below
    os.close(here)
    os.rmdir(directory)


def _enter(name: str, parent: int | None) -> int:
    """Open a directory, whatever its mode is."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        return os.open(name, flags, dir_fd=parent)


def _empty(directory: int) -> list[str]:
    """Delete the files of an open directory and return the names of its directories."""
    os.fchmod(directory, 0o700)
    inner = []
    for name in os.listdir(directory):
        if stat.S_ISDIR(os.lstat(name, dir_fd=directory).st_mode):
            inner.append(name)
        else:
            os.unlink(name, dir_fd=directory)
    return inner
