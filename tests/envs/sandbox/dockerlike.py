"""Run a command behind a seccomp filter like Docker's default one: ``python dockerlike.py COMMAND...``

Docker's default profile refuses to make or enter namespaces, to mount, and a number of rarely used
calls, and root keeps few capabilities; it is what the level "no-namespaces" is for. The filter stays
on across exec and is inherited.
"""

import ctypes
import os
import struct
import sys

TABLE = {
    "x86_64": {
        "arch": 0xC000003E,
        "clone": 56,
        "refused": {
            "unshare": 272,
            "setns": 308,
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "keyctl": 250,
            "bpf": 321,
            "userfaultfd": 323,
            "perf_event_open": 298,
        },
    },
    "aarch64": {
        "arch": 0xC00000B7,
        "clone": 220,
        "refused": {
            "unshare": 97,
            "setns": 268,
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "keyctl": 219,
            "bpf": 280,
            "userfaultfd": 282,
            "perf_event_open": 241,
        },
    },
}
MOUNT_API = (428, 429, 430, 431, 432, 433, 442)
CLONE3 = 435
NAMESPACE_FLAGS = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET"""
KEPT_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
"""what root keeps in a container: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, ..."""
PR_CAPBSET_DROP = 24
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def program() -> bytes:
    """Return the filter as BPF instructions: code, jump if true, jump if false, operand."""
    table = TABLE[os.uname().machine]
    lines = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, table["arch"]), (RETURN, 0, 0, EPERM), (LOAD, 0, 0, 0)]
    for number in (*table["refused"].values(), *MOUNT_API):  # type: ignore[attr-defined]
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, EPERM)]
    lines += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ENOSYS)]
    lines += [(EQUAL, 0, 3, table["clone"]), (LOAD, 0, 0, 16), (ANY_BIT, 0, 1, NAMESPACE_FLAGS)]
    lines += [(RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def install() -> None:
    """Put the filter on this process and all that comes from it."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in set(range(64)) - KEPT_CAPABILITIES:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # an ordinary user has none to drop
    code = ctypes.create_string_buffer(program())
    size = (len(code) - 1) // 8
    header = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", size, ctypes.addressof(code)))
    for call in (
        lambda: libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        lambda: libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0),
    ):
        if call() != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"the filter could not be installed: {os.strerror(number)}")


if __name__ == "__main__":
    install()
    os.execvp(sys.argv[1], sys.argv[1:])
