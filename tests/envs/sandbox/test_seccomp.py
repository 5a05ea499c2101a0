"""The system call tables and the filter, run through a small interpreter of its instructions."""

import errno
import os
import struct
import subprocess
import sys

import pytest

from onelayer.envs.sandbox import seccomp
from onelayer.envs.sandbox.syscalls import CHANGES_FILE_ATTRIBUTES, NUMBERS, machine_index

X86, ARM = 0, 1
FORBIDDEN = {
    "ptrace": (101, 117),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "execve": (59, 221),
    "execveat": (322, 281),
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "sendmsg": (46, 211),
    "bpf": (321, 280),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "process_vm_readv": (310, 270),
    "pidfd_getfd": (438, 438),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "setuid": (105, 146),
    "chroot": (161, 51),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "kexec_load": (246, 104),
}


def decide(program: bytes, machine: int, number: int, *arguments: int) -> int:
    """Return what a filter says to a call, by carrying out its instructions."""
    values = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=iIQ6Q", number, seccomp.AUDIT_ARCH[machine], 0, *values)
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator = place = 0
    while True:
        code, if_true, if_false, k = instructions[place]
        place += 1
        if code == seccomp.LOAD:
            accumulator = struct.unpack_from("=I", data, k)[0]
        elif code == seccomp.AND:
            accumulator &= k
        elif code == seccomp.JUMP_EQUAL:
            place += if_true if accumulator == k else if_false
        elif code == seccomp.JUMP_AT_LEAST:
            place += if_true if accumulator >= k else if_false
        else:
            assert code == seccomp.RETURN
            return k


DENIED = seccomp.DENY | errno.EPERM


@pytest.mark.parametrize("machine", [X86, ARM])
@pytest.mark.parametrize("full", [True, False])
def test_every_listed_call_is_allowed_and_dangerous_ones_are_not(machine: int, full: bool) -> None:
    program = seccomp.allow_list(machine, own_pid_namespace=full)
    checked = {"clone", "clone3", "ioctl", "prctl", "socketpair", "kill", "tgkill", "tkill"}
    for name, numbers in NUMBERS.items():
        number = numbers[machine]
        if number is None or name in checked:
            continue
        expected = seccomp.ALLOW
        if not full and name in CHANGES_FILE_ATTRIBUTES:
            expected = DENIED
        assert decide(program, machine, number) == expected, name
    for name, pair in FORBIDDEN.items():
        assert decide(program, machine, pair[machine]) == DENIED, name


def test_arguments_are_checked() -> None:
    program = seccomp.for_process(seccomp.allow_list(X86, own_pid_namespace=False), 4711)
    clone, prctl, ioctl, sendto, socketpair, fcntl, kill, tgkill = (
        NUMBERS[name][X86]
        for name in ["clone", "prctl", "ioctl", "sendto", "socketpair", "fcntl", "kill", "tgkill"]
    )
    cases = [
        ((clone, 0x3D0F00), seccomp.ALLOW),  # a thread, as libc makes them
        ((clone, 17), DENIED),  # fork
        ((clone, 0x10000 | 0x10000000), DENIED),  # a user namespace
        ((435, 0, 88), seccomp.DENY | errno.ENOSYS),
        ((prctl, 15), seccomp.ALLOW),
        ((prctl, 22), DENIED),
        ((ioctl, 0, 0x5401), seccomp.ALLOW),
        ((ioctl, 0, 0x5412), DENIED),  # TIOCSTI types on the terminal
        ((sendto, 3, 0, 0, 0, 0), seccomp.ALLOW),
        ((sendto, 3, 0, 0, 0, 0x7F0000000000), DENIED),
        ((sendto, 3, 0, 0, 0, 0x7F0000001000), DENIED),
        ((socketpair, 1, 1 | 0o2000000), seccomp.ALLOW),
        ((socketpair, 1, 2), DENIED),  # datagrams can be sent elsewhere
        ((socketpair, 2, 1), DENIED),
        ((fcntl, 0, 3), seccomp.ALLOW),
        ((fcntl, 0, 8), DENIED),  # F_SETOWN
        ((kill, 4711, 9), seccomp.ALLOW),
        ((kill, 4712, 9), DENIED),
        ((tgkill, 4711, 4711, 9), seccomp.ALLOW),
        ((tgkill, 1, 1, 9), DENIED),
    ]
    for call, expected in cases:
        assert decide(program, X86, *call) == expected, call


def test_calls_in_the_name_of_another_architecture_kill() -> None:
    program = seccomp.allow_list(X86, own_pid_namespace=True)
    assert decide(program, ARM, NUMBERS["write"][ARM] or 0) == seccomp.KILL
    assert decide(program, X86, 0x40000000 | 1) == seccomp.KILL  # x32


def test_the_tables_hold_the_kernels_numbers() -> None:
    # As in the kernel's include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl.
    known = {
        "openat": (257, 56), "read": (0, 63), "write": (1, 64), "close": (3, 57),
        "mmap": (9, 222), "munmap": (11, 215), "brk": (12, 214), "futex": (202, 98),
        "clone": (56, 220), "exit_group": (231, 94), "getrandom": (318, 278), "statx": (332, 291),
        "rt_sigaction": (13, 134), "rt_sigreturn": (15, 139), "clock_gettime": (228, 113),
        "newfstatat": (262, 79), "ppoll": (271, 73), "epoll_pwait": (281, 22), "pipe2": (293, 59),
        "prlimit64": (302, 261), "kill": (62, 129), "tgkill": (234, 131), "fcntl": (72, 25),
        "ioctl": (16, 29), "dup3": (292, 24), "getdents64": (217, 61), "unlinkat": (263, 35),
        "renameat2": (316, 276), "readlinkat": (267, 78), "socketpair": (53, 199),
        "sendto": (44, 206), "recvfrom": (45, 207), "wait4": (61, 260), "rseq": (334, 293),
        "set_robust_list": (273, 99), "nanosleep": (35, 101), "mprotect": (10, 226),
    }  # fmt: skip
    for name, numbers in known.items():
        assert NUMBERS[name] == numbers, name


@pytest.mark.parametrize("machine", [X86, ARM])
def test_no_number_stands_for_two_calls(machine: int) -> None:
    numbers = [pair[machine] for pair in NUMBERS.values() if pair[machine] is not None]
    assert len(numbers) == len(set(numbers))


def test_everything_after_the_generic_table_has_one_number_everywhere() -> None:
    # Since 5.1 new calls get the same number on all architectures.
    for name, (x86, arm) in NUMBERS.items():
        if x86 is not None and x86 >= 424:
            assert x86 == arm, name


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(OSError, match="riscv64"):
        machine_index("riscv64")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux's")
def test_the_kernel_takes_the_filter() -> None:
    code = (
        "import ctypes, os\n"
        "from onelayer.envs.sandbox import seccomp\n"
        "from onelayer.envs.sandbox.syscalls import machine_index\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.prctl(38, 1, 0, 0, 0)\n"
        "seccomp.install(seccomp.allow_list(machine_index(), True), libc)\n"
        "try:\n    os.fork()\nexcept PermissionError:\n    print('held', os.getpid() > 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "held True\n", done.stderr


def test_a_refused_filter_is_an_error() -> None:
    # Nothing was installed: without no_new_privs an ordinary user may not, and root sees a bad program.
    import ctypes

    pid = os.fork()
    if pid == 0:
        try:
            seccomp.install(b"\xff" * 8, ctypes.CDLL(None, use_errno=True))
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
