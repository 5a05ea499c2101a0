"""A seccomp filter that allows what ``syscalls.NUMBERS`` lists, as a BPF program."""

import ctypes
import errno
import os
import struct
from collections.abc import Mapping, Sequence

from onelayer.envs.sandbox.syscalls import (
    CHANGES_FILE_ATTRIBUTES,
    EXTENDED_ATTRIBUTES,
    NUMBERS,
    machine_index,
)

LOAD, AND, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06

ALLOW = 0x7FFF0000
KILL = 0x80000000
DENY = 0x00050000  # the low half is the errno

AUDIT_ARCH = (0xC000003E, 0xC00000B7)
X32_BIT = 0x40000000

NUMBER_OFFSET, ARCH_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16

CLONE_THREAD = 0x10000
CLONE_NEW_NAMESPACE = 0x7E020080  # every CLONE_NEW* flag
AF_UNIX, SOCK_STREAM, SOCKET_TYPE_MASK = 1, 1, 0xF
PR_SET_NAME, PR_GET_NAME = 15, 16
# FIONBIO, FIOCLEX, FIONCLEX, FIONREAD, TCGETS (isatty), TIOCGWINSZ
IOCTLS = (0x5421, 0x5451, 0x5450, 0x541B, 0x5401, 0x5413)

# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: the kernel would send signals to others
SIGNALLING_FCNTLS = (8, 10, 15, 1024, 1026)

OWN_PID = 0x5EEDF00D
"""placeholder for the pid of the process, which ``for_process`` fills in"""

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]


def allow_list(
    machine: int, own_pid_namespace: bool, further: Mapping[str, tuple[int | None, int | None]] = {}
) -> bytes:
    """Return the filter for a column of ``NUMBERS``, and for ``further`` calls.

    Without a pid namespace a process may send signals only to itself. It then has no private file system
    either, so nothing may change the mode or the times of a file.
    """
    program = _check_machine(machine)
    checked = _argument_checks(own_pid_namespace)
    for name, numbers in {**NUMBERS, **further}.items():
        number = numbers[machine]
        if number is None or (not own_pid_namespace and name in CHANGES_FILE_ATTRIBUTES):
            continue
        body = checked.get(name, [(RETURN, 0, 0, ALLOW)])
        program += [(JUMP_EQUAL, 0, len(body), number), *body]  # every body ends in a return
    for numbers in EXTENDED_ATTRIBUTES.values():
        number = numbers[machine]
        if number is not None:
            program += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, DENY | errno.ENOTSUP)]
    program.append((RETURN, 0, 0, DENY | errno.EPERM))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _check_machine(machine: int) -> list[Instruction]:
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCH_OFFSET),
        (JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_OFFSET),
    ]
    if machine == machine_index("x86_64"):  # the x32 calls share the architecture's name
        program += [(JUMP_AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, KILL)]
    return program


def _argument_checks(own_pid_namespace: bool) -> dict[str, list[Instruction]]:
    checks = {
        "clone": _masked(0, CLONE_THREAD | CLONE_NEW_NAMESPACE, CLONE_THREAD),
        "clone3": [(RETURN, 0, 0, DENY | errno.ENOSYS)],  # libc then falls back to clone
        "fcntl": _none_of(1, SIGNALLING_FCNTLS),
        "ioctl": _one_of(1, IOCTLS),
        "prctl": _one_of(0, (PR_SET_NAME, PR_GET_NAME)),
        "prlimit64": _one_of(0, (0,)),
        "socketpair": [
            (LOAD, 0, 0, _low_word(0)),
            (JUMP_EQUAL, 1, 0, AF_UNIX),
            (RETURN, 0, 0, DENY | errno.EPERM),
            *_masked(1, SOCKET_TYPE_MASK, SOCK_STREAM),
        ],
        # With an address, a datagram could leave the pair.
        "sendto": [
            (LOAD, 0, 0, _low_word(4) + 4),
            (JUMP_EQUAL, 1, 0, 0),
            (RETURN, 0, 0, DENY | errno.EPERM),
            *_one_of(4, (0,)),
        ],
    }
    if not own_pid_namespace:
        for name in ("kill", "tgkill"):
            checks[name] = _one_of(0, (OWN_PID,))
        checks["tkill"] = [(RETURN, 0, 0, DENY | errno.EPERM)]
    return checks


def _low_word(argument: int) -> int:
    return ARGUMENTS_OFFSET + 8 * argument


def _one_of(argument: int, values: Sequence[int]) -> list[Instruction]:
    body: list[Instruction] = [(LOAD, 0, 0, _low_word(argument))]
    for value in values:
        body += [(JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return [*body, (RETURN, 0, 0, DENY | errno.EPERM)]


def _none_of(argument: int, values: Sequence[int]) -> list[Instruction]:
    body: list[Instruction] = [(LOAD, 0, 0, _low_word(argument))]
    for value in values:
        body += [(JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, DENY | errno.EPERM)]
    return [*body, (RETURN, 0, 0, ALLOW)]


def _masked(argument: int, mask: int, value: int) -> list[Instruction]:
    return [
        (LOAD, 0, 0, _low_word(argument)),
        (AND, 0, 0, mask),
        (JUMP_EQUAL, 0, 1, value),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, DENY | errno.EPERM),
    ]


def for_process(program: bytes, pid: int) -> bytes:
    """Fill in the pid that signals may go to."""
    return program.replace(struct.pack("=I", OWN_PID), struct.pack("=I", pid))


def install(program: bytes, libc: ctypes.CDLL) -> None:
    """Apply the filter to this thread, irrevocably; needs no_new_privs.

    Raises:
        OSError: the kernel refused it.
    """
    instructions = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, and where they are
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
