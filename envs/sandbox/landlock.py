"""Landlock: a process restricts which files it may open, irrevocably."""

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

from onelayer.envs.sandbox.syscalls import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
)

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHARACTER_DEVICE, MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15

READ = READ_FILE | READ_DIR
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE

ALL_TCP = 0b11  # bind, connect
ALL_SCOPES = 0b11  # abstract sockets, signals

TRUNCATION_ABI = 3
"""the first version that stops a read-only open from truncating a file; older ones are not accepted"""

VERSION_FLAG = 1
PATH_BENEATH = 1


def abi_version(libc: ctypes.CDLL) -> int:
    """Return the kernel's Landlock version, 0 where there is none."""
    return max(0, int(libc.syscall(LANDLOCK_CREATE_RULESET[0], None, 0, VERSION_FLAG)))


def all_rights(version: int) -> int:
    """Return the mask of all file rights that a Landlock version knows."""
    return (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1


def make_rules(
    libc: ctypes.CDLL, version: int, readable_fds: Sequence[int], writable_fds: Sequence[int]
) -> int:
    """Allow reading beneath some open files, writing too beneath others, and nothing else.

    Returns:
        The rules, as an open file; ``restrict`` puts them in force.

    Raises:
        OSError: the kernel refused it.
    """
    handled = all_rights(version)
    attributes = struct.pack("=QQQ", handled, ALL_TCP, ALL_SCOPES)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _call(libc, "create", LANDLOCK_CREATE_RULESET[0], attributes, size, 0)
    denied = EXECUTE | MAKE_CHARACTER_DEVICE | MAKE_BLOCK_DEVICE | IOCTL_DEVICE
    for fds, rights in ((readable_fds, READ), (writable_fds, handled & ~denied)):
        for fd in fds:
            directory = stat.S_ISDIR(os.fstat(fd).st_mode)
            rule = struct.pack("=Qi", rights if directory else rights & FILE_RIGHTS, fd)
            _call(libc, "add", LANDLOCK_ADD_RULE[0], rules, PATH_BENEATH, rule, 0)
    return rules


def restrict(libc: ctypes.CDLL, rules: int) -> None:
    """Put rules in force for this process, for good; needs no_new_privs.

    Raises:
        OSError: the kernel refused it.
    """
    _call(libc, "restrict", LANDLOCK_RESTRICT_SELF[0], rules, 0)


def _call(libc: ctypes.CDLL, what: str, *arguments: object) -> int:
    result = int(libc.syscall(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock, {what}: {os.strerror(number)}")
    return result
